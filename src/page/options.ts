import type { CallOptions } from "../types.ts";

/** How a live page is added. */
export interface AddPageOptions extends CallOptions {
  /** The part of the page to read. Default: the document, of which the main content is found. */
  readonly root?: ParentNode;
  /** Default: the page's canonical address, else its own, without its fragment. */
  readonly url?: string;
  /**
   * Goes on reading the page as it changes, until `signal` is aborted or the search is closed: new content, and the routes of
   * a single-page app, each under its own address. Default false.
   */
  readonly watch?: boolean;
  /** Address of `crawl-worker.js`, for a strict Content Security Policy or a bundler that does not find it. */
  readonly workerUrl?: string | URL;
}
