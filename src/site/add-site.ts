import { proxy } from "comlink";
import { optionError } from "../core/option-error.ts";
import { InvalidArgumentError } from "../errors.ts";
import type { PageHost } from "../page-host.ts";
import { unlessAborted } from "../promises.ts";
import type { SiteResult } from "../types.ts";
import type { AddSiteOptions } from "./options.ts";
import { CrawlWorker } from "./crawl-worker.ts";
import type { CrawlHost, CrawlOptions, CrawlReport, CrawlSource } from "./protocol.ts";

type Source = string | readonly string[] | undefined;

/** Documents that crawls of this page have put into the index, and taken out. */
type Counts = { added: number; replaced: number; unchanged: number; removed: number };

/**
 * Crawls a site and adds its pages; see `Search.addSite`.
 *
 * @param ended - aborted when the search is closed.
 */
export async function addSite(
  host: PageHost,
  source: Source,
  options: AddSiteOptions,
  ended: AbortSignal,
): Promise<SiteResult> {
  checkSiteOptions(options);
  const start = readSource(source);
  const signal = options.signal === undefined ? ended : AbortSignal.any([ended, options.signal]);
  signal.throwIfAborted();
  if (savesData()) return withheld;
  const { name, storage } = await host.status();
  const { limit = 200, concurrency = 2, delayMs = 100, credentials = "omit" } = options;
  const indexName = storage.driver === "indexeddb" ? name : null;
  const wanted = { source: start, pageUrl: location.href, indexName, limit, concurrency, delayMs, credentials };
  return crawlUntilDone(host, wanted, options, signal);
}

/** Crawls, and goes on where the page comes back from the back/forward cache, in which no crawl can run. */
async function crawlUntilDone(
  host: PageHost,
  wanted: CrawlOptions,
  options: AddSiteOptions,
  signal: AbortSignal,
): Promise<SiteResult> {
  const counts: Counts = { added: 0, replaced: 0, unchanged: 0, removed: 0 };
  for (;;) {
    const report = await crawlUntilLeft(host, wanted, { counts, options, signal });
    if (report !== null) return { ...report, ...counts, unchanged: counts.unchanged + report.unchanged };
    await unlessAborted(nextShow(), signal);
  }
}

interface CrawlCall {
  readonly counts: Counts;
  readonly options: AddSiteOptions;
  readonly signal: AbortSignal;
}

/** @returns null where the visitor has left the page: the worker is ended, and what it knew is noted. */
async function crawlUntilLeft(host: PageHost, wanted: CrawlOptions, call: CrawlCall): Promise<CrawlReport | null> {
  const left = new AbortController();
  const settled = new AbortController();
  addEventListener("pagehide", () => left.abort(), { signal: settled.signal });
  const either = AbortSignal.any([call.signal, left.signal]);
  const worker = new CrawlWorker(call.options.workerUrl);
  try {
    const crawlHost = proxy(createHost(host, call.counts, call.options, either));
    const crawling = worker.call((api) => api.crawl(wanted, crawlHost) as Promise<CrawlReport>, true);
    return await unlessAborted(crawling, either);
  } catch (error) {
    if (left.signal.aborted && !call.signal.aborted) return null;
    throw error;
  } finally {
    settled.abort();
    worker.stop(either.reason ?? new DOMException("The crawl is done.", "AbortError"));
  }
}

function createHost(host: PageHost, counts: Counts, { onProgress }: AddSiteOptions, signal: AbortSignal): CrawlHost {
  return {
    async apply({ documents, gone, isAgain }) {
      if (documents.length > 0) {
        const { added, replaced, unchanged } = await host.add(documents, { signal });
        if (isAgain) return;
        counts.added += added;
        counts.replaced += replaced;
        counts.unchanged += unchanged;
      }
      if (gone.length > 0) counts.removed += (await host.remove(gone, { signal })).removed;
    },
    report(done, total) {
      if (!signal.aborted) onProgress?.({ phase: "crawl", done, total });
    },
  };
}

function nextShow(): Promise<unknown> {
  return new Promise((resolve) => addEventListener("pageshow", resolve, { once: true }));
}

function savesData(): boolean {
  return (navigator as { readonly connection?: { readonly saveData?: boolean } }).connection?.saveData === true;
}

const withheld: SiteResult = {
  state: "withheld",
  pages: 0,
  added: 0,
  replaced: 0,
  unchanged: 0,
  removed: 0,
  skipped: [],
  failed: [],
  requests: 0,
};

function readSource(source: Source): CrawlSource {
  if (source === undefined) return null;
  if (typeof source === "string") return resolveAddress(source);
  if (Array.isArray(source) && source.every((url) => typeof url === "string")) return source.map(resolveAddress);
  throw new InvalidArgumentError(
    "argument/url",
    `The source of a site is ${String(source)}, expected an address, or an array of addresses of pages.`,
  );
}

function resolveAddress(written: string): string {
  try {
    const url = new URL(written, document.baseURI);
    if (url.protocol === "http:" || url.protocol === "https:") return url.href;
  } catch {
    // What is no address is told like what is none of a page.
  }
  throw new InvalidArgumentError(
    "argument/url",
    `${JSON.stringify(written)} is no address of a page, expected one that begins with http: or https:, or is relative to this page.`,
    { url: written },
  );
}

function checkSiteOptions({ limit, concurrency, delayMs, credentials, onProgress }: AddSiteOptions): void {
  checkNumber("limit", limit, 1, Number.MAX_SAFE_INTEGER, true);
  checkNumber("concurrency", concurrency, 1, 8, true);
  checkNumber("delayMs", delayMs, 0, 60_000, false);
  if (credentials !== undefined && credentials !== "omit" && credentials !== "same-origin") {
    throw optionError("credentials", credentials, '"omit" or "same-origin"');
  }
  if (onProgress !== undefined && typeof onProgress !== "function") {
    throw optionError("onProgress", onProgress, "a function");
  }
}

function checkNumber(name: string, value: unknown, min: number, max: number, isWhole: boolean): void {
  if (value === undefined) return;
  const isFit = typeof value === "number" && value >= min && value <= max && (!isWhole || Number.isInteger(value));
  if (isFit) return;
  const range = max === Number.MAX_SAFE_INTEGER ? `from ${min}` : `from ${min} to ${max}`;
  throw optionError(name, value, `${isWhole ? "an integer" : "a number"} ${range}`);
}
