import { createEmbeddingTable, type EmbeddingTable } from "../src/core/model/embedding-table.ts";
import { parseSafetensors, readNumbers, type Tensor } from "../src/core/model/safetensors.ts";
import { ModelError } from "../src/errors.ts";
import type { TextModel } from "./text-model.ts";
import type { Tokenizer } from "./windows.ts";

/**
 * A table of token vectors, as Model2Vec writes it: the mean of the rows of a text's known tokens, without special tokens.
 *
 * Tensors: `embeddings` [rows, dim]; optional `weights` [ids], a factor per token; optional `mapping` [ids], the row of each
 * token where several share one.
 */
export class StaticModel implements TextModel {
  readonly tokenizer: Tokenizer;
  readonly dim: number;
  readonly #table: EmbeddingTable;
  readonly #weights: Float32Array | null;
  readonly #rows: BigInt64Array | null;
  readonly #url: string;

  /** @throws {ModelError} `model/format`, `model/truncated` */
  constructor(tokenizer: Tokenizer, file: Uint8Array, url: string) {
    const tensors = parseSafetensors(file, (bytes) => new TextDecoder().decode(bytes));
    this.#table = createEmbeddingTable(tensors);
    this.#weights = readWeights(tensors.get("weights"));
    this.#rows = readRows(tensors.get("mapping"));
    this.#url = url;
    this.dim = this.#table.dim;
    this.tokenizer = { ...tokenizer, encode: (text) => tokenizer.encode(text, false) };
  }

  async run(rows: readonly (readonly number[])[]): Promise<{ vectors: Float32Array; width: number }> {
    const vectors = new Float32Array(rows.length * this.dim);
    rows.forEach((ids, at) => vectors.set(this.#embed(ids), at * this.dim));
    return { vectors, width: this.dim };
  }

  async close(): Promise<void> {}

  #embed(ids: readonly number[]): Float32Array {
    const sum = new Float64Array(this.dim);
    const known = ids.filter((id) => id !== this.tokenizer.unknownId);
    for (const id of known) {
      const row = this.#rows === null ? id : Number(this.#rows[id] ?? -1);
      if (!(row >= 0 && row < this.#table.rows)) throw this.#withoutRow(id);
      this.#table.addRow(row, sum, this.#weights?.[id] ?? 1);
    }
    return Float32Array.from(sum, (value) => value / Math.max(1, known.length));
  }

  #withoutRow(id: number): ModelError {
    return new ModelError(
      "model/format",
      `The tokenizer gives the id ${id}; the table at ${this.#url} has ${this.#table.rows} rows and none for it. Tokenizer ` +
        `and table do not belong together: use the files of one release.`,
      { url: this.#url, id, rows: this.#table.rows },
    );
  }
}

function readWeights(tensor: Tensor | undefined): Float32Array | null {
  return tensor === undefined ? null : Float32Array.from(readNumbers(tensor));
}

function readRows(tensor: Tensor | undefined): BigInt64Array | null {
  if (tensor === undefined) return null;
  if (tensor.dtype === "I64") return new BigInt64Array(tensor.bytes.slice().buffer);
  throw new ModelError("model/format", `The tensor "mapping" is of dtype ${tensor.dtype}; expected I64.`, {
    dtype: tensor.dtype,
  });
}
