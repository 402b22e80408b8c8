import type { Browser, BrowserContext, Page } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import type * as Library from "../../../src/index.ts";
import { launchBrowser, waitForValue } from "./browser.ts";
import { type SitePage, startSite, type TestSite } from "./site.ts";

/** What the pages of these tests have in their `window`. */
export interface PageState {
  search?: Library.Search;
  progress?: Library.Progress[];
  outcome?: unknown;
}

/** Result of a crawl, or the code of its error. */
export type Outcome = Library.SiteResult & { readonly error?: string };

export let site: TestSite;
export let context: BrowserContext;
let browser: Browser;

/** Gives each test of a file a site, and a browser whose storage is empty. */
export function useSite(): void {
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  beforeEach(async () => {
    [context, site] = await Promise.all([browser.newContext(), startSite()]);
  });
  afterEach(async () => {
    await context.close();
    await site.close();
  });
  afterAll(() => browser?.close());
}

/** Puts pages into the site. */
export function give(pages: Readonly<Record<string, SitePage | string>>): void {
  for (const [path, page] of Object.entries(pages))
    site.pages.set(path, typeof page === "string" ? { body: page } : page);
}

/** A sitemap of some paths. */
export function sitemap(...paths: string[]): SitePage {
  const urls = paths.map((path) => `<url><loc>${site.origin}${path}</loc></url>`).join("");
  return { headers: { "content-type": "application/xml" }, body: `<?xml version="1.0"?><urlset>${urls}</urlset>` };
}

/** Opens the page that has a search. */
export async function openApp(path = "/app"): Promise<Page> {
  const page = await context.newPage();
  await page.goto(site.origin + path);
  await waitForValue(page, () => (window as PageState).search !== undefined);
  return page;
}

/** Crawls, with short pauses, and gives the result, or the error by its code. */
export function crawl(page: Page, source?: string | string[], options: Library.AddSiteOptions = {}): Promise<Outcome> {
  return page.evaluate(
    ([from, given]) =>
      (window as PageState).search!.addSite(from ?? undefined, given).then(
        (result) => result,
        (error: { code?: string; message: string }) => ({ error: error.code ?? error.message }) as never,
      ),
    [source ?? null, { delayMs: 0, ...options }] as const,
  );
}

/** Paths of the pages that have some words. */
export function find(page: Page, text: string): Promise<string[]> {
  return page.evaluate(async (query) => {
    const { hits } = await (window as PageState).search!.query(query, { mode: "words" });
    return hits.map(({ url }) => url.replace(location.origin, ""));
  }, text);
}

/** Paths that were asked for, without that of the page that asks. */
export function pathsAsked(): string[] {
  return site.requests.map(({ path }) => path).filter((path) => path !== "/app");
}

/** Reasons by path. */
export function reasons(list: readonly Library.SitePage[]): Record<string, string> {
  return Object.fromEntries(list.map(({ url, reason }) => [url.replace(site.origin, ""), reason]));
}

/** What crawls have noted: one entry for each page, and one for the crawl. */
export function countNotes(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve, reject) => {
        const opening = indexedDB.open("inkling:site");
        opening.onerror = () => reject(opening.error ?? new Error("not opened"));
        opening.onsuccess = () => {
          const counting = opening.result.transaction("crawl").objectStore("crawl").count();
          counting.onsuccess = () => {
            opening.result.close();
            resolve(counting.result);
          };
        };
      }),
  );
}
