import type { Pooling } from "./settings.ts";

/** States of the tokens of some texts, as a model gives them. */
export interface TokenStates {
  /** Float32 [rows, length, width] */
  readonly data: Float32Array;
  readonly rows: number;
  readonly length: number;
  readonly width: number;
}

/** Tokens of a row from `start` up to `end`. */
export interface TokenRange {
  readonly row: number;
  readonly start: number;
  readonly end: number;
}

/** The mean of the states in each range. @returns Float32 [ranges, width], not normalised */
export function poolRanges({ data, length, width }: TokenStates, ranges: readonly TokenRange[]): Float32Array {
  const vectors = new Float32Array(ranges.length * width);
  ranges.forEach(({ row, start, end }, place) => {
    const vector = vectors.subarray(place * width, (place + 1) * width);
    for (let token = start; token < end; token++) {
      const from = (row * length + token) * width;
      for (let at = 0; at < width; at++) vector[at]! += data[from + at]!;
    }
    for (let at = 0; at < width; at++) vector[at]! /= end - start;
  });
  return vectors;
}

/**
 * One vector per row of token states.
 *
 * @param lengths - tokens of each row; those behind them are padding, and not read.
 * @param skip - [rows] leading tokens that stay out of a mean. Default none.
 * @returns Float32 [rows, width], not normalised.
 */
export function poolStates(
  states: TokenStates,
  lengths: readonly number[],
  pooling: Exclude<Pooling, "none">,
  skip: readonly number[] = [],
): Float32Array {
  const ranges = Array.from({ length: states.rows }, (_, row): TokenRange => {
    const end = lengths[row]!;
    if (pooling === "cls") return { row, start: 0, end: 1 };
    return { row, start: pooling === "last" ? end - 1 : Math.min(skip[row] ?? 0, end - 1), end };
  });
  return poolRanges(states, ranges);
}

/** How a pooled vector becomes what is stored. */
export interface Finishing {
  /** Brings the whole vector to mean 0 and variance 1 before it is cut. */
  readonly layerNorm: boolean;
  /** Leading numbers that are kept. */
  readonly dim: number;
}

/** What PyTorch's layer norm adds to the variance. */
const LAYER_NORM_EPSILON = 1e-5;

/**
 * Pooled vectors cut to `dim` and brought to length 1; a zero vector stays one.
 *
 * @param vectors - Float32 [rows, width]; not changed.
 * @returns Float32 [rows, dim]
 */
export function finishVectors(vectors: Float32Array, width: number, { layerNorm, dim }: Finishing): Float32Array {
  const rows = vectors.length / width;
  const finished = new Float32Array(rows * dim);
  for (let row = 0; row < rows; row++) {
    const vector = vectors.subarray(row * width, (row + 1) * width);
    const cut = (layerNorm ? normalizeLayer(vector) : vector).subarray(0, dim);
    finished.set(cut, row * dim);
    normalizeInPlace(finished.subarray(row * dim, (row + 1) * dim));
  }
  return finished;
}

function normalizeLayer(vector: Float32Array): Float32Array {
  const mean = vector.reduce((sum, value) => sum + value, 0) / vector.length;
  const variance = vector.reduce((sum, value) => sum + (value - mean) ** 2, 0) / vector.length;
  const scale = 1 / Math.sqrt(variance + LAYER_NORM_EPSILON);
  return vector.map((value) => (value - mean) * scale);
}

/** Brings a vector to length 1 where it lies; a zero vector stays one. */
export function normalizeInPlace(vector: Float32Array): void {
  let squares = 0;
  for (const value of vector) squares += value * value;
  if (squares === 0) return;
  const scale = 1 / Math.sqrt(squares);
  for (let at = 0; at < vector.length; at++) vector[at]! *= scale;
}
