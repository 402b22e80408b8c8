import type { BrowserContext, Page } from "playwright";
import type * as Library from "../../../src/index.ts";
import { waitForValue } from "./browser.ts";

/** What the script of such a page leaves behind as soon as its search is open. */
export interface SearchPage {
  search?: Library.Search;
}

/** Opens a page in a new tab, and waits for its search. */
export async function openSearchPage(context: BrowserContext, origin: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${origin}/`);
  await untilOpen(page);
  return page;
}

/** Waits for the search of a page that is loading. */
export async function untilOpen(page: Page): Promise<void> {
  await waitForValue(page, () => (window as SearchPage).search !== undefined);
}

/** What `search.add` gives there. */
export function addDocuments(page: Page, documents: readonly Library.Document[]): Promise<Library.AddResult> {
  return page.evaluate((list) => (window as SearchPage).search!.add(list), documents);
}

/** What `search.status` gives there. */
export function readStatus(page: Page): Promise<Library.Status> {
  return page.evaluate(() => (window as SearchPage).search!.status());
}
