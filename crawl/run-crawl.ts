import type { CrawlHost, CrawlOptions, CrawlReport } from "../src/site/protocol.ts";
import { crawlSite } from "./crawl-site.ts";
import { readIndexUrls } from "./index-urls.ts";
import { Notes } from "./notes.ts";
import { Requester } from "./requester.ts";

/** An interrupted crawl is gone on with for so long; later it begins anew. */
const maxPauseMs = 24 * 60 * 60 * 1000;

/**
 * Crawls a site, as the only tab of this origin that does so for this index, where the browser can tell. A tab that had to wait
 * and finds the same crawl done has nothing left to do.
 */
export async function runCrawl(options: CrawlOptions, host: CrawlHost): Promise<CrawlReport> {
  const asked = Date.now();
  const { origin } = new URL(options.pageUrl);
  return alone(`inkling-crawl:${options.indexName ?? ""}:${origin}`, options.indexName !== null, async () => {
    const notes = await Notes.open(options.indexName, origin);
    try {
      const wanted = JSON.stringify([options.source, options.credentials]);
      const last = notes.run?.wanted === wanted ? notes.run : undefined;
      if (last !== undefined && last.finished > asked) return elsewhere;
      const isGoingOn = last !== undefined && last.finished === 0 && asked - last.run < maxPauseMs;
      const run = isGoingOn ? last.run : asked;
      await notes.keepRun({ run, wanted, finished: 0 });
      const indexed = await readIndexUrls(options.indexName);
      const requester = new Requester({ delayMs: options.delayMs, credentials: options.credentials });
      const report = await crawlSite(options, host, { notes, indexed, requester }, run);
      await notes.keepRun({ run, wanted, finished: Date.now() });
      return report;
    } finally {
      notes.close();
    }
  });
}

const elsewhere: CrawlReport = { state: "elsewhere", pages: 0, unchanged: 0, requests: 0, skipped: [], failed: [] };

/** Runs a task while no other tab runs one of the same name. Plain-http origins have no locks: there, tabs do the work twice. */
async function alone<T>(name: string, isShared: boolean, task: () => Promise<T>): Promise<T> {
  const locks = isShared ? (navigator as { readonly locks?: LockManager }).locks : undefined;
  return locks === undefined ? task() : ((await locks.request(name, task)) as T);
}
