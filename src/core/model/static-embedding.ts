import type { EmbeddingTable } from "./embedding-table.ts";

/** What a text is embedded as. */
export type TextKind = "query" | "document";

/** How much a token of a text counts, beyond the weight that lies in its row. */
export interface TokenWeights {
  /** A token that stands n times counts n^power, > 0; 1 counts each in full, less lets repeats fade, as saturation does in BM25. */
  readonly frequencyPower: number;
  /** Documents open with title and heading: their token at place i counts 1 + leadWeight * exp(-i / leadTokens). */
  readonly leadWeight: number;
  readonly leadTokens: number;
  /** A token whose row has cosine c with the sum of the text counts exp(-contextDamping * c): what all of a text says is said once. */
  readonly contextDamping: number;
}

/** Every token counts the same. */
export const PLAIN_WEIGHTS: TokenWeights = { frequencyPower: 1, leadWeight: 0, leadTokens: 1, contextDamping: 0 };

/** Token ids to a unit vector. */
export interface StaticEmbedding {
  readonly dim: number;
  /**
   * Writes the vector of the tokens to `into` at `offset`: the weighted sum of their rows at length 1, zeros where
   * nothing is left to add up. O(ids.length * dim).
   */
  embed(ids: Int32Array, kind: TextKind, into: Float32Array, offset: number): void;
}

/** Below this a sum counts as zero; the same as in the reference. */
const SHORTEST = 1e-12;

/**
 * A static embedding over a table. Rows carry their token's weight, so that the sum is the weighted mean up to length.
 *
 * @param dim - the leading numbers to keep; Matryoshka training makes prefixes vectors of their own.
 * @param silentIds - tokens that add nothing: unknown and special ones.
 */
export function createStaticEmbedding(
  table: EmbeddingTable,
  dim: number,
  silentIds: ReadonlySet<number>,
  weights: TokenWeights = PLAIN_WEIGHTS,
): StaticEmbedding {
  return new WeightedSum(table, dim, silentIds, weights);
}

class WeightedSum implements StaticEmbedding {
  readonly dim: number;
  readonly #table: EmbeddingTable;
  readonly #silentIds: ReadonlySet<number>;
  readonly #weights: TokenWeights;
  readonly #sum: Float64Array;
  readonly #row: Float64Array;
  readonly #damped: Float64Array;
  readonly #lengths: Float64Array; // [V], of rows, 0 until asked for
  readonly #counts: Uint32Array; // [V], zeros between calls
  readonly #shares: Float64Array; // [V], zeros between calls
  readonly #leads: Float64Array; // what a place adds, until it is too little to matter

  constructor(table: EmbeddingTable, dim: number, silentIds: ReadonlySet<number>, weights: TokenWeights) {
    this.dim = dim;
    this.#table = table;
    this.#silentIds = silentIds;
    this.#weights = weights;
    // Why all numbers for damping: a prefix is the beginning of the whole vector, so its tokens must count the same.
    // Why even: rows of 4-bit codes are decoded two numbers at a time.
    this.#sum = new Float64Array(weights.contextDamping > 0 ? table.dim : Math.min(table.dim, dim + (dim % 2)));
    this.#row = this.#sum.slice();
    this.#damped = this.#sum.slice();
    this.#lengths = new Float64Array(table.rows);
    this.#counts = new Uint32Array(table.rows);
    this.#shares = new Float64Array(table.rows);
    const { leadWeight, leadTokens } = weights;
    this.#leads = Float64Array.from(
      { length: leadWeight > 0 ? 40 * leadTokens : 0 },
      (_value, place) => leadWeight * Math.exp(-place / leadTokens),
    );
  }

  embed(ids: Int32Array, kind: TextKind, into: Float32Array, offset: number): void {
    const tokens = this.#count(ids, kind);
    const sum = this.#sum.fill(0);
    for (const id of tokens) this.#table.addRow(id, sum, this.#shares[id]);
    writeUnit(this.#weights.contextDamping > 0 ? this.#damp(tokens) : sum, this.dim, into, offset);
    for (const id of tokens) this.#counts[id] = this.#shares[id] = 0;
  }

  /** The different tokens, in the order in which they first stand; `#shares` then has what each counts. */
  #count(ids: Int32Array, kind: TextKind): number[] {
    const [counts, shares, leads] = [this.#counts, this.#shares, this.#leads];
    const last = kind === "document" ? leads.length : 0;
    const tokens: number[] = [];
    ids.forEach((id, place) => {
      if (this.#silentIds.has(id)) return;
      if (counts[id]!++ === 0) tokens.push(id);
      shares[id]! += place < last ? 1 + leads[place]! : 1;
    });
    const power = this.#weights.frequencyPower - 1;
    if (power !== 0) for (const id of tokens) if (counts[id]! > 1) shares[id]! *= counts[id]! ** power;
    return tokens;
  }

  /** The sum anew, tokens counting less that point where the sum points. */
  #damp(tokens: readonly number[]): Float64Array {
    const [sum, row, lengths] = [this.#sum, this.#row, this.#lengths];
    const damped = this.#damped.fill(0);
    const length = Math.sqrt(product(sum, sum, sum.length));
    for (const id of tokens) {
      this.#table.addRow(id, row.fill(0));
      lengths[id] ||= Math.sqrt(product(row, row, row.length));
      const cosine = product(row, sum, sum.length) / (lengths[id]! * length || 1);
      const share = this.#shares[id]! * Math.exp(-this.#weights.contextDamping * cosine);
      for (let at = 0; at < row.length; at++) damped[at]! += row[at]! * share;
    }
    return damped;
  }
}

function product(a: Float64Array, b: Float64Array, count: number): number {
  let total = 0;
  for (let at = 0; at < count; at++) total += a[at]! * b[at]!;
  return total;
}

function writeUnit(sum: Float64Array, dim: number, into: Float32Array, offset: number): void {
  const length = Math.sqrt(product(sum, sum, dim));
  const factor = length > SHORTEST ? 1 / length : 0;
  for (let at = 0; at < dim; at++) into[offset + at] = sum[at]! * factor;
}
