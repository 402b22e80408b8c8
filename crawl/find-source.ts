import { decodeUtf8 } from "../src/extract/decode.ts";
import { SearchError } from "../src/errors.ts";
import type { CrawlOptions } from "../src/site/protocol.ts";
import { pageAddress, resolvePage } from "../src/site/page-address.ts";
import { type Answer, type Requester, unzip } from "./requester.ts";
import { allowAll, parseRobots, type Robots } from "./robots.ts";
import { parseSitemap, type Sitemap } from "./sitemap.ts";

/** Where a crawl begins. */
export interface CrawlStart {
  /** Addresses of pages, on the origin that is crawled and each once; more than the limit where there are more. */
  readonly pages: readonly string[];
  /** Whether links are followed from there. */
  readonly followsLinks: boolean;
  /** Named pages that are on another origin. */
  readonly foreign: readonly string[];
}

/** As the protocol has it, unpacked. */
const maxSitemapBytes = 50 * 1024 * 1024;
const maxRobotsBytes = 512 * 1024;

/** Sitemaps read in one crawl; an index of sitemaps may name thousands. */
const maxSitemaps = 50;

/**
 * Reads what a site says of crawlers.
 *
 * @throws {SearchError} `site/unreachable` where the site fails to tell: then nothing is allowed, as RFC 9309 has it.
 */
export async function readRobots(origin: string, requester: Requester): Promise<Robots> {
  const answer = await requester.get(`${origin}/robots.txt`, { maxBytes: maxRobotsBytes });
  if (answer.status >= 400 && answer.status < 500 && answer.status !== 429) return allowAll;
  if (answer.status < 200 || answer.status >= 300) throw unreachable(`${origin}/robots.txt`, answer);
  // Why: many apps answer every address with their start page.
  if (/html/i.test(answer.headers.get("content-type") ?? "")) return allowAll;
  return parseRobots(decodeUtf8(answer.bytes));
}

/**
 * Finds the pages to begin with.
 *
 * @throws {SearchError} `site/unreachable` or `site/refused` where the address that was given cannot be read.
 */
export async function findStart(options: CrawlOptions, robots: Robots, requester: Requester): Promise<CrawlStart> {
  const collector = new StartCollector(options, robots, requester);
  const { source } = options;
  if (source === null) return collector.findOwn();
  if (typeof source !== "string") return collector.list(source, false);
  return collector.readAddress(source);
}

class StartCollector {
  readonly #options: CrawlOptions;
  readonly #robots: Robots;
  readonly #requester: Requester;
  readonly #origin: string;

  constructor(options: CrawlOptions, robots: Robots, requester: Requester) {
    this.#options = options;
    this.#robots = robots;
    this.#requester = requester;
    this.#origin = new URL(options.pageUrl).origin;
  }

  list(written: readonly string[], followsLinks: boolean): CrawlStart {
    const pages = new Set<string>();
    const foreign: string[] = [];
    for (const address of written) {
      const url = resolvePage(address, this.#options.pageUrl);
      if (url?.origin !== this.#origin) foreign.push(address);
      else {
        url.hash = "";
        pages.add(pageAddress(url));
      }
    }
    return { pages: [...pages], followsLinks, foreign };
  }

  /** The site's own sitemaps, else the page that asks and its links. */
  async findOwn(): Promise<CrawlStart> {
    const named = this.#robots.sitemaps.filter((address) => this.#isOwn(address));
    const start = await this.#readSitemaps(named.length > 0 ? named : ["/sitemap.xml"]);
    return start.pages.length > 0 ? start : this.list([this.#options.pageUrl], true);
  }

  /** An address that is a sitemap, or a page to start from. */
  async readAddress(source: string): Promise<CrawlStart> {
    if (!this.#isOwn(source)) throw this.#foreignSource(source);
    if (!this.#isAllowed(source)) throw refused(source);
    const answer = await this.#get(source);
    if (answer.status < 200 || answer.status >= 300) throw unreachable(source, answer);
    const sitemap = await readSitemap(answer);
    if (sitemap === null) return this.list([source], true);
    return this.#readSitemaps(sitemap.sitemaps, sitemap.pages);
  }

  /** Sitemaps, and those that they name, until there are more pages than the limit allows. Those that cannot be read give none. */
  async #readSitemaps(addresses: readonly string[], found: readonly string[] = []): Promise<CrawlStart> {
    const written = [...found];
    const waiting = [...addresses];
    const seen = new Set<string>();
    let start = this.list(written, false);
    while (waiting.length > 0 && seen.size < maxSitemaps && start.pages.length <= this.#options.limit) {
      const address = waiting.shift()!;
      const url = resolvePage(address, this.#options.pageUrl)?.href;
      if (url === undefined || seen.has(url) || !this.#isOwn(url) || !this.#isAllowed(url)) continue;
      seen.add(url);
      const sitemap = await readSitemap(await this.#get(url));
      waiting.push(...(sitemap?.sitemaps ?? []));
      written.push(...(sitemap?.pages ?? []));
      start = this.list(written, false);
    }
    return start;
  }

  #get(url: string): Promise<Answer> {
    return this.#requester.get(url, { maxBytes: maxSitemapBytes });
  }

  #isOwn(address: string): boolean {
    return resolvePage(address, this.#options.pageUrl)?.origin === this.#origin;
  }

  #isAllowed(address: string): boolean {
    const { pathname, search } = new URL(address, this.#options.pageUrl);
    return this.#robots.isAllowed(pathname + search);
  }

  #foreignSource(source: string): SearchError {
    return new SearchError(
      "site/refused",
      `The site cannot be read from "${source}": found another origin than that of the page, ${this.#origin}. Give an address there.`,
      { url: source },
    );
  }
}

async function readSitemap({ status, bytes }: Answer): Promise<Sitemap | null> {
  if (status < 200 || status >= 300) return null;
  const plain = await unzip(bytes as Uint8Array<ArrayBuffer>, maxSitemapBytes);
  return plain === null ? null : parseSitemap(decodeUtf8(plain));
}

function refused(url: string): SearchError {
  return new SearchError(
    "site/refused",
    `The site forbids to read "${url}": robots.txt. Allow it to "inkling" or to all.`,
    {
      url,
    },
  );
}

function unreachable(url: string, { status, reason }: Answer): SearchError {
  const found = status === 0 ? reason : `HTTP ${status}`;
  return new SearchError(
    "site/unreachable",
    `The site cannot be read: "${url}" gave ${found}, expected a page, a sitemap or robots.txt. Check the address, or try again later.`,
    { url, status },
  );
}
