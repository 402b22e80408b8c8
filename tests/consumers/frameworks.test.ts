import { join } from "node:path";
import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { collectErrors, launchBrowser } from "../browser/harness/browser.ts";
import { startServer, type TestServer } from "../browser/harness/server.ts";
import { build, useConsumer } from "./harness.ts";

describe.each(["react", "vue"])("an app in %s", (name) => {
  const app = useConsumer("page", "recipes", name);
  let server: TestServer;
  let browser: Browser;
  let page: Page;
  let errors: readonly string[];
  let started = 0;

  beforeAll(async () => {
    await build(app);
    server = await startServer({ folders: { "/": join(app.folder, "dist") } });
    browser = await launchBrowser();
    page = await browser.newPage();
    errors = collectErrors(page);
    page.on("worker", () => started++);
    await page.goto(server.origin);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  const field = () => page.getByRole("searchbox");
  const output = () => page.locator("output");
  const hits = () => page.getByRole("listitem").allTextContents();

  test("finds by words and meaning what is typed, key by key", async () => {
    await field().pressSequentially("repair a flat tyre");
    await expect.poll(hits, { timeout: 30_000 }).toContain("Bicycle");
    await expect.poll(() => output().textContent(), { timeout: 30_000 }).toBe("instant");
    expect((await hits())[0]).toBe("Bicycle");
  });

  test("shows the answer to the last of many questions, and none to an empty field", async () => {
    for (const text of ["tea", "wheel", "water", "patch", "boiling leaves"]) await field().fill(text);
    await expect.poll(async () => (await hits())[0]).toBe("Tea");
    await field().fill("");
    await expect.poll(hits).toEqual([]);
    await expect.poll(() => output().textContent()).toBe("ready");
  });

  test("starts one worker, has none after the component is gone, and one again when it is back", async () => {
    expect([started, page.workers().length]).toEqual([1, 1]);
    await page.getByRole("button", { name: "Hide" }).click();
    await expect.poll(() => page.workers().length).toBe(0);
    await page.getByRole("button", { name: "Show" }).click();
    await field().fill("boiling leaves");
    await expect.poll(async () => (await hits())[0], { timeout: 30_000 }).toBe("Tea");
    expect([started, page.workers().length]).toEqual([2, 1]);
    expect(errors).toEqual([]);
  });

  test("is drawn by a server, where nothing is opened", async () => {
    expect(await app.run(process.execPath, "server.js")).toMatch(/^<p[^>]*>0 hits, false<\/p>\s*$/);
  });

  test("can be imported in Node, where that does nothing", async () => {
    // Why the framework before: it may set globals of its own.
    const script = `await import("${name}");
      const before = Object.keys(globalThis).length;
      const { useSearch } = await import("inkling-search/${name}");
      console.log(typeof useSearch, Object.keys(globalThis).length - before);`;
    expect(await app.run(process.execPath, "--input-type=module", "-e", script)).toBe("function 0\n");
  });
});
