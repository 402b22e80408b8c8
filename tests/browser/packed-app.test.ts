import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { build, createServer } from "vite";
import { type ConsumerProject, createConsumer } from "../package/packed.ts";
import { collectErrors, launchBrowser, waitForValue } from "./harness/browser.ts";
import { startServer } from "./harness/server.ts";

const html = `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>App</title><link rel="icon" href="data:,"></head>
  <body><script type="module" src="./main.js"></script></body>
</html>`;

const script = `import { createSearch } from "inkling-search";
const search = await createSearch({ name: "app" });
await search.add([
  { url: "/tea", title: "Tea", text: "Pour boiling water over the leaves and wait for four minutes." },
  { url: "/bike", title: "Bicycle", text: "Take the wheel off, find the hole in the inner tube and glue a patch on it." },
]);
const answer = await search.query("how do I repair a flat tyre?");
window.answer = { url: answer.hits[0]?.url, tier: answer.tier, status: await search.status() };
`;

interface AppWindow {
  readonly answer?: { readonly url: string; readonly tier: string; readonly status: { readonly fallbacks: unknown[] } };
}

let project: ConsumerProject;
let browser: Browser;

beforeAll(async () => {
  [project, browser] = await Promise.all([createConsumer(), launchBrowser()]);
  await writeFile(join(project.folder, "package.json"), JSON.stringify({ name: "app", private: true, type: "module" }));
  await writeFile(join(project.folder, "index.html"), html);
  await writeFile(join(project.folder, "main.js"), script);
});

afterAll(async () => {
  await browser.close();
  await project.remove();
});

/** Opens the app in a fresh context and expects that it searches, by words and by meaning, without an error. */
async function expectSearches(url: string): Promise<void> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const errors = collectErrors(page);
  await page.goto(url);
  const answer = await waitForValue(page, () => (window as AppWindow).answer).catch((error: unknown) => {
    throw new Error(`The app gave no answer. It said: ${errors.join(" | ") || "nothing"}`, { cause: error });
  });
  await context.close();
  expect([answer.url, answer.tier, answer.status.fallbacks]).toEqual(["/bike", "instant", []]);
  expect(errors).toEqual([]);
}

describe("the packed package in a new Vite app with nothing set", () => {
  test("searches when the app is built", async () => {
    await build({ root: project.folder, configFile: false, logLevel: "error" });
    const server = await startServer({ folders: { "/": join(project.folder, "dist") } });
    await expectSearches(`${server.origin}/`);
    const model = server.requests.filter((request) => request.path.includes(".safetensors"));
    expect(model.map((request) => request.status)).toEqual([200]);
    await server.close();
  });

  test("searches when the app is built for a folder of a site", async () => {
    const outDir = join(project.folder, "site/deep/app");
    await mkdir(outDir, { recursive: true });
    const options = { outDir, emptyOutDir: true };
    await build({ root: project.folder, configFile: false, logLevel: "error", base: "./", build: options });
    const server = await startServer({ folders: { "/": join(project.folder, "site") } });
    await expectSearches(`${server.origin}/deep/app/`);
    await server.close();
  });

  test("searches while it is developed", async () => {
    const server = await createServer({
      root: project.folder,
      configFile: false,
      logLevel: "error",
      server: { port: 0 },
    });
    await server.listen();
    const url = server.resolvedUrls?.local[0] ?? "";
    await expectSearches(url);
    await server.close();
  });
});
