import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../../../scripts/lib/paths.mjs";
import type { ConsumerProject } from "../../package/packed.ts";
import { buildApp, createApp, openApp, serveSources } from "../harness/app.ts";
import { launchBrowser } from "../harness/browser.ts";
import { startServer } from "../harness/server.ts";

let project: ConsumerProject;
let browser: Browser;

beforeAll(async () => {
  [project, browser] = await Promise.all([
    createApp(await readFile(join(root, "tests/consumers/bundled/main-with-element.js"), "utf8")),
    launchBrowser(),
  ]);
});

afterAll(async () => {
  await browser?.close();
  await project?.remove();
});

/** Opens the app and expects that its element searches, in its language, with no error. */
async function expectSearches(url: string): Promise<void> {
  const { answer, errors, foreign } = await openApp<{ list: string; close: string; found: number }>(browser, url);
  expect(answer).toMatchObject({ found: 1, close: "Schließen" });
  expect(answer.list).toContain("All about xylophones");
  expect([errors, foreign]).toEqual([[], []]);
}

test("an app that is built by Vite has the elements, with all that they load later", async () => {
  await buildApp(project);
  const server = await startServer({ folders: { "/": join(project.folder, "dist") } });
  await expectSearches(`${server.origin}/`).finally(() => server.close());
});

test("an app that is being developed in Vite has them, too", async () => {
  const server = await serveSources(project);
  await expectSearches(server.url).finally(() => server.close());
});
