import type { ErrorDetails, SearchErrorCode } from "./errors.ts";

/** One value of an attribute. */
export type AttributeScalar = string | number | boolean;

/** A value a document may carry along with its text. */
export type AttributeValue = string | number | boolean | readonly string[] | readonly number[];

/** Named values of a document, returned with its hits. Ranking reads one of them: `weight`, what the page's score is multiplied by. */
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** A part of a document under one heading. */
export interface Section {
  /** Text of the heading, without markup. Empty or absent before the first heading. */
  readonly heading?: string;
  /** 1 to 6, as in `h1` to `h6`. Default 2. Levels may be skipped. */
  readonly level?: number;
  /** The `id` to scroll to, without `#`. Absent where the section has none. */
  readonly anchor?: string;
  /** How much this part counts: what its score is multiplied by, 0 to 10. Default 1. */
  readonly weight?: number;
  /** BCP 47 tag of this part, where it is in another language than the document. */
  readonly lang?: string;
  /** Plain text. Passage offsets are UTF-16 code units of this string. */
  readonly text: string;
}

interface DocumentBase {
  /** Identifies the document: adding a url again replaces what was there. Any non-empty string. */
  readonly url: string;
  readonly title?: string;
  /** BCP 47 language tag. Absent or unknown: matching goes on without language rules. */
  readonly lang?: string;
  readonly attributes?: Attributes;
}

/** One page or article: plain `text`, or `sections` under headings. */
export type Document = DocumentBase &
  (
    | { readonly text: string; readonly sections?: never }
    | { readonly sections: readonly Section[]; readonly text?: never }
  );

/** `words` ranks by BM25F, `dense` by embeddings, `hybrid` by both. */
export type SearchMode = "words" | "dense" | "hybrid";

/** What answered: words only, or words together with the built-in instant model, or with the model given to `createSearch`. */
export type Tier = "words" | "instant" | "neural";

/** Half-open `[start, end)` in UTF-16 code units. */
export type TextRange = readonly [start: number, end: number];

/** A place inside a page that answers the query. */
export interface HitPassage {
  /** Heading of the section, or `""` before the first heading. */
  readonly section: string;
  /** Headings from the outermost to `section`; the page title is not among them. */
  readonly path: readonly string[];
  /** `id` of the nearest heading that has one, or `""`. */
  readonly anchor: string;
  /** Text of the document, verbatim, cut at word boundaries; never markup. */
  readonly excerpt: string;
  /** BCP 47 tag of the text: of its section, or else of the document. Absent where neither has one. */
  readonly lang?: string;
  /** Words of the query within `excerpt`, sorted, without overlap. */
  readonly ranges: readonly TextRange[];
  /** Higher is better; comparable within one answer only. */
  readonly score: number;
}

/** A page that answers the query, with its best passages. */
export interface Hit {
  readonly url: string;
  readonly title: string;
  readonly score: number;
  readonly attributes: Attributes;
  /** Best first, at least one. */
  readonly passages: readonly HitPassage[];
}

/** Milliseconds spent in the worker. */
export interface QueryTimings {
  readonly embedMs: number;
  readonly retrieveMs: number;
  readonly excerptMs: number;
  readonly totalMs: number;
}

/** What the values of an attribute must be: one of a list, within a range, or both. Dates are ISO 8601 texts. */
export interface AttributeCondition {
  readonly in?: readonly AttributeScalar[];
  readonly gt?: number | string;
  readonly gte?: number | string;
  readonly lt?: number | string;
  readonly lte?: number | string;
}

/**
 * Conditions on attributes, all of which must hold: `{ lang: "en", price: { lt: 20 } }`. `url`, `title` and `lang` of a document
 * are attributes, too. `and` and `or` take lists of such objects, `not` takes one.
 */
export type Where = {
  readonly and?: readonly Where[];
  readonly or?: readonly Where[];
  readonly not?: Where;
} & {
  // Why no undefined here: a value that is missing by mistake must not widen the search.
  readonly [attribute: string]: AttributeScalar | AttributeCondition | Where | readonly Where[];
};

/** How many of the documents that match `where` have a value. */
export interface FacetCount {
  readonly value: AttributeScalar;
  readonly count: number;
}

/** For each attribute asked for its values, the most frequent first, 100 at most. */
export type Facets = Readonly<Record<string, readonly FacetCount[]>>;

export interface QueryOptions {
  /** Number of pages wanted, an integer >= 0. Default 10. */
  readonly limit?: number;
  /** Default: `hybrid` when the model is ready and passages have vectors, else `words`. */
  readonly mode?: SearchMode;
  /** Only documents for which this holds are searched. */
  readonly where?: Where;
  /** Attributes whose values are counted over all documents that match `where`, whatever the text. */
  readonly facets?: readonly string[];
  /**
   * Attributes to put the pages in order by, the first one first; `score` stands for how well a page answers. Pages that answer
   * less than half as well as the best one are left out then. With an empty text, all documents that match `where` are listed.
   */
  readonly sort?: Readonly<Record<string, "asc" | "desc">>;
  readonly signal?: AbortSignal;
}

export interface QueryAnswer {
  /** Best first; each page once. */
  readonly hits: readonly Hit[];
  /** Pages that were candidates, `>= hits.length`; not all that match: how many are looked at grows with `limit`. */
  readonly total: number;
  /** What ranked this answer. */
  readonly mode: SearchMode;
  readonly tier: Tier;
  /** Counts of the attributes in `facets`; empty where none was asked for. */
  readonly facets: Facets;
  /** True where the query was longer than what is read of it. */
  readonly truncated: boolean;
  readonly timings: QueryTimings;
}

/**
 * Progress of a long call. `done` and `total` count documents in the phases `receive` and `index`, passages in `embed`
 * (vectors made after the words are searchable) and in `upgrade` (vectors of the model that is to take over), bytes in `model`,
 * pages in `crawl`, where `total` grows as more of them are found, blocks in `keep`.
 */
export interface Progress {
  readonly phase: "receive" | "index" | "embed" | "model" | "upgrade" | "crawl" | "keep";
  readonly done: number;
  readonly total: number;
  /** Estimated rest of the phases `embed` and `upgrade` in ms; absent in the others. */
  readonly remainingMs?: number;
}

export interface CallOptions {
  /** Ends the call at once with the signal's reason. What is stored stays; what was just being stored may still come. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

/** Something odd in a document that did not keep it from being indexed. */
export interface AddWarning {
  readonly url: string;
  readonly code: "text/ill-formed" | "text/empty" | "lang/unknown" | "page/skipped";
  readonly message: string;
}

export interface AddResult {
  readonly added: number;
  readonly replaced: number;
  /** Documents that were indexed already, word for word. */
  readonly unchanged: number;
  /** Passages of the added and replaced documents. */
  readonly passages: number;
  /** Passages that went through the model; the others were recognised by their hash. */
  readonly embedded: number;
  /** Passages of the whole index without a vector afterwards, because the model was not available; they answer by words. */
  readonly withoutVector: number;
  readonly warnings: readonly AddWarning[];
}

/** A page of a crawl that is not in the index, or not up to date there, and why. */
export interface SitePage {
  readonly url: string;
  readonly reason: string;
}

/** What a crawl did. */
export interface SiteResult {
  /**
   * `done`: every page that was found was asked for; `limited`: there are more than `limit` allows; `elsewhere`: another tab has
   * crawled the same meanwhile; `withheld`: nothing was asked for, because the visitor saves data.
   */
  readonly state: "done" | "limited" | "elsewhere" | "withheld";
  /** Pages asked for, or known from an interrupted crawl. */
  readonly pages: number;
  readonly added: number;
  readonly replaced: number;
  /** Pages that are in the index as they were. */
  readonly unchanged: number;
  /** Documents of pages that are gone, or ask not to be indexed any more. */
  readonly removed: number;
  /** Pages left out: they ask for it, are no pages of text, or are the same as another. */
  readonly skipped: readonly SitePage[];
  /** Pages that could not be had; what was in the index of them stays. */
  readonly failed: readonly SitePage[];
  /** Requests made, robots.txt and sitemaps among them. */
  readonly requests: number;
}

/** How an index in pieces is loaded. */
export interface LoadOptions {
  /**
   * Brings all of its blocks into the browser's storage in the background: it then works offline, and the host learns nothing of
   * what is looked up. Default false: blocks are fetched, and kept, as queries touch them.
   */
  readonly keep?: boolean;
  /** Added to the attributes of each of its hits, such as a version. */
  readonly attributes?: Attributes;
  /** Blocks that are kept so far, with `keep`; also after the call has ended. */
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** An index in pieces, as its entry file describes it. */
export interface LoadResult {
  /** Absolute address of its folder. */
  readonly url: string;
  readonly documents: number;
  readonly passages: number;
  /** Blocks on the host and their bytes: what `keep` brings. */
  readonly blocks: number;
  readonly bytes: number;
  /** The model that its vectors are of; `""` where words alone answer. */
  readonly model: string;
}

/** A loaded index, and what it took so far. */
export interface LoadedStatus extends LoadResult {
  /** What its answers are by now: by meaning as soon as that part of it is there. */
  readonly tier: Tier;
  /** Requests and bytes of this visit; what was kept before costs none. */
  readonly requests: number;
  readonly fetchedBytes: number;
  /** Whether the host did not answer, so that what is kept is searched. */
  readonly offline: boolean;
  /** `keeping` while all blocks are brought, `kept` when they are there. */
  readonly keep: "off" | "keeping" | "kept" | "failed";
}

/** A passage that a vector is of. */
export interface VectorPassage {
  readonly url: string;
  /** Of its document. */
  readonly title: string;
  /** Heading of its section, or `""`. */
  readonly section: string;
  /** `id` of the nearest heading that has one, or `""`. */
  readonly anchor: string;
  readonly text: string;
}

/** Vectors of passages, for a plot of an index or for finding what is alike in it. */
export interface PassageVectors {
  /** The model that made them; `""` where no model answers. */
  readonly model: string;
  readonly dim: number;
  /** Passages that have a vector, of which these may be a part. */
  readonly total: number;
  readonly passages: readonly VectorPassage[];
  /** [passages, dim], row by row; of length 1 but for the rounding to 8 bits, so that dot products are cosines. */
  readonly vectors: Float32Array;
}

/** Which vectors are wanted. */
export interface VectorsOptions {
  /** Most passages; where there are more, they are spread evenly over the index. An integer >= 0. Default 2,000. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

export interface RemoveResult {
  readonly removed: number;
}

/** An error as plain data, as `status()` reports it. */
export interface ErrorReport {
  readonly name: string;
  readonly code: SearchErrorCode;
  readonly message: string;
  readonly details: ErrorDetails;
}

/** A capability that is replaced by a lesser one. */
export interface Fallback {
  readonly feature: "storage" | "model" | "vectors" | "index" | "scan";
  /** What is used instead, in words. */
  readonly instead: string;
  readonly error: ErrorReport;
}

export interface ModelStatus {
  readonly id: string;
  /** What an answer with its vectors is called. */
  readonly tier: "instant" | "neural";
  /**
   * `waiting`: it is not loaded yet, because others come first; `withheld`: it is not loaded, and `error` says why;
   * `off`: nobody asked for it.
   */
  readonly state: "waiting" | "loading" | "ready" | "failed" | "withheld" | "off";
  readonly revision: string;
  readonly dim: number;
  /** Bytes read of the model's files so far. */
  readonly bytes: number;
  /** What it computes on: `worker` for the built-in instant model, `page` for functions of the app; empty until it is ready. */
  readonly device: "" | "worker" | "wasm" | "webgpu" | "page";
  /** Number type of its weights; empty until it is ready. */
  readonly dtype: string;
  /** Share of meaning in the ranking, 0 to 1; told of models that run outside of the search's worker, once they are ready. */
  readonly denseWeight?: number;
  /** Why another device or number type than asked for is used, in the order tried. */
  readonly fallbacks: readonly ErrorReport[];
  readonly error: ErrorReport | null;
}

/** How far the model given to `createSearch` or `use` has taken over. */
export interface UpgradeStatus {
  readonly model: ModelStatus;
  /** `embedding` while its vectors are made, the earlier ones answer; `done` when it answers. */
  readonly state: "waiting" | "loading" | "embedding" | "done" | "withheld" | "failed";
  /** Passages that have a vector of it, and all of them. */
  readonly done: number;
  readonly total: number;
  /** Estimated rest in ms; null where nothing is left or it cannot be told. */
  readonly remainingMs: number | null;
  /** Why it is withheld or has failed: what was made so far is kept, and used when it goes on. */
  readonly error: ErrorReport | null;
}

export interface Status {
  readonly name: string;
  readonly documents: number;
  readonly passages: number;
  /** Passages that still wait for a vector of the model that answers. */
  readonly withoutVector: number;
  readonly segments: number;
  /** Grows by one with every change of the index. */
  readonly generation: number;
  /** Bytes of the stored blocks. */
  readonly bytes: number;
  readonly tier: Tier;
  readonly storage: {
    /** `indexeddb`, `memory`, or `files` in Node. */
    readonly driver: string;
    /** Whether what is stored outlives the page. */
    readonly persistent: boolean;
    /** Whether the browser has agreed not to delete it when the disk fills up; null where no browser can be asked. */
    readonly persisted: boolean | null;
  };
  /** The built-in instant model. */
  readonly model: ModelStatus;
  /** The model that is to take over or has; null where there is only the built-in one. */
  readonly upgrade: UpgradeStatus | null;
  /** Indexes in pieces, in the order in which they were loaded. */
  readonly loaded: readonly LoadedStatus[];
  readonly fallbacks: readonly Fallback[];
}
