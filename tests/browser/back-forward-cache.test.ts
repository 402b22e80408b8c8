import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../../scripts/lib/paths.mjs";
import type * as Library from "../../src/index.ts";
import { collectErrors, launchBrowser, waitForValue } from "./harness/browser.ts";
import { startServer, type TestServer } from "./harness/server.ts";

declare global {
  interface Window {
    search: Library.Search;
    /** `persisted` of each `pageshow`. */
    shows: boolean[];
    isReady?: boolean;
  }
}

const head = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Page</title><link rel="icon" href="data:,">
<script>window.shows = []; addEventListener("pageshow", ({ persisted }) => shows.push(persisted));</script></head>`;
const main = `<main><h1>Fruit</h1><p>All about apples and pears.</p></main>`;

/** Pages with something of ours that is open. */
const pages: Readonly<Record<string, string>> = {
  "/search": `${main}<script type="module">
    import { createSearch } from "/dist/index.js";
    window.search = await createSearch({ name: "cached" });
    await search.add([{ url: "/tea", title: "Tea", text: "Pour boiling water over the leaves." }]);
    await search.query("hot water");
    window.isReady = true;
  </script>`,
  "/watched": `${main}<script type="module">
    import { createSearch } from "/dist/index.js";
    window.search = await createSearch({ name: "watched" });
    await search.addPage({ watch: true });
    window.isReady = true;
  </script>`,
  "/element": `${main}<inkling-search page></inkling-search><script type="module" src="/dist/inkling.js"></script>`,
  "/other": "<p>Another page.</p>",
};

let browser: Browser;
let server: TestServer;

beforeAll(async () => {
  // Why: Playwright switches the cache off, since it takes a page that comes back for the one that left.
  browser = await launchBrowser([], ["--disable-back-forward-cache"]);
  server = await startServer({ folders: { "/dist/": `${root}dist` } });
  for (const [path, body] of Object.entries(pages)) {
    const html = `${head}<body>${body}</body></html>`;
    server.alter(new RegExp(`^${path}$`), { headers: { "content-type": "text/html" }, body: () => html });
  }
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

async function open(path: string): Promise<{ page: Page; errors: readonly string[] }> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const errors = collectErrors(page);
  await page.goto(`${server.origin}${path}`);
  return { page, errors };
}

/** Leaves a page, comes back, and expects that it was kept; where not, the browser's reasons are told. */
async function leaveAndReturn(page: Page): Promise<void> {
  await page.evaluate(() => (window.shows = [false]));
  await page.goto(`${server.origin}/other`);
  await page.goBack({ waitUntil: "commit" });
  const shows = await waitForValue(page, () => window.shows.length > 0 && window.shows);
  const reasons = await page.evaluate(() => {
    const [entry] = performance.getEntriesByType("navigation") as unknown as { notRestoredReasons?: unknown }[];
    return JSON.stringify(entry?.notRestoredReasons ?? null);
  });
  expect(shows, `reasons against it: ${reasons}`).toEqual([false, true]);
}

const find = (page: Page, text: string): Promise<readonly string[]> =>
  page.evaluate(async (query) => (await window.search.query(query)).hits.map(({ title }) => title), text);

test("a page with an open search goes into the back/forward cache, comes back and searches", async () => {
  const { page, errors } = await open("/search");
  await waitForValue(page, () => window.isReady);
  await leaveAndReturn(page);
  expect(await find(page, "hot water")).toEqual(["Tea"]);
  await page.evaluate(() => window.search.add([{ url: "/soup", title: "Soup", text: "Simmer red lentils." }]));
  await leaveAndReturn(page);
  expect(await find(page, "lentils")).toEqual(["Soup"]);
  expect(errors).toEqual([]);
});

test("a page that is watched does, too, and is read again when it changes afterwards", async () => {
  const { page, errors } = await open("/watched");
  await waitForValue(page, () => window.isReady);
  await leaveAndReturn(page);
  await page.evaluate(() => document.querySelector("main")!.append("Plums came in late."));
  await expect.poll(() => find(page, "plums"), { timeout: 20_000 }).toEqual(["Page"]);
  expect(errors).toEqual([]);
});

test("a page whose visitor has searched by the element does, too, and the next question is answered", async () => {
  const { page, errors } = await open("/element");
  await page.getByRole("button", { name: "Search" }).click();
  const field = page.getByRole("combobox");
  await field.fill("apples");
  await page.getByRole("option").first().waitFor();
  await page.keyboard.press("Escape");
  await leaveAndReturn(page);
  await page.getByRole("button", { name: "Search" }).click();
  await field.fill("pears");
  await page.getByRole("option").filter({ hasText: "pears" }).first().waitFor();
  expect(errors).toEqual([]);
});
