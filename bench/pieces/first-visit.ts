import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright";
import { root } from "../../scripts/lib/paths.mjs";
import {
  type Certificate,
  type CountedRequest,
  type CountingServer,
  makeCertificate,
  type Protocol,
  startCountingServer,
} from "./counting-server.ts";

/** 10 Mbit/s and 40 ms, the line that the figures are for; the browser shapes it, for the page and its workers. */
const slowLine = { offline: false, latency: 40, downloadThroughput: 1_250_000, uploadThroughput: 1_250_000 };

const pageText = `<!doctype html><meta charset=utf-8><title>bench</title>
<link rel=modulepreload href=/dist/index.js><link rel=modulepreload href=/dist/worker.js>
<link rel=modulepreload href=/dist/worker-loaded.js>
<script type=module>
import { createSearch } from "/dist/index.js";
const search = await createSearch({ name: "bench" });
const better = new Promise((resolve) => search.addEventListener("betteranswers", resolve, { once: true }));
const opened = performance.now();
await search.load("/index/");
const loaded = performance.now();
window.search = search;
window.better = better;
const question = new URL(location.href).searchParams.get("q");
if (question !== null) {
  const words = await search.query(question, { mode: "words" });
  const wordsMs = performance.now();
  await better;
  const answer = await search.query(question);
  window.times = { opened, loaded, wordsMs, meaningMs: performance.now(), words: words.hits.length, mode: answer.mode };
}
window.ready = true;
</script>`;

/** A page that loads an index in pieces, on a host of this machine. */
export interface BenchSite {
  /** Starts the host: each visit has its own, with counts of its own. */
  serve(): Promise<CountingServer>;
  /** What a Chromium is started with to trust the host. */
  readonly flags: readonly string[];
  remove(): Promise<void>;
}

/** @param index - folder of the index, built with `--pieces`. */
export async function makeBenchSite(index: string, protocol: Protocol): Promise<BenchSite> {
  const page = await mkdtemp(join(tmpdir(), "inkling-pieces-"));
  await writeFile(join(page, "index.html"), pageText);
  const certificate: Certificate | null = protocol === "http2" ? makeCertificate() : null;
  const folders = { "/": page, "/dist/": join(root, "dist"), "/index/": index };
  return {
    serve: () => startCountingServer(folders, certificate),
    flags: certificate === null ? [] : [certificate.flag],
    remove: () => rm(page, { recursive: true }),
  };
}

/** A visit with an empty cache: a question is answered by words, and by meaning as soon as that can be. */
export interface FirstVisit {
  readonly bytes: number;
  readonly requests: number;
  /** From the start of the navigation: until the search is open, until the index is loaded, until the answers. */
  readonly openedMs: number;
  readonly loadedMs: number;
  readonly wordsMs: number;
  readonly meaningMs: number;
  readonly log: readonly CountedRequest[];
}

/** Visits the page on the slow line, and asks. */
export async function visitFirst(browser: Browser, site: BenchSite, question: string): Promise<FirstVisit> {
  const server = await site.serve();
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send("Network.enable");
    await session.send("Network.emulateNetworkConditions", slowLine);
    await page.goto(`${server.origin}/?q=${encodeURIComponent(question)}`);
    await page.waitForFunction("window.times", undefined, { timeout: 60_000 });
    const times = (await page.evaluate("window.times")) as Record<
      "opened" | "loaded" | "wordsMs" | "meaningMs",
      number
    >;
    return {
      bytes: server.bytes(),
      requests: server.requests.length,
      openedMs: Math.round(times.opened),
      loadedMs: Math.round(times.loaded),
      wordsMs: Math.round(times.wordsMs),
      meaningMs: Math.round(times.meaningMs),
      log: server.requests,
    };
  } finally {
    await context.close();
    server.close();
  }
}
