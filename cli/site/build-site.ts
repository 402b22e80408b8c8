import { createHash } from "node:crypto";
import { takeOffLines } from "../../src/extract/boilerplate.ts";
import type { PageDocument } from "../../src/extract/extract-page.ts";
import type { AddResult, AddWarning, Status } from "../../src/types.ts";
import type { Engine } from "../../worker/engine.ts";
import { maxSegments, segmentOf } from "../segments/settle-index.ts";
import type { BuildCache, CachedPage } from "./build-cache.ts";
import { type Enrich, enrichDocument } from "./enrich.ts";
import { type ChosenPage, choosePages, type SkippedPageOf } from "./choose-pages.ts";
import { compareCodeUnits } from "./list-pages.ts";
import type { PagePool } from "./page-pool.ts";
import type { UrlOf } from "./page-urls.ts";
import type { FileStamps } from "./file-stamps.ts";
import { type PageFacts, textLength } from "./read-page.ts";

/** What a build did. */
export interface BuildReport extends Omit<AddResult, "withoutVector" | "warnings"> {
  /** Pages found in the folder. */
  readonly pages: number;
  /** Pages whose content was parsed; the others were known by their bytes. */
  readonly parsed: number;
  /** Pages that were in the index and are not any more. */
  readonly removed: number;
  readonly skipped: readonly SkippedPageOf[];
  readonly warnings: readonly Pick<AddWarning, "url" | "message">[];
  /** Milliseconds for reading and parsing, and for everything after. */
  readonly readMs: number;
  readonly indexMs: number;
  /** The index afterwards. */
  readonly status: Status;
  /** For the next build; its generation is that of the index before. */
  readonly cache: BuildCache;
}

/** What a build works with. */
export interface BuildOptions {
  readonly engine: Engine;
  readonly pool: PagePool;
  /** Pages as `listPages` gives them. */
  readonly paths: readonly string[];
  /** Urls that are in the index now. */
  readonly storedUrls: readonly string[];
  readonly cache: BuildCache;
  /** Generation of the index now. */
  readonly generation: number;
  /** Tells which files are as they were, without reading them. */
  readonly stamps: FileStamps;
  readonly urlOf: UrlOf;
  /** Called for each passage of a new or changed page. */
  readonly enrich?: Enrich | undefined;
  readonly onProgress?: (phase: "read" | "index", done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Pages and characters added in one call: enough for large segments, little enough for any machine's memory. */
const slicePages = 1000;
const sliceCharacters = 8_000_000;

/** Characters of documents that are kept while all pages are looked at; more are read again when their turn comes. */
const keptCharacters = 300_000_000;

/**
 * Brings an index up to date with the pages of a folder: new and changed ones are added, those gone are removed. A page
 * whose bytes, and what it shares with others, are as they were is neither parsed nor embedded.
 */
export async function buildSite(options: BuildOptions): Promise<BuildReport> {
  const started = performance.now();
  const scan = await scanPages(options);
  const scanned = performance.now();
  const choice = choosePages(scan.facts, options.urlOf);
  const indexing = await indexPages(options, scan, choice.pages);
  const wanted = new Set(choice.pages.map(({ url }) => url));
  const { removed } = await options.engine.remove(options.storedUrls.filter((url) => !wanted.has(url)));
  return {
    ...indexing.result,
    pages: options.paths.length,
    parsed: scan.parsed,
    removed,
    skipped: choice.skipped,
    warnings: [...choice.warnings, ...indexing.result.warnings],
    readMs: scanned - started,
    indexMs: performance.now() - scanned,
    status: await options.engine.status(),
    cache: { generation: options.generation, pages: cachePages(scan, indexing.keys) },
  };
}

interface Scan {
  readonly hashes: ReadonlyMap<string, string>;
  readonly facts: ReadonlyMap<string, PageFacts>;
  /** Documents of pages that were parsed, as far as there is room for them. */
  readonly documents: Map<string, PageDocument>;
  readonly parsed: number;
}

/** Pages read in one go while scanning: between two of them a cancelled build ends. */
const scanSlice = 2000;

async function scanPages({ pool, paths, cache, stamps, onProgress, signal }: BuildOptions): Promise<Scan> {
  const hashes = new Map<string, string>();
  const facts = new Map<string, PageFacts>();
  const documents = new Map<string, PageDocument>();
  let characters = 0;
  let parsed = 0;
  let done = 0;
  for (let start = 0; start < paths.length; start += scanSlice) {
    signal?.throwIfAborted();
    const slice = paths.slice(start, start + scanSlice);
    const unread = slice.filter((path) => {
      const known = cache.pages.get(path)?.hash;
      const isSame = known !== undefined && stamps.hashOf(path) === known;
      if (isSame) hashes.set(path, known);
      if (isSame) facts.set(path, cache.pages.get(path)!.facts);
      return !isSame;
    });
    onProgress?.("read", (done += slice.length - unread.length), paths.length);
    const requests = unread.map((path) => ({ path, knownHash: cache.pages.get(path)?.hash }));
    const answers = await pool.read(requests, (count) => onProgress?.("read", (done += count), paths.length));
    for (const [i, { hash, facts: found, document }] of answers.entries()) {
      const path = unread[i]!;
      stamps.note(path, hash);
      hashes.set(path, hash);
      facts.set(path, found ?? cache.pages.get(path)!.facts);
      if (found !== undefined) parsed++;
      if (document === undefined || characters > keptCharacters) continue;
      characters += textLength(document);
      documents.set(path, document);
    }
  }
  // Why put in order again: what is decided over all pages is to depend on which they are, and not on which were read.
  return { hashes, facts: new Map(paths.map((path) => [path, facts.get(path)!])), documents, parsed };
}

interface Indexing {
  readonly result: Omit<AddResult, "withoutVector">;
  /** Path -> all that decided on its document. */
  readonly keys: ReadonlyMap<string, string>;
}

async function indexPages(options: BuildOptions, scan: Scan, pages: readonly ChosenPage[]): Promise<Indexing> {
  const { engine, cache, onProgress } = options;
  const stored = new Set(options.storedUrls);
  const isCurrent = cache.generation === options.generation;
  const keys = new Map<string, string>();
  const changed = pages.filter((page) => {
    const key = keyOf(page, scan.hashes.get(page.path)!);
    keys.set(page.path, key);
    return !(isCurrent && stored.has(page.url) && cache.pages.get(page.path)?.key === key);
  });
  const results: AddResult[] = [];
  let done = 0;
  const before = pages.length - changed.length;
  for await (const documents of readSlices(options, scan, orderBySegment(changed))) {
    results.push(
      await engine.add(documents, {
        ...(options.signal === undefined ? {} : { signal: options.signal }),
        onProgress: (progress) => {
          const share = progress.total === 0 ? 1 : progress.done / progress.total;
          onProgress?.("index", before + done + Math.round(documents.length * share), pages.length);
        },
      }),
    );
    done += documents.length;
  }
  // Why also with nothing: vectors that another model made are made anew.
  if (results.length === 0) results.push(await engine.add([]));
  const result = sumResults(results);
  return { result: { ...result, unchanged: result.unchanged + before }, keys };
}

/** Why: what the engine writes together is then what `settleIndex` puts together, which has fewer segments to read for each. */
function orderBySegment(pages: readonly ChosenPage[]): ChosenPage[] {
  const segments = new Map(pages.map((page) => [page, segmentOf(page.url, maxSegments)]));
  return pages.toSorted((a, b) => segments.get(a)! - segments.get(b)! || compareCodeUnits(a.url, b.url));
}

function keyOf({ url, shared }: ChosenPage, hash: string): string {
  return createHash("sha256")
    .update(JSON.stringify([hash, url, shared.head, shared.tail]))
    .digest("hex")
    .slice(0, 16);
}

/** Documents as they go into the index, those of a segment together; those that were not kept, or never parsed, are read now. */
async function* readSlices(
  { pool, signal, enrich }: BuildOptions,
  scan: Scan,
  pages: readonly ChosenPage[],
): AsyncGenerator<PageDocument[]> {
  let documents: PageDocument[] = [];
  let characters = 0;
  for (let start = 0; start < pages.length; start += slicePages) {
    signal?.throwIfAborted();
    const slice = pages.slice(start, start + slicePages);
    const missing = slice.filter(({ path }) => !scan.documents.has(path));
    const answers = await pool.read(missing.map(({ path }) => ({ path })));
    missing.forEach(({ path }, i) => {
      const { document, hash } = answers[i]!;
      // Why compared: a file that changes under the build is taken as it was when all pages were looked at, or next time.
      if (document !== undefined && hash === scan.hashes.get(path)) scan.documents.set(path, document);
    });
    for (const { path, url, shared } of slice) {
      const document = scan.documents.get(path);
      scan.documents.delete(path);
      if (document === undefined) continue;
      const placed = { ...takeOffLines(document, shared), url };
      documents.push(enrich === undefined ? placed : await enrichDocument(placed, enrich));
      characters += textLength(document);
      if (documents.length < slicePages && characters < sliceCharacters) continue;
      yield documents;
      documents = [];
      characters = 0;
    }
  }
  if (documents.length > 0) yield documents;
}

function cachePages({ hashes, facts }: Scan, keys: ReadonlyMap<string, string>): Map<string, CachedPage> {
  const pages = new Map<string, CachedPage>();
  for (const [path, found] of facts) {
    const hash = hashes.get(path)!;
    // Why not the unreadable ones: they may be readable next time, with the same bytes.
    if (hash !== "") pages.set(path, { hash, facts: found, key: keys.get(path) ?? "" });
  }
  return pages;
}

function sumResults(results: readonly AddResult[]): Omit<AddResult, "withoutVector"> {
  const sum = (count: (result: AddResult) => number): number =>
    results.reduce((total, result) => total + count(result), 0);
  return {
    added: sum((result) => result.added),
    replaced: sum((result) => result.replaced),
    unchanged: sum((result) => result.unchanged),
    passages: sum((result) => result.passages),
    embedded: sum((result) => result.embedded),
    warnings: results.flatMap((result): readonly AddWarning[] => result.warnings),
  };
}
