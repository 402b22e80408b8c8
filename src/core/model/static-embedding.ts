import type { EmbeddingTable } from "./embedding-table.ts";

/** Token ids to a unit vector. */
export interface StaticEmbedding {
  readonly dim: number;
  /**
   * Writes the vector of the tokens to `into` at `offset`: the weighted sum of their rows at length 1, zeros where
   * nothing is left to add up. O(ids.length * dim).
   */
  embed(ids: Int32Array, into: Float32Array, offset: number): void;
}

/** Below this a sum counts as zero; the same as in the reference. */
const SHORTEST = 1e-12;

/**
 * A static embedding over a table. Rows carry their token's weight, so that the sum is the weighted mean up to length.
 *
 * @param dim - the leading numbers to keep; Matryoshka training makes prefixes vectors of their own.
 * @param silentIds - tokens that add nothing: unknown and special ones.
 * @param frequencyPower - a token that stands n times counts n^power, > 0; 1 counts each of them in full, less lets
 * repeats fade, as saturation does in BM25.
 */
export function createStaticEmbedding(
  table: EmbeddingTable,
  dim: number,
  silentIds: ReadonlySet<number>,
  frequencyPower = 1,
): StaticEmbedding {
  // Why even: rows of 4-bit codes are decoded two numbers at a time.
  const sum = new Float64Array(Math.min(table.dim, dim + (dim % 2)));
  return {
    dim,
    embed(ids, into, offset) {
      sum.fill(0);
      forEachRun(ids.slice().sort(), (id, count) => {
        if (!silentIds.has(id)) table.addRow(id, sum, count ** frequencyPower);
      });
      writeUnit(sum, dim, into, offset);
    },
  };
}

/** Calls back for each different value of a sorted list, with how often it stands there. */
function forEachRun(sorted: Int32Array, onRun: (value: number, count: number) => void): void {
  let start = 0;
  for (let at = 1; at <= sorted.length; at++) {
    if (at < sorted.length && sorted[at] === sorted[start]) continue;
    onRun(sorted[start]!, at - start);
    start = at;
  }
}

function writeUnit(sum: Float64Array, dim: number, into: Float32Array, offset: number): void {
  let squares = 0;
  for (let at = 0; at < dim; at++) squares += sum[at]! * sum[at]!;
  const length = Math.sqrt(squares);
  const factor = length > SHORTEST ? 1 / length : 0;
  for (let at = 0; at < dim; at++) into[offset + at] = sum[at]! * factor;
}
