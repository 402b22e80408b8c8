import type { CallOptions } from "../types.ts";

/** How a site is crawled. */
export interface AddSiteOptions extends CallOptions {
  /** Most pages that are asked for, an integer >= 1. Default 200. */
  readonly limit?: number;
  /** Requests at the same time, 1 to 8. Default 2. */
  readonly concurrency?: number;
  /** Shortest time between the starts of two requests, 0 to 60,000 ms. Default 100; a longer one in robots.txt counts. */
  readonly delayMs?: number;
  /** Whether pages are asked for with the visitor's cookies. Default `omit`: what everybody can see. */
  readonly credentials?: "omit" | "same-origin";
  /** Address of `crawl-worker.js`, for a strict Content Security Policy or a bundler that does not find it. */
  readonly workerUrl?: string | URL;
}
