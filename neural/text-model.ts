import type { Span } from "./passes.ts";
import type { Tokenizer } from "./windows.ts";

/** Ids of some texts as vectors: what the embedder needs of a runtime. */
export interface TextModel {
  readonly tokenizer: Tokenizer;
  /** Numbers in a vector; known after the first run at the latest. */
  readonly dim: number | null;
  /**
   * Runs one batch.
   *
   * @param rows - ids of each text, not padded; of different lengths.
   * @param heads - [rows] leading ids that belong to prompt and special tokens.
   * @param spans - [rows] where given for a row, it gets a vector for each of them, the mean of its tokens there, in place of one.
   * @returns Float32 [rows, width], neither cut nor normalised; with spans one after the other.
   * @throws {ModelError} `model/output`, `model/session`, `model/device`
   */
  run(
    rows: readonly (readonly number[])[],
    heads: readonly number[],
    spans?: readonly (readonly Span[] | null)[],
  ): Promise<{ vectors: Float32Array; width: number }>;
  close(): Promise<void>;
}
