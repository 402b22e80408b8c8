import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ConsumerProject } from "../package/packed.ts";
import { buildApp, createApp, openApp, serveSources } from "./harness/app.ts";
import { launchBrowser } from "./harness/browser.ts";
import { startServer } from "./harness/server.ts";

const script = `import { createSearch } from "inkling-search";
const search = await createSearch({ name: "app" });
await search.add([
  { url: "/tea", title: "Tea", attributes: { kind: "drink" }, text: "Pour boiling water over the leaves and wait for four minutes." },
  { url: "/bike", title: "Bicycle", text: "Take the wheel off, find the hole in the inner tube and glue a patch on it." },
]);
const answer = await search.query("how do I repair a flat tyre?");
const { hits: drinks } = await search.query("hot water", { where: { kind: "drink" } });
const status = await search.status();
const { added, warnings } = await search.addPage();
window.answer = { drinks: drinks.map(({ url }) => url), url: answer.hits[0]?.url, tier: answer.tier, status, page: [added, warnings[0]?.code] };
`;

interface Answer {
  readonly drinks: readonly string[];
  readonly url: string;
  readonly tier: string;
  readonly status: { readonly fallbacks: unknown[] };
  /** Documents that the page itself gave, and its warning: it has no text. */
  readonly page: unknown;
}

let project: ConsumerProject;
let browser: Browser;

beforeAll(async () => {
  [project, browser] = await Promise.all([createApp(script), launchBrowser()]);
});

afterAll(async () => {
  await browser.close();
  await project.remove();
});

/** Opens the app and expects that it searches, by words, by meaning and by attributes, and reads its page, without an error. */
async function expectSearches(url: string): Promise<void> {
  const { answer, errors } = await openApp<Answer>(browser, url);
  expect([answer.url, answer.tier, answer.status.fallbacks]).toEqual(["/bike", "instant", []]);
  expect(answer.drinks).toEqual(["/tea"]);
  expect(answer.page).toEqual([0, "page/skipped"]);
  expect(errors).toEqual([]);
}

describe("the packed package in a new Vite app with nothing set", () => {
  test("searches when the app is built", async () => {
    await buildApp(project);
    const server = await startServer({ folders: { "/": join(project.folder, "dist") } });
    await expectSearches(`${server.origin}/`);
    const model = server.requests.filter((request) => request.path.includes(".safetensors"));
    expect(model.map((request) => request.status)).toEqual([200]);
    await server.close();
  });

  test("searches when the app is built for a folder of a site", async () => {
    const outDir = join(project.folder, "site/deep/app");
    await mkdir(outDir, { recursive: true });
    await buildApp(project, { base: "./", build: { outDir, emptyOutDir: true } });
    const server = await startServer({ folders: { "/": join(project.folder, "site") } });
    await expectSearches(`${server.origin}/deep/app/`);
    await server.close();
  });

  test("searches while it is developed", async () => {
    const server = await serveSources(project);
    await expectSearches(server.url);
    await server.close();
  });
});
