import { Boilerplate, type SharedLines } from "../../src/extract/boilerplate.ts";
import { chooseCanonical } from "../../src/extract/canonical.ts";
import type { UrlOf } from "./page-urls.ts";
import type { PageFacts } from "./read-page.ts";

/** A page that is not in the index, and why. */
export interface SkippedPageOf {
  /** Path of its file. */
  readonly url: string;
  readonly reason: string;
}

/** A page that goes into the index. */
export interface ChosenPage {
  readonly path: string;
  readonly url: string;
  /** What it has in common with other pages, and is taken off. */
  readonly shared: SharedLines;
}

/** What is decided over all pages of a site together. */
export interface Choice {
  readonly pages: readonly ChosenPage[];
  readonly skipped: readonly SkippedPageOf[];
  /** Oddities of the site as a whole. */
  readonly warnings: readonly { readonly url: string; readonly message: string }[];
}

type Content = Exclude<PageFacts, { readonly skipped: string }>;

/**
 * Decides which pages go into the index, under which url, and what is taken off them as furniture. Depends on the set of
 * pages and on nothing else.
 *
 * @param facts - by path, in order of paths.
 */
export function choosePages(facts: ReadonlyMap<string, PageFacts>, urlOf: UrlOf): Choice {
  const skipped: SkippedPageOf[] = [];
  const skip = (url: string, reason: string): void => void skipped.push({ url, reason });
  let pages: [path: string, content: Content][] = [];
  for (const [path, fact] of facts) {
    if ("skipped" in fact) skip(path, fact.skipped);
    else pages.push([path, fact]);
  }
  if (pages.some(([, { content }]) => content === "marked")) {
    for (const [path, { content }] of pages)
      if (content !== "marked") skip(path, "no data-inkling-body, which other pages have");
    pages = pages.filter(([, { content }]) => content === "marked");
  }
  const { copies, doubted } = chooseCanonical(pages.map(([path, { canonical }]) => ({ path, canonical })));
  for (const [path, original] of copies) skip(path, `the same page as ${original}, by its canonical address`);
  pages = pages.filter(([path]) => !copies.has(path));
  const boilerplate = new Boilerplate();
  for (const [path, { content, edges }] of pages) if (content !== "marked") boilerplate.add(path, edges);
  const byUrl = new Map<string, ChosenPage>();
  for (const [path, { content, canonical, edges }] of pages) {
    const isDoubted = [...doubted.keys()].some((address) => canonical.includes(address));
    const url = urlOf(path, isDoubted ? "" : canonical);
    const other = byUrl.get(url);
    if (other !== undefined) skip(path, `the same address as ${other.path}: ${url}`);
    else {
      const shared = content === "marked" ? { head: [], tail: [] } : boilerplate.findShared(path, edges);
      byUrl.set(url, { path, url, shared });
    }
  }
  const warnings = [...doubted].map(([address, count]) => ({
    url: address,
    message: `${count} pages name this one as their canonical address; it was not followed. Correct their template.`,
  }));
  return { pages: [...byUrl.values()], skipped: skipped.sort((a, b) => (a.url < b.url ? -1 : 1)), warnings };
}
