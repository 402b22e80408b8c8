import type { Page } from "playwright";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { root } from "../../scripts/lib/paths.mjs";
import type * as Library from "../../src/index.ts";
import { createProfile, waitForValue } from "./harness/browser.ts";
import { startServer, type TestServer } from "./harness/server.ts";

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

beforeAll(async () => {
  server = await startServer({ folders: { "/dist/": `${root}dist` } });
  const html = `<!doctype html><title>Notes</title><link rel="icon" href="data:,"><button>New</button><script type="module">
    window.asked = 0;
    const { persist } = StorageManager.prototype;
    StorageManager.prototype.persist = function () { asked++; return persist.call(this); };
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
  server.alter(/^\/(\?.*)?$/, { headers: { "content-type": "text/html" }, body: () => html });
});

afterAll(() => server.close());

beforeEach(async () => {
  // Why a profile on disk: what is kept in memory only can never be kept for good.
  const profile = await createProfile();
  const context = await profile.open();
  page = await context.newPage();
  return async () => {
    await context.close();
    await profile.remove();
  };
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

test("the browser is asked once, after a question of a visitor who has clicked, and agrees", async () => {
  await decide("granted");
  expect(await open({ persist: true })).toBe("asked 0 times, false");
  expect(await persisted()).toBe(false);
  await page.getByRole("button").click();
  await ask();
  await expect.poll(persisted).toBe(true);
  await ask();
  expect(await asked()).toBe(1);
});

test("documents that a visitor adds are a reason, too, and a refusal is told", async () => {
  await decide("denied");
  await open({ persist: true });
  await page.getByRole("button").click();
  await page.evaluate(() => window.search.add([{ url: "/soup", text: "Soup of the day." }]));
  await expect.poll(asked).toBe(1);
  await ask();
  expect([await asked(), await persisted()]).toEqual([1, false]);
});

test.each<Library.CreateSearchOptions>([{}, { persist: false }, { persist: true, storage: "memory" }])(
  "it is not asked with %j",
  async (options) => {
    await decide("granted");
    await open(options);
    await page.getByRole("button").click();
    await ask();
    const isInMemory = options.storage === "memory";
    expect([await asked(), await persisted()]).toEqual([0, isInMemory ? null : false]);
  },
);

test("what is neither true nor false is refused", async () => {
  await page.goto(`${server.origin}/`);
  await waitForValue(page, () => window.createSearch !== undefined);
  const code = page.evaluate(() =>
    window.createSearch({ persist: "yes" as never }).catch((error: Library.SearchError) => error.code),
  );
  expect(await code).toBe("argument/option");
});
