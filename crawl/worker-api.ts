import { TokenTree, type TreeToken } from "../src/extract/tree-tokens.ts";
import type { CrawlApi, CrawlHost, CrawlOptions, CrawlReport, LivePage } from "../src/site/protocol.ts";
import { readLivePage } from "./live-page.ts";
import { runCrawl } from "./run-crawl.ts";

/** What the worker offers to the page. */
export class CrawlWorkerApi implements CrawlApi {
  #tree = new TokenTree();

  async write(tokens: readonly TreeToken[]): Promise<void> {
    this.#tree.write(tokens);
  }

  async read(url: string): Promise<LivePage> {
    const { root } = this.#tree;
    this.#tree = new TokenTree();
    return readLivePage(root, url);
  }

  crawl(options: CrawlOptions, host: CrawlHost): Promise<CrawlReport> {
    return runCrawl(options, host);
  }
}
