import type { Page } from "playwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../../scripts/lib/paths.mjs";
import { crashPage, waitForValue } from "./harness/browser.ts";
import { addDocuments, openSearchPage, readStatus, type SearchPage } from "./harness/search-page.ts";
import { startServer, type TestServer } from "./harness/server.ts";
import { useProfile } from "./harness/use-profile.ts";
import { handbook, manyDocuments } from "./scenarios/documents.ts";

/** What the page keeps between two looks at it. */
interface PageState extends SearchPage {
  documents?: number;
}

let server: TestServer;
const browser = useProfile();

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

function firstUrl(page: Page, text: string): Promise<string | undefined> {
  return page.evaluate(async (query) => (await (window as PageState).search!.query(query)).hits[0]?.url, text);
}

test("after a restart of the browser the index answers, and nothing is embedded again", async () => {
  await addDocuments(await openSearchPage(browser.context, server.origin), handbook);
  await browser.restart();
  const page = await openSearchPage(browser.context, server.origin);
  expect(await firstUrl(page, "my notebook was stolen")).toBe("/handbook/laptop");
  expect(await addDocuments(page, handbook)).toMatchObject({ unchanged: handbook.length, embedded: 0 });
});

test("a tab that crashes half-way through add leaves what was committed, whole", async () => {
  const documents = manyDocuments(1_200);
  const page = await openSearchPage(browser.context, server.origin);
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
  await browser.restart();
  const reopened = await openSearchPage(browser.context, server.origin);
  const status = await readStatus(reopened);
  expect(status.documents).toBeGreaterThanOrEqual(committed);
  expect(status.documents).toBeLessThan(documents.length);
  expect(status.fallbacks).toEqual([]);
  expect(await firstUrl(reopened, "first0x")).toBe("/log/0");
  expect(await firstUrl(reopened, "last0x")).toBe("/log/0");
  const again = await addDocuments(reopened, documents);
  expect([again.unchanged, again.added]).toEqual([status.documents, documents.length - status.documents]);
}, 180_000);
