import { readEdges, takeOffLines } from "../src/extract/boilerplate.ts";
import { extractionVersion, type PageDocument } from "../src/extract/extract-page.ts";
import type { SitePage } from "../src/types.ts";
import type { CrawlHost, CrawlOptions, CrawlReport } from "../src/site/protocol.ts";
import { ownAddress, pageAddress } from "../src/site/page-address.ts";
import { findStart, readRobots } from "./find-source.ts";
import { Frontier } from "./frontier.ts";
import type { Notes, PageNote } from "./notes.ts";
import { isForbidden, readPage } from "./read-page.ts";
import type { Answer, Requester } from "./requester.ts";
import type { Robots } from "./robots.ts";
import { SiteLines } from "./shared-lines.ts";

/** What a crawl works with. */
export interface CrawlTools {
  readonly notes: Notes;
  /** Urls of the documents that are in the index. */
  readonly indexed: ReadonlySet<string>;
  readonly requester: Requester;
}

/** A larger page is left out: none that is to be read comes near. */
const maxPageBytes = 16 * 1024 * 1024;

/** Documents, and characters of them, that are put into the index at once. */
const batchDocuments = 20;
const batchCharacters = 500_000;

/** What is known of a page when it is dealt with; what a note has of the crawl itself is added. */
type Outcome = Omit<PageNote, "url" | "run" | "rules">;

const nothingKnown: Outcome = {
  etag: "",
  lastModified: "",
  indexed: "",
  skipped: "",
  links: [],
  edges: null,
  shared: "",
};

/** Characters of documents that are kept to the end, in case that other lines are to be taken off them then. */
const keptCharacters = 20_000_000;

/** A document, as it was read, and the page that gave it. */
interface ReadDocument {
  readonly page: string;
  readonly document: PageDocument;
}

/**
 * Crawls a site: asks for its pages, puts their documents into the index and notes what the next crawl may use.
 *
 * @param run - of this crawl; pages that are noted with it are dealt with already.
 */
export async function crawlSite(
  options: CrawlOptions,
  host: CrawlHost,
  tools: CrawlTools,
  run: number,
): Promise<CrawlReport> {
  const { requester } = tools;
  const robots = await readRobots(new URL(options.pageUrl).origin, requester);
  requester.slowDown(robots.delayMs);
  const start = await findStart(options, robots, requester);
  const crawl = new Crawl(options, host, tools, robots, run, start.followsLinks);
  for (const url of start.foreign) crawl.skipped.push({ url, reason: "on another site" });
  return crawl.run(start.pages);
}

class Crawl {
  readonly skipped: SitePage[] = [];
  readonly #failed: SitePage[] = [];
  readonly #options: CrawlOptions;
  readonly #host: CrawlHost;
  readonly #tools: CrawlTools;
  readonly #robots: Robots;
  readonly #run: number;
  readonly #followsLinks: boolean;
  readonly #frontier: Frontier;
  readonly #origin: string;
  /** Url of a document of this crawl -> address of the page that gave it. */
  readonly #given = new Map<string, string>();
  readonly #lines = new SiteLines();
  /** Documents by their pages, as far as there is room for them. */
  readonly #kept = new Map<string, PageDocument>();
  #keptCharacters = 0;
  #documents: ReadDocument[] = [];
  #gone: string[] = [];
  #pending: PageNote[] = [];
  #flushing: Promise<void> = Promise.resolve();
  #done = 0;
  #unchanged = 0;

  constructor(
    options: CrawlOptions,
    host: CrawlHost,
    tools: CrawlTools,
    robots: Robots,
    run: number,
    followsLinks: boolean,
  ) {
    this.#options = options;
    this.#host = host;
    this.#tools = tools;
    this.#robots = robots;
    this.#run = run;
    this.#followsLinks = followsLinks;
    this.#frontier = new Frontier(options.limit);
    this.#origin = new URL(options.pageUrl).origin;
  }

  async run(pages: readonly string[]): Promise<CrawlReport> {
    for (const url of pages) this.#frontier.add(url);
    await this.#workOff();
    // Why last: what nothing leads to any more may be gone, and is asked for where the limit leaves room.
    for (const { url, indexed } of this.#tools.notes.pages.values()) if (indexed !== "") this.#frontier.add(url);
    await this.#workOff();
    await this.#flush();
    await this.#judgeAgain();
    return {
      state: this.#frontier.isLimited ? "limited" : "done",
      pages: this.#done,
      unchanged: this.#unchanged,
      requests: this.#tools.requester.count,
      skipped: this.skipped,
      failed: this.#failed,
    };
  }

  /** Deals with pages, several at a time, until none is left. */
  async #workOff(): Promise<void> {
    const active = new Set<Promise<void>>();
    for (;;) {
      while (active.size < this.#options.concurrency) {
        const url = this.#frontier.next();
        if (url === undefined) break;
        const work: Promise<void> = this.#dealWith(url).finally(() => active.delete(work));
        active.add(work);
      }
      if (active.size === 0) return;
      await Promise.race(active);
    }
  }

  async #dealWith(url: string): Promise<void> {
    const note = this.#tools.notes.pages.get(url);
    const isKnown = note?.run === this.#run && this.#isCurrent(note);
    const outcome = isKnown ? this.#takeOver(url, note) : await this.#ask(url, note);
    if (outcome !== null && this.#followsLinks) for (const link of outcome.links) this.#frontier.addLink(link);
    this.#done++;
    this.#host.report(this.#done, this.#frontier.total);
    if (outcome !== null && !isKnown) this.#pending.push({ ...outcome, url, run: this.#run, rules: extractionVersion });
    const characters = this.#documents.reduce((sum, { document }) => sum + lengthOf(document), 0);
    if (this.#documents.length >= batchDocuments || characters >= batchCharacters) await this.#flush();
  }

  /** Whether what a note says is in the index is there, as it would be read now. */
  #isCurrent({ indexed, rules }: PageNote): boolean {
    return rules === extractionVersion && (indexed === "" || this.#tools.indexed.has(indexed));
  }

  /** Takes a page as it was noted. */
  #takeOver(url: string, note: PageNote): Outcome {
    if (note.indexed === "") this.skipped.push({ url, reason: note.skipped });
    else {
      this.#unchanged++;
      this.#given.set(note.indexed, url);
      if (note.edges !== null) this.#lines.add(url, note.edges, note.shared);
    }
    return note;
  }

  /** Asks for a page. @returns null where nothing was learned of it: what is known stays. */
  async #ask(url: string, note: PageNote | undefined): Promise<Outcome | null> {
    const { pathname, search } = new URL(url);
    if (!this.#robots.isAllowed(pathname + search)) return this.#leaveOut(url, "robots.txt forbids it", note, true);
    const isConditional = note !== undefined && this.#isCurrent(note);
    const answer = await this.#tools.requester.get(url, {
      maxBytes: maxPageBytes,
      headers: isConditional ? conditions(note) : {},
      wants: (headers) => isPage(headers),
    });
    if (answer.status === 304 && note !== undefined) return this.#takeOver(url, note);
    if (answer.status === 404 || answer.status === 410) {
      return this.#leaveOut(url, `it is gone (HTTP ${answer.status})`, note, true);
    }
    if (answer.status === 401 || answer.status === 403) {
      return this.#leaveOut(url, `not for everybody (HTTP ${answer.status})`, note, false);
    }
    if (answer.status < 200 || answer.status >= 300) {
      this.#failed.push({ url, reason: answer.reason || `HTTP ${answer.status}` });
      return null;
    }
    return this.#read(url, answer, note);
  }

  async #read(url: string, answer: Answer, note: PageNote | undefined): Promise<Outcome> {
    const leaveOut = (reason: string, isGone = true): Outcome => this.#leaveOut(url, reason, note, isGone);
    const final = new URL(answer.url);
    final.hash = "";
    const isRedirected = pageAddress(final) !== url;
    if (final.origin !== this.#origin) return leaveOut("it redirects to another site");
    if (isRedirected && !this.#robots.isAllowed(final.pathname + final.search)) {
      return leaveOut(`it redirects to ${final.href}, which robots.txt forbids`);
    }
    if (answer.isTooLarge) return leaveOut(`larger than ${maxPageBytes} bytes`, false);
    const contentType = answer.headers.get("content-type") ?? "";
    if (!isPage(answer.headers)) return leaveOut(`no page of text (${contentType || "no content type"})`);
    if (isForbidden(answer.headers.get("x-robots-tag"))) return leaveOut("robots noindex");
    const { page, links, base } = await readPage(answer.bytes, contentType, final, isRedirected);
    if ("skipped" in page) return { ...leaveOut(page.skipped, page.skipped !== "a login page"), links };
    const indexed = ownAddress(final, page.canonical, base);
    const other = this.#given.get(indexed);
    if (other !== undefined) return { ...leaveOut(`the same page as ${other}`), links };
    if (isRedirected) this.#frontier.mark(pageAddress(final));
    this.#given.set(indexed, url);
    const edges = page.content === "marked" ? null : readEdges(page.document);
    if (edges !== null) this.#lines.add(url, edges, "");
    this.#keep(url, { ...page.document, url: indexed });
    // Why: what the page was indexed as before is not there any more under that address.
    if (note !== undefined && note.indexed !== "" && note.indexed !== indexed) this.#remove(note.indexed);
    const [etag, lastModified] = [answer.headers.get("etag") ?? "", answer.headers.get("last-modified") ?? ""];
    return { etag, lastModified, indexed, skipped: "", links: this.#followsLinks ? links : [], edges, shared: "" };
  }

  #keep(page: string, document: PageDocument): void {
    this.#documents.push({ page, document });
    this.#keptCharacters += lengthOf(document);
    if (this.#keptCharacters <= keptCharacters) this.#kept.set(page, document);
  }

  /** @param isGone - whether a document of the page is to be taken out of the index. */
  #leaveOut(url: string, reason: string, note: PageNote | undefined, isGone: boolean): Outcome {
    this.skipped.push({ url, reason });
    const before = note?.indexed ?? "";
    if (isGone) {
      if (before !== "") this.#remove(before);
      else if (this.#tools.indexed.has(url)) this.#remove(url);
    }
    return { ...nothingKnown, skipped: reason, indexed: isGone ? "" : before };
  }

  #remove(indexed: string): void {
    if (!this.#given.has(indexed)) this.#gone.push(indexed);
  }

  /** Puts into the index what was read, and notes it: in this order, so that nothing is noted that is not stored. */
  #flush(isAgain = false): Promise<void> {
    return (this.#flushing = this.#flushing.then(async () => {
      const [read, gone, pending] = [this.#documents, this.#gone, this.#pending];
      [this.#documents, this.#gone, this.#pending] = [[], [], []];
      const shared = new Map(read.map(({ page }) => [page, this.#lines.find(page)]));
      if (read.length > 0 || gone.length > 0) {
        const documents = read.map(({ page, document }) => takeOffLines(document, shared.get(page)!));
        await this.#host.apply({ documents, gone: gone.filter((url) => !this.#given.has(url)), isAgain });
      }
      for (const [page, lines] of shared) this.#lines.apply(page, lines);
      if (pending.length > 0) await this.#tools.notes.keep(pending.map((note) => this.#withLines(note)));
    }));
  }

  /** A note with what the page's document is without by now. */
  #withLines(note: PageNote): PageNote {
    return note.edges === null ? note : { ...note, shared: this.#lines.appliedTo(note.url) };
  }

  /** Takes off what turned out to be shared when all pages were known, and gives back what is not. */
  async #judgeAgain(): Promise<void> {
    for (const url of this.#lines.stale()) {
      const document = this.#kept.get(url) ?? (await this.#readAgain(url));
      const note = this.#tools.notes.pages.get(url);
      if (document === undefined || note === undefined) continue;
      this.#documents.push({ page: url, document });
      this.#pending.push(note);
      if (this.#documents.length >= batchDocuments) await this.#flush(true);
    }
    await this.#flush(true);
  }

  /** The document of a page that has not changed; undefined where it cannot be had: then it stays as it is. */
  async #readAgain(url: string): Promise<PageDocument | undefined> {
    const answer = await this.#tools.requester.get(url, { maxBytes: maxPageBytes, wants: isPage });
    if (answer.status !== 200 || answer.isTooLarge || !isPage(answer.headers)) return undefined;
    const final = new URL(answer.url);
    const contentType = answer.headers.get("content-type") ?? "";
    const { page, base } = await readPage(answer.bytes, contentType, final, pageAddress(final) !== url);
    return "skipped" in page ? undefined : { ...page.document, url: ownAddress(final, page.canonical, base) };
  }
}

function conditions({ etag, lastModified }: PageNote): Record<string, string> {
  return {
    ...(etag === "" ? {} : { "if-none-match": etag }),
    ...(lastModified === "" ? {} : { "if-modified-since": lastModified }),
  };
}

function isPage(headers: Headers): boolean {
  return /^\s*(?:text\/html|application\/xhtml\+xml)\b/i.test(headers.get("content-type") ?? "");
}

function lengthOf({ sections }: PageDocument): number {
  return sections.reduce((sum, section) => sum + section.text.length, 0);
}
