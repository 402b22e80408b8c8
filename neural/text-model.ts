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
   * @returns Float32 [rows, width], neither cut nor normalised.
   * @throws {ModelError} `model/output`, `model/session`, `model/device`
   */
  run(
    rows: readonly (readonly number[])[],
    heads: readonly number[],
  ): Promise<{ vectors: Float32Array; width: number }>;
  close(): Promise<void>;
}
