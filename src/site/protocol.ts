import type { TreeToken } from "../extract/tree-tokens.ts";
import type { Document, SitePage, SiteResult } from "../types.ts";
import type { AddSiteOptions } from "./options.ts";

/** What was read of a live page, or why there is nothing of it to index. */
export type LivePage =
  | {
      readonly document: Document;
      /** The address that the page names as its own, as written; `""` where it names none. */
      readonly canonical: string;
      /** Of the text: another text, nearly always another number. */
      readonly signature: string;
    }
  | { readonly skipped: string; /** It has no text, which may be so for a moment only. */ readonly isEmpty: boolean };

/** What a crawl starts from: a list of pages, or an address that may be a sitemap or a page; `null` finds the site's own. */
export type CrawlSource = string | readonly string[] | null;

/** A crawl, with every default filled in. */
export interface CrawlOptions extends Required<
  Pick<AddSiteOptions, "limit" | "concurrency" | "delayMs" | "credentials">
> {
  /** Absolute addresses. */
  readonly source: CrawlSource;
  /** Address of the page that asks; its origin is the only one that is crawled. */
  readonly pageUrl: string;
  /** Name of the index, where it is stored: notes on its pages are kept beside it. */
  readonly indexName: string | null;
}

/** What changes in the index, once it is known. */
export interface PageChanges {
  /** Each with another url. */
  readonly documents: readonly Document[];
  /** Urls of documents that are to go. */
  readonly gone: readonly string[];
  /** Whether these are documents that have been counted already, with other lines taken off. */
  readonly isAgain: boolean;
}

/** The page's side of a crawl. */
export interface CrawlHost {
  /** Changes the index. The crawl goes on when this is done, so that it is never far ahead of what is stored. */
  apply(changes: PageChanges): Promise<void>;
  /** @param done - pages that are dealt with. @param total - pages known so far, those above the limit not counted. */
  report(done: number, total: number): void;
}

/** What a crawl knows at its end; the index's own counts are the page's. */
export interface CrawlReport extends Pick<SiteResult, "state" | "pages" | "unchanged" | "requests"> {
  readonly skipped: readonly SitePage[];
  readonly failed: readonly SitePage[];
}

/** The crawl worker as the page sees it through Comlink: it reads pages, and does nothing else. */
export interface CrawlApi {
  /** Takes the next part of a live page. */
  write(tokens: readonly TreeToken[]): Promise<void>;
  /** Reads the live page that was written, and forgets it. */
  read(url: string): Promise<LivePage>;
  /** @throws {SearchError} `site/unreachable` or `site/refused` where the source gives no page. */
  crawl(options: CrawlOptions, host: CrawlHost): Promise<CrawlReport>;
}
