import type { Page } from "playwright";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { root } from "../../scripts/lib/paths.mjs";
import type * as Library from "../../src/index.ts";
import { waitForValue } from "./harness/browser.ts";
import { startServer, type TestServer } from "./harness/server.ts";
import { useProfile } from "./harness/use-profile.ts";

declare global {
  interface Window {
    /** How often the browser was asked. */
    asked: number;
    createSearch: typeof Library.createSearch;
    search: Library.Search;
  }
}

let server: TestServer;
let page: Page;
// Why on disk: what is kept in memory only can never be kept for good.
const browser = useProfile();

beforeAll(async () => {
  server = await startServer({ folders: { "/dist/": `${root}dist` } });
  const counting = `<!doctype html><title>Notes</title><link rel="icon" href="data:,"><script>
    window.asked = 0;
    const { persist } = StorageManager.prototype;
    StorageManager.prototype.persist = function () { asked++; return persist.call(this); };
  </script>`;
  const html = `${counting}<button>New</button><script type="module">
    window.createSearch = (await import("/dist/index.js")).createSearch;
    const options = new URLSearchParams(location.search).get("options");
    if (options !== null) {
      window.search = await createSearch({ name: "notes", model: null, ...JSON.parse(options) });
      await search.add([{ url: "/tea", text: "Tea for two." }]);
      await search.query("tea");
      // Why: the part that asks is loaded after the answer.
      await import("/dist/persist.js");
      await search.status();
      console.log("asked " + asked + " times, " + navigator.userActivation.hasBeenActive);
    }
  </script>`;
  const withElement = `${counting}<script type="module" src="/dist/inkling.js"></script>
    <inkling-search persist></inkling-search><main>All about kites.</main>`;
  server.alter(/^\/element$/, { headers: { "content-type": "text/html" }, body: () => withElement });
  server.alter(/^\/(\?.*)?$/, { headers: { "content-type": "text/html" }, body: () => html });
});

afterAll(() => server.close());

beforeEach(async () => {
  page = await browser.context.newPage();
});

/** Lets the browser agree, or not. */
async function decide(setting: "granted" | "denied"): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const permission = { name: "persistent-storage" };
  await session.send("Browser.setPermission", { permission, setting, origin: server.origin });
}

/**
 * Opens a page that adds and asks by itself, before its visitor has touched anything. Why it tells by its console: whatever a
 * driver evaluates in a page counts as a visitor's doing.
 */
async function open(options: Library.CreateSearchOptions): Promise<string> {
  const said = page.waitForEvent("console");
  await page.goto(`${server.origin}/?options=${encodeURIComponent(JSON.stringify(options))}`);
  return (await said).text();
}

const ask = (): Promise<unknown> => page.evaluate(async () => (await window.search.query("tea")).hits.length);
const persisted = (): Promise<boolean | null> =>
  page.evaluate(async () => (await window.search.status()).storage.persisted);
const asked = (): Promise<number> => page.evaluate(() => window.asked);

test("the browser is asked once, and not before a question of a visitor who has clicked; a refusal is told", async () => {
  await decide("denied");
  expect(await open({ persist: true })).toBe("asked 0 times, false");
  await page.getByRole("button").click();
  await ask();
  await expect.poll(asked).toBe(1);
  await ask();
  expect([await asked(), await persisted()]).toEqual([1, false]);
});

test("documents that a visitor adds are a reason, too", async () => {
  await open({ persist: true });
  await page.getByRole("button").click();
  await page.evaluate(() => window.search.add([{ url: "/soup", text: "Soup of the day." }]));
  await expect.poll(asked).toBe(1);
});

test("a browser that has agreed is not asked again, and its word is told", async () => {
  await decide("granted");
  await open({ persist: true });
  await page.getByRole("button").click();
  await ask();
  expect([await persisted(), await asked()]).toEqual([true, 0]);
});

test.each<[Library.CreateSearchOptions, boolean | null]>([
  [{}, false],
  [{ persist: false }, false],
  [{ persist: true, storage: "memory" }, null],
])("it is not asked with %j", async (options, expected) => {
  await open(options);
  await page.getByRole("button").click();
  await ask();
  expect([await asked(), await persisted()]).toEqual([0, expected]);
});

test("the element with the attribute `persist` asks once its visitor has searched", async () => {
  await page.goto(`${server.origin}/element`);
  await page.getByRole("button", { name: "Search" }).click();
  expect(await asked()).toBe(0);
  await page.getByRole("combobox").fill("kites");
  await expect.poll(asked, { timeout: 20_000 }).toBe(1);
});

test("what is neither true nor false is refused", async () => {
  await page.goto(`${server.origin}/`);
  await waitForValue(page, () => window.createSearch !== undefined);
  const code = page.evaluate(() =>
    window.createSearch({ persist: "yes" as never }).catch((error: Library.SearchError) => error.code),
  );
  expect(await code).toBe("argument/option");
});
