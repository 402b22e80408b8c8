import type { Manifest } from "../src/core/segment/manifest.ts";
import type { EmbedderDescription } from "../src/protocol.ts";

/** What an index must know of the model that wrote its vectors. Two vectors may meet only if all of it is equal. */
export interface ModelFingerprint {
  readonly id: string;
  /** Hash of the weights. */
  readonly revision: string;
  readonly dim: number;
}

/** Text to unit vectors. */
export interface Embedder {
  readonly fingerprint: ModelFingerprint;
  /** Share of the dense score in fusion, 0 to 1; belongs to the model and comes from its config. */
  readonly denseWeight: number;
  /** Whether it is to be given all passages of a document together, for each depends on the others. */
  readonly isContextual?: boolean;
  /**
   * Embeds documents' passages.
   *
   * @param titles - of the documents that they are from, one for each; a text begins with it, on a line of its own.
   * @param documents - a number for the document of each; those of one document stand together, in their order.
   * @returns [texts.length, dim] row-major, L2 norm 1; a text that the model knows too little of gives a zero row.
   */
  embed(texts: readonly string[], titles?: readonly string[], documents?: readonly number[]): Promise<Float32Array>;
  /**
   * Embeds a query.
   *
   * @returns the vector [dim], the share of the text that the model knows (0 to 1), and whether the text was cut.
   */
  embedQuery(text: string): Promise<{ vector: Float32Array; coverage: number; truncated: boolean }>;
  /** What it runs on, where that is another thread than the engine's. */
  running?(): EmbedderDescription;
  close(): Promise<void>;
}

/** Receives `done` of `total` bytes. */
export type OnBytes = (done: number, total: number) => void;

/** What changes in one step: all of it becomes visible, or none. */
export interface Commit {
  /** Generation the change was prepared against; `0` where no manifest exists yet. */
  readonly expectedGeneration: number;
  /** Its generation must be `expectedGeneration + 1`. */
  readonly manifest: Manifest;
  /** Blocks the new manifest names and the old one did not. */
  readonly put: ReadonlyMap<string, Uint8Array>;
  /** Blocks no longer named. A name never stands in `put` and in `remove`. */
  readonly remove: readonly string[];
}

/**
 * Where blocks live. A driver stores named immutable byte arrays and one manifest, nothing else.
 * Drivers throw StorageError (`storage/unavailable`, `storage/quota`, `storage/failed`) and never SearchError's other classes.
 */
export interface BlockStore {
  /** Short name for `status()`: `memory`, `indexeddb`, `files`. */
  readonly driver: string;
  /** Whether blocks outlive the process or tab. */
  readonly persistent: boolean;
  /** Whether a browser has agreed not to delete the blocks when the disk fills up; absent where none could. */
  isPersisted?(): Promise<boolean | null>;
  /** The stored manifest as parsed JSON, unchecked; `undefined` in a new store. */
  readManifest(): Promise<unknown>;
  /** Bytes of a block, owned by the caller; `undefined` where there is none. Order of results follows `names`. */
  readBlocks(names: readonly string[]): Promise<(Uint8Array | undefined)[]>;
  /**
   * Puts blocks and swaps the manifest by compare-and-swap of its generation, in one transaction.
   *
   * @returns false, with nothing changed, if the stored generation is not `expectedGeneration`.
   */
  commit(change: Commit): Promise<boolean>;
  /** Removes every block and the manifest. */
  clear(): Promise<void>;
  /** Calls back when another connection has committed or cleared. Returns the unsubscribe function. Memory stores never call. */
  onChange(listener: () => void): () => void;
  /**
   * Runs a task while no other connection runs one, as far as that can be known. Nothing depends on it: it spares work that
   * would be done twice. Absent where there are no others.
   *
   * @param hasMoved - asked while it waits: whether the others' task has got on. If not, this one runs beside it.
   */
  runAlone?<Result>(
    task: () => Promise<Result>,
    signal: AbortSignal,
    hasMoved: () => Promise<boolean>,
  ): Promise<Result>;
  /** Releases the connection; later calls reopen it or throw StorageError. */
  close(): Promise<void>;
}
