import type { Utf8 } from "../utf8.ts";
import { PayloadReader, PayloadWriter, unreadable } from "./bytes.ts";

/**
 * Levels of a normal distribution that lose least when a number is replaced by the nearest of them.
 *
 * @see Max, IRE Transactions on Information Theory 6(1) 1960, doi:10.1109/TIT.1960.1057548
 */
const oneBitLevels = [0.7979] as const;
const twoBitLevels = [0.4528, 1.5104] as const;
const fourBitLevels = [0.1284, 0.3881, 0.6568, 0.9424, 1.2562, 1.618, 2.069, 2.7326] as const;

/** Bits of a number's code: one for a passage, two for a centroid, four for the center that many passages are told from. */
export type CodeBits = 1 | 2 | 4;

function levelsOf(positive: readonly number[]): Float64Array {
  return Float64Array.from([...positive.map((level) => -level).reverse(), ...positive]);
}

const levels = { 1: levelsOf(oneBitLevels), 2: levelsOf(twoBitLevels), 4: levelsOf(fourBitLevels) } as const;

function nearest(table: Float64Array, value: number): number {
  let best = 0;
  while (best + 1 < table.length && value > (table[best]! + table[best + 1]!) / 2) best++;
  return best;
}

/** Bytes of the codes of `count` numbers. */
export function codeBytes(count: number, bits: CodeBits): number {
  return Math.ceil((count * bits) / 8);
}

/**
 * Packs numbers into codes, the first in the lowest bits.
 *
 * @param deviation - what a number is divided by before it is coded.
 */
export function packCodes(numbers: Float32Array, deviation: number, bits: CodeBits): Uint8Array {
  const codes = new Uint8Array(codeBytes(numbers.length, bits));
  numbers.forEach((number, i) => {
    const code = nearest(levels[bits], deviation > 0 ? number / deviation : 0);
    const at = i * bits;
    codes[at >> 3]! |= code << (at & 7);
  });
  return codes;
}

function codeAt(codes: Uint8Array, index: number, bits: CodeBits): number {
  const at = index * bits;
  return (codes[at >> 3]! >> (at & 7)) & ((1 << bits) - 1);
}

/** Dot product of a query with coded numbers, without their deviation. */
export function dotCodes(query: Float32Array, codes: Uint8Array, bits: CodeBits): number {
  const table = levels[bits];
  let sum = 0;
  for (let i = 0; i < query.length; i++) sum += query[i]! * table[codeAt(codes, i, bits)]!;
  return sum;
}

/** The numbers that codes stand for, without their deviation. */
export function unpackCodes(codes: Uint8Array, count: number, bits: CodeBits): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => levels[bits][codeAt(codes, i, bits)]!);
}

/** Vectors of consecutive passages: a center, and what each row differs from it in one bit a number. */
export interface LeafRows {
  /** [dim] */
  readonly center: Float32Array;
  /** [rows] what codes are multiplied by; negative where a passage has no vector. */
  readonly scales: Float32Array;
  /** [rows][codeBytes(dim)] */
  readonly codes: readonly Uint8Array[];
}

const centerBits: CodeBits = 4;
const rowBits: CodeBits = 1;

/** Scales are written in steps of 2^-16. */
const scaleSteps = 65_536;

/**
 * Payload of a leaf.
 *
 * @param rows - unit vectors [count, dim]; a row of zeros is a passage that has none.
 */
export function encodeLeaf(rows: Float32Array, dim: number, utf8: Utf8): Uint8Array {
  const writer = new PayloadWriter(utf8);
  const count = rows.length / dim;
  writer.number(count);
  const center = writeCenter(writer, meanOfRows(rows, dim));
  const scales = new PayloadWriter(utf8);
  const codes: Uint8Array[] = [];
  for (let row = 0; row < count; row++) {
    const vector = rows.subarray(row * dim, (row + 1) * dim);
    const residual = vector.map((value, i) => value - center[i]!);
    const packed = packCodes(residual, deviationOf(residual), rowBits);
    scales.number(
      vector.some((value) => value !== 0) ? 1 + Math.round(bestScale(residual, packed, rowBits) * scaleSteps) : 0,
    );
    codes.push(packed);
  }
  writer.bytes(scales.finish());
  for (const packed of codes) writer.bytes(packed);
  return writer.finish();
}

/** @returns the center as it will be read. */
function writeCenter(writer: PayloadWriter, mean: Float32Array): Float32Array {
  const packed = packCodes(mean, deviationOf(mean), centerBits);
  const scale = Math.fround(bestScale(mean, packed, centerBits));
  writer.bytes(new Uint8Array(Float32Array.of(scale).buffer));
  writer.bytes(packed);
  return unpackCenter(packed, scale, mean.length);
}

function unpackCenter(packed: Uint8Array, scale: number, dim: number): Float32Array {
  return unpackCodes(packed, dim, centerBits).map((value) => value * scale);
}

/** Mean of the rows that are no zeros. */
export function meanOfRows(rows: Float32Array, dim: number): Float32Array {
  const sums = new Float64Array(dim);
  let count = 0;
  for (let at = 0; at < rows.length; at += dim) {
    const vector = rows.subarray(at, at + dim);
    if (!vector.some((value) => value !== 0)) continue;
    count++;
    for (let i = 0; i < dim; i++) sums[i]! += vector[i]!;
  }
  return Float32Array.from(sums, (sum) => sum / Math.max(1, count));
}

/** Rows of several arrays in one. */
export function joinRows(parts: readonly Float32Array[]): Float32Array {
  const joined = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Root of the mean square. */
export function deviationOf(numbers: Float32Array): number {
  return Math.sqrt(numbers.reduce((sum, value) => sum + value * value, 0) / Math.max(1, numbers.length));
}

/** The factor that brings coded numbers nearest to what they stand for. */
function bestScale(numbers: Float32Array, codes: Uint8Array, bits: CodeBits): number {
  const coded = unpackCodes(codes, numbers.length, bits);
  const square = coded.reduce((sum, value) => sum + value * value, 0);
  const product = coded.reduce((sum, value, i) => sum + value * numbers[i]!, 0);
  return square === 0 ? 0 : Math.max(0, product / square);
}

export function decodeLeaf(payload: Uint8Array, dim: number, utf8: Utf8): LeafRows {
  const reader = new PayloadReader(payload, utf8);
  const count = reader.count();
  const [scale = 0] = new Float32Array(reader.bytes(4).slice().buffer);
  if (!Number.isFinite(scale)) throw unreadable("the center of its vectors is no number");
  const center = unpackCenter(reader.bytes(codeBytes(dim, centerBits)), scale, dim);
  const scales = Float32Array.from({ length: count }, () => (reader.number() - 1) / scaleSteps);
  const codes = Array.from({ length: count }, () => reader.bytes(codeBytes(dim, rowBits)));
  return { center, scales, codes };
}

/** Cosine of a query with each row; -1 for passages without a vector. */
export function scoreLeaf({ center, scales, codes }: LeafRows, query: Float32Array): Float32Array {
  let base = 0;
  for (let i = 0; i < query.length; i++) base += query[i]! * center[i]!;
  return Float32Array.from(codes, (row, i) =>
    scales[i]! < 0 ? -1 : base + scales[i]! * dotCodes(query, row, rowBits),
  );
}
