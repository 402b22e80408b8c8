import { InvalidArgumentError, StorageError } from "../../src/errors.ts";
import type {
  Attributes,
  Fallback,
  Hit,
  LoadedStatus,
  LoadOptions,
  LoadResult,
  QueryAnswer,
  QueryOptions,
  Status,
} from "../../src/types.ts";
import type { FilterableSegment } from "../../src/core/filter/filter-readers.ts";
import type * as FilterPart from "../../src/core/filter/part.ts";
import { countLive } from "../../src/core/pieces/entry.ts";
import { parseQuery } from "../../src/core/lexical/query-terms.ts";
import type { RankedPage } from "../../src/core/retrieval/group.ts";
import type { OutsideTerms } from "../../src/core/retrieval/lexical.ts";
import { reportError } from "../report-error.ts";
import type { Beside } from "../searcher.ts";
import { type Found, type FoundHit, findPassages, preferFoundPhrases, rankFound, readHits } from "./answer-query.ts";
import { LoadedFilter } from "./filter-loaded.ts";
import { keepAll } from "./keep-all.ts";
import { LoadedIndex } from "./loaded-index.ts";
import { PageSorter, type SortedPages } from "./sort-pages.ts";

/** What answers from the documents that were added. */
export interface LocalSearcher {
  query(text: string, options: QueryOptions, beside?: Beside): Promise<QueryAnswer>;
  readers(): Promise<readonly FilterableSegment[]>;
  loadFilter(): Promise<typeof FilterPart>;
  count(text: string): Promise<OutsideTerms>;
}

/** A loaded index with what the app said of it. */
interface Loaded {
  readonly index: LoadedIndex;
  readonly attributes: Attributes;
  keep: LoadedStatus["keep"];
  /** Ends the bringing of all blocks, and what ends with it. */
  readonly stop: AbortController;
  improving: Promise<void>;
  /** Why not all blocks are kept, if so. */
  keepError: unknown;
}

/** Makes room for loaded indexes beside the documents of an engine. */
export function createLoadedIndexes(local: LocalSearcher, onBetterAnswers: () => void): LoadedIndexes {
  return new LoadedIndexes(local, onBetterAnswers);
}

/** Indexes in pieces that one search answers from, together with the documents that were added. */
export class LoadedIndexes {
  readonly #local: LocalSearcher;
  readonly #onBetterAnswers: () => void;
  #loaded: readonly Loaded[] = [];
  readonly #closing: AbortController = new AbortController();

  constructor(local: LocalSearcher, onBetterAnswers: () => void) {
    this.#local = local;
    this.#onBetterAnswers = onBetterAnswers;
  }

  /**
   * Loads the index of an address. What answers by meaning comes in the background. An address that was loaded before is opened
   * anew and takes its place.
   *
   * @param url - absolute.
   * @throws {InvalidArgumentError} `argument/option`; {IndexFormatError} `index/missing`, `index/newer-format`, `index/format`,
   * `index/unreachable`, with the indexes that were loaded before left as they were.
   */
  async load(url: string, options: LoadOptions): Promise<LoadResult> {
    options.signal?.throwIfAborted();
    const folder = toFolder(url);
    const index = await LoadedIndex.open(folder);
    if (options.signal?.aborted === true || this.#closing.signal.aborted) {
      await index.close();
      (options.signal ?? this.#closing.signal).throwIfAborted();
    }
    const { attributes = {} } = options;
    const stop = new AbortController();
    const loaded: Loaded = { index, attributes, keep: "off", keepError: null, stop, improving: Promise.resolve() };
    const before = this.#loaded.find((each) => each.index.url === folder);
    this.#loaded =
      before === undefined ? [...this.#loaded, loaded] : this.#loaded.map((each) => (each === before ? loaded : each));
    void before?.index.close();
    loaded.improving = this.#improve(loaded, options);
    return describe(index);
  }

  async #improve(loaded: Loaded, { keep, onProgress }: LoadOptions): Promise<void> {
    const { index } = loaded;
    const meaning = await index.attempt(() => index.loadMeaning());
    if (meaning && !this.#closing.signal.aborted) this.#onBetterAnswers();
    const { signal } = loaded.stop;
    if (keep !== true || signal.aborted) return;
    loaded.keep = "keeping";
    try {
      const either = AbortSignal.any([this.#closing.signal, signal]);
      await keepAll(index, either, (done, total) => onProgress?.({ phase: "keep", done, total }));
      loaded.keep = "kept";
    } catch (error) {
      loaded.keep = signal.aborted ? "off" : "failed";
      if (!signal.aborted) loaded.keepError = error;
    }
  }

  /**
   * Answers from all loaded indexes and the documents that were added, in one list. An index that was built anew since is opened
   * again, once.
   *
   * @throws {InvalidArgumentError} for a bad option.
   */
  async query(text: string, options: QueryOptions): Promise<QueryAnswer> {
    const { limit = defaultLimit, mode } = options;
    // Why: it checks the options, and costs little.
    const empty = await this.#local.query("", mode === undefined ? { limit } : { limit, mode });
    if (typeof text !== "string") return this.#local.query(text, options);
    const answer = await this.#answer(text, options, empty);
    const reopened = await this.#reopenChanged();
    return reopened ? this.#answer(text, options, empty) : answer;
  }

  async #answer(text: string, options: QueryOptions, empty: QueryAnswer): Promise<QueryAnswer> {
    const started = performance.now();
    const { limit = defaultLimit, signal, where, facets, sort } = options;
    const loaded = this.#loaded;
    const isFiltered = (where ?? facets ?? sort ?? null) !== null;
    const hasText = parseQuery(text).terms.length > 0;
    const filter = isFiltered
      ? await LoadedFilter.read(await this.#local.loadFilter(), loaded, options, hasText)
      : null;
    const filtered = filter?.filterIndexes(await this.#local.readers());
    const outside = await this.#local.count(text);
    const indexes = loaded.map(({ index }) => index);
    const found = await findPassages(indexes, text, {
      mode: options.mode,
      outside,
      allowed: filtered?.allowed ?? null,
    });
    signal?.throwIfAborted();
    const reach = found.reach;
    let own = 0;
    const rank = async (): Promise<readonly RankedPage[]> =>
      preferFoundPhrases(found, await rankFound(found, reach, limit), limit, own);
    const sorter = filter?.isSorted === true ? new PageSorter({ filter, indexes, limit, rank }) : null;
    const local =
      outside.passages > 0
        ? await this.#local.query(text, options, {
            passages: found.passages,
            frequencies: found.frequencies,
            reach,
            filter: filter && ((readers) => filter.filterReaders(readers, sorter)),
            highest: async (highest) => {
              own = highest;
              return Math.max(own, (await rankFound(found, reach, limit))[0]?.score ?? 0);
            },
          })
        : empty;
    if (outside.passages === 0) await sorter?.arrange([], [], hasText);
    const pages = sorter === null ? await rank() : [];
    const ranked = performance.now();
    const hits = await (sorter === null
      ? this.#mix(found, pages.slice(0, limit), local.hits, loaded)
      : this.#readSorted(found, sorter.sorted, local.hits, loaded));
    signal?.throwIfAborted();
    const ended = performance.now();
    return {
      hits: hits.slice(0, limit),
      total: sorter?.sorted.total ?? pages.length + local.total,
      mode: found.mode === "words" ? local.mode : found.mode,
      tier: found.mode === "words" ? local.tier : "instant",
      facets: filtered?.facets ?? {},
      truncated: found.truncated || local.truncated,
      timings: {
        embedMs: found.embedMs + local.timings.embedMs,
        retrieveMs: ranked - started - found.embedMs - local.timings.embedMs,
        excerptMs: ended - ranked,
        totalMs: ended - started,
      },
    };
  }

  /** Hits of both, best first. A page that was added counts instead of one of the same address that is loaded. */
  async #mix(
    found: Found,
    pages: readonly RankedPage[],
    local: readonly Hit[],
    loaded: readonly Loaded[],
  ): Promise<Hit[]> {
    // Why cut: of as many pages as wanted, those that are worse than so many that were added are not shown, nor read.
    const least = local[pages.length - 1]?.score ?? -Infinity;
    const read = await readHits(
      found,
      pages.filter(({ score }) => score >= least),
    );
    return [...local, ...withoutAdded(read, local, loaded)].sort((a, b) => b.score - a.score);
  }

  /** Hits of both in the order of their pages. @param local - hits of the added ones, in that order. */
  async #readSorted(
    found: Found,
    { shown }: SortedPages,
    local: readonly Hit[],
    loaded: readonly Loaded[],
  ): Promise<Hit[]> {
    let next = 0;
    const places = shown.map(({ page, isLoaded }) => (isLoaded ? page : local[next++]));
    const hits = await Promise.all(
      places.map(async (place) => {
        if (place === undefined) return [];
        if (!("segment" in place)) return [place];
        return withoutAdded(await readHits(found, [place]), local, loaded);
      }),
    );
    return hits.flat();
  }

  /** Opens indexes anew whose blocks are gone from the host because it has others now. @returns whether there were any. */
  async #reopenChanged(): Promise<boolean> {
    let changed = false;
    for (const loaded of this.#loaded) {
      const { index } = loaded;
      if (![...index.failures.values()].some(({ code }) => code === "index/missing-block") || index.isChecked) continue;
      index.isChecked = true;
      const fresh = await index.attempt(() => LoadedIndex.open(index.url));
      if (fresh === undefined) continue;
      if (fresh.entry.words === index.entry.words && fresh.entry.meaning === index.entry.meaning) {
        await fresh.close();
        continue;
      }
      await fresh.attempt(() => fresh.loadMeaning());
      this.#loaded = this.#loaded.map((each) => (each === loaded ? { ...loaded, index: fresh } : each));
      void index.close();
      changed = true;
    }
    return changed;
  }

  /** What `status()` says of an engine that has loaded indexes. */
  extendStatus(status: Status): Status {
    const loaded = this.#loaded.map(describeStatus);
    const isInstant = status.tier === "words" && loaded.some(({ tier }) => tier === "instant");
    return {
      ...status,
      tier: isInstant ? "instant" : status.tier,
      fallbacks: [...status.fallbacks, ...this.#loaded.flatMap(listFallbacks)],
      loaded,
    };
  }

  /**
   * Gives back the room that blocks take in the browser's storage. The indexes go on answering; what is being brought by `keep`
   * is brought no further.
   */
  async clear(): Promise<void> {
    await Promise.all(
      this.#loaded.map(async (loaded) => {
        loaded.stop.abort();
        await loaded.improving;
        await loaded.index.clearKept();
        loaded.keep = "off";
      }),
    );
  }

  /** Resolves when what was fetched is kept for later visits, or cannot be. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#loaded.map(({ index }) => index.close()));
  }
}

const defaultLimit = 10;

/** Hits of loaded pages, without those whose address an added page has, with what the app said of their indexes. */
function withoutAdded(read: readonly FoundHit[], added: readonly Hit[], loaded: readonly Loaded[]): Hit[] {
  const urls = new Set(added.map(({ url }) => url));
  return read
    .filter(({ hit }) => !urls.has(hit.url))
    .map(({ hit, segment }) => ({ ...hit, attributes: { ...hit.attributes, ...loaded[segment]!.attributes } }));
}

function toFolder(url: string): string {
  if (!/^https?:/.test(url) || !URL.canParse(url)) {
    throw new InvalidArgumentError(
      "argument/option",
      `\`url\` is ${JSON.stringify(url)}, expected the address of a folder that "inkling build --pieces" wrote, absolute or relative to the page.`,
    );
  }
  const folder = new URL(url);
  folder.hash = folder.search = "";
  if (!folder.pathname.endsWith("/")) folder.pathname += "/";
  return folder.href;
}

function describe({ url, entry }: LoadedIndex): LoadResult {
  const { blocks, bytes, model } = entry;
  return { url, ...countLive(entry), blocks, bytes, model: model?.id ?? "" };
}

function describeStatus({ index, keep }: Loaded): LoadedStatus {
  const { requests, bytes } = index.fetcher.counts;
  const tier = index.meaning === null ? "words" : "instant";
  return { ...describe(index), tier, requests, fetchedBytes: bytes, offline: index.isOffline, keep };
}

function asStorageError(error: unknown): StorageError {
  const isFull = error instanceof Error && error.name === "QuotaExceededError";
  return new StorageError(
    isFull ? "storage/quota" : "storage/unavailable",
    `Blocks of the loaded index are not kept for the next visit: ${String(error)}. ${isFull ? "Free storage of this site." : "Private windows and blocked storage do that."}`,
  );
}

function listFallbacks({ index, keepError }: Loaded): Fallback[] {
  const fallbacks: Fallback[] = [];
  for (const error of index.failures.values())
    fallbacks.push({ feature: "index", instead: "the other blocks of the loaded index", error: reportError(error) });
  const error = index.fetcher.keepError ?? keepError;
  if (error !== null) {
    fallbacks.push({
      feature: "storage",
      instead: "memory, until the page is closed, for blocks of the loaded index",
      error: reportError(asStorageError(error)),
    });
  }
  return fallbacks;
}
