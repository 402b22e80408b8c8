import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../../scripts/lib/paths.mjs";
import type { ConsumerProject } from "../package/packed.ts";
import { buildApp, createApp, openApp, serveSources } from "./harness/app.ts";
import { launchBrowser } from "./harness/browser.ts";
import { startServer } from "./harness/server.ts";

interface Answer {
  readonly url: string;
  readonly tier: string;
  readonly drinks: readonly string[];
  readonly fallbacks: readonly unknown[];
  /** Documents that the page itself gave, and its warning: it has no text. */
  readonly page: unknown;
}

let project: ConsumerProject;
let browser: Browser;

beforeAll(async () => {
  [project, browser] = await Promise.all([
    createApp(await readFile(join(root, "tests/consumers/bundled/main.js"), "utf8")),
    launchBrowser(),
  ]);
});

afterAll(async () => {
  await browser.close();
  await project.remove();
});

/** Opens the app and expects that it searches, by words, by meaning and by attributes, and reads its page, without an error. */
async function expectSearches(url: string): Promise<void> {
  const { answer, errors } = await openApp<Answer>(browser, url);
  const page = [0, "page/skipped"];
  expect(answer).toEqual({ url: "/bike", tier: "instant", drinks: ["/tea"], fallbacks: [], page });
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
