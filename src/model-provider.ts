import type { ErrorReport } from "./types.ts";

/** What a running model is, and what it runs on. */
export interface EmbedderDescription {
  /** With `revision` and `dim`: names every vector the model makes. Vectors of different names never meet. */
  readonly id: string;
  readonly revision: string;
  /** Numbers in a vector. */
  readonly dim: number;
  /** Share of the dense score in fusion, 0 to 1; the rest is the words'. */
  readonly denseWeight: number;
  /** `page` for functions of the app, wherever they compute. */
  readonly device: "wasm" | "webgpu" | "page";
  /** Number type of the weights that run: `fp32`, `q8`, ... */
  readonly dtype: string;
  /** Bytes read so far, model and runtime. */
  readonly bytes: number;
  /**
   * Whether a passage's vector depends on the other passages of its document. They are then given together and in their
   * order, also those that have a vector already. Default false.
   */
  readonly isContextual?: boolean;
  /** Why another device or dtype than asked for is used, in the order tried. */
  readonly fallbacks: readonly ErrorReport[];
}

/** Vectors of some texts, in their order. */
export interface EmbeddedTexts {
  /** Float32 [texts, dim], rows of length 1; a zero row where the model knows nothing of the text. */
  readonly vectors: Float32Array;
  /** Float32 [texts], 0 to 1: how much of each text the model knows. */
  readonly coverage: Float32Array;
  /** Uint8 [texts]: 1 where a text was longer than what was read of it. */
  readonly truncated: Uint8Array;
}

/** The embedder at the other end of a `MessagePort`, exposed by Comlink with the error transfer of `src/protocol.ts`. */
export interface EmbedderApi {
  /** @throws {ModelError} when the model could not be started. */
  describe(): Promise<EmbedderDescription>;
  /**
   * Embeds texts; queries overtake documents that wait.
   *
   * @param titles - of the documents that the texts are from, one for each; a text begins with it, on a line of its own.
   * @param documents - a number for the document of each text; those of one document stand together.
   * @throws {ModelError} when the model failed.
   */
  embed(
    texts: readonly string[],
    kind: "query" | "document",
    titles?: readonly string[],
    documents?: readonly number[],
  ): Promise<EmbeddedTexts>;
  close(): Promise<void>;
}

/** A model that `createSearch` can use; made by `neural()`, by `fromFunction()`, or by an app. */
export interface ModelProvider {
  /** Names the model before it runs; its `describe()` says the same. */
  readonly id: string;
  /** What an answer with its vectors is called. */
  readonly tier: "instant" | "neural";
  /**
   * Starts the model.
   *
   * @param options - `onBytes` is told of the download, both in bytes; `total` is 0 where it is unknown.
   * @returns a port with an {@link EmbedderApi} on it.
   * @throws {ModelError} when it cannot be started, the signal's reason when it was aborted.
   */
  start(options: {
    readonly signal: AbortSignal;
    readonly onBytes: (done: number, total: number) => void;
  }): Promise<MessagePort>;
  /** Ends it and frees its memory; it may be started again. */
  stop(): Promise<void>;
}

/** Texts to vectors, one for each and all of the same number of dims; they need not have length 1. */
export type EmbedFunction = (
  texts: readonly string[],
  kind: "query" | "document",
) => Promise<Float32Array | readonly ArrayLike<number>[]> | Float32Array | readonly ArrayLike<number>[];

/** What a function cannot tell by itself. */
export interface FunctionOptions {
  /** Names the vectors in the stored index. Default `"function"`. */
  readonly id?: string;
  /** Changes whenever the vectors do: stored ones of another revision are made anew. Default: told by the vector of a fixed text. */
  readonly revision?: string;
  /** Default: told by the vector of a fixed text. */
  readonly dim?: number;
  /** Share of meaning in the ranking, 0 to 1; the rest is the words'. Default 0.5. */
  readonly denseWeight?: number;
  /** Default `neural`. */
  readonly tier?: "instant" | "neural";
}
