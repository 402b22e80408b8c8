import type { BrowserContext, Page } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { root } from "../../scripts/lib/paths.mjs";
import type * as Library from "../../src/index.ts";
import { crashPage, createProfile, type Profile, waitForValue } from "./harness/browser.ts";
import { startServer, type TestServer } from "./harness/server.ts";
import { handbook, manyDocuments } from "./scenarios/documents.ts";

/** What the page keeps between two looks at it. */
interface PageState {
  search?: Library.Search;
  documents?: number;
}

let server: TestServer;
let profile: Profile;
let context: BrowserContext;

beforeAll(async () => {
  // Why a script of the page: an import in a function handed to the page would be rewritten by the test runner.
  const page = `<!doctype html><title>Page</title><script type="module">
    import { createSearch } from "/dist/index.js";
    window.search = await createSearch({ name: "restart" });
  </script>`;
  server = await startServer({ folders: { "/dist/": `${root}dist` } });
  server.alter(/^\/$/, { headers: { "content-type": "text/html" }, body: () => page });
});

afterAll(() => server.close());

beforeEach(async () => {
  profile = await createProfile();
  context = await profile.open();
});

afterEach(async () => {
  await context.close();
  await profile.remove();
});

/** Opens a search of the library as it is published, in a new tab. */
async function openSearch(): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${server.origin}/`);
  await waitForValue(page, () => (window as PageState).search !== undefined);
  return page;
}

async function restartBrowser(): Promise<void> {
  await context.close();
  context = await profile.open();
}

function add(page: Page, documents: readonly Library.Document[]): Promise<Library.AddResult> {
  return page.evaluate((list) => (window as PageState).search!.add(list), documents);
}

function firstUrl(page: Page, text: string): Promise<string | undefined> {
  return page.evaluate(async (query) => (await (window as PageState).search!.query(query)).hits[0]?.url, text);
}

test("after a restart of the browser the index answers, and nothing is embedded again", async () => {
  await add(await openSearch(), handbook);
  await restartBrowser();
  const page = await openSearch();
  expect(await firstUrl(page, "my notebook was stolen")).toBe("/handbook/laptop");
  expect(await add(page, handbook)).toMatchObject({ unchanged: handbook.length, embedded: 0 });
});

test("a tab that crashes half-way through add leaves what was committed, whole", async () => {
  const documents = manyDocuments(1_200);
  const page = await openSearch();
  await page.evaluate((list) => {
    const state = window as PageState;
    void state.search?.add(list);
    const poll = async (): Promise<void> => {
      state.documents = (await state.search?.status())?.documents ?? 0;
      setTimeout(() => void poll(), 10);
    };
    void poll();
  }, documents);
  const committed = await waitForValue(page, () => (window as PageState).documents || null);
  await crashPage(page);
  await restartBrowser();
  const reopened = await openSearch();
  const status = await reopened.evaluate(() => (window as PageState).search!.status());
  expect(status.documents).toBeGreaterThanOrEqual(committed);
  expect(status.documents).toBeLessThan(documents.length);
  expect(status.fallbacks).toEqual([]);
  expect(await firstUrl(reopened, "first0x")).toBe("/log/0");
  expect(await firstUrl(reopened, "last0x")).toBe("/log/0");
  const again = await add(reopened, documents);
  expect([again.unchanged, again.added]).toEqual([status.documents, documents.length - status.documents]);
});
