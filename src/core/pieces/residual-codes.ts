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

/** Bits of a number's code. */
export type CodeBits = 1 | 2 | 4;

/**
 * Bits of the numbers of an index's vectors. Where passages are many, a query reads a leaf for each page that may be among the best,
 * and coarse vectors of more leaves find more than fine ones of few; where they are few, a query needs few leaves.
 */
export function rowBitsOf(passages: number): CodeBits {
  return passages <= 10_000 ? 4 : passages <= 60_000 ? 2 : 1;
}

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

/** Vectors of consecutive passages: a center, and what each row differs from it. */
export interface LeafRows {
  /** [dim] */
  readonly center: Float32Array;
  /** [rows] what codes are multiplied by; negative where a passage has no vector. */
  readonly scales: Float32Array;
  /** Of the numbers of rows. */
  readonly bits: CodeBits;
  /** [rows][codeBytes(dim, bits)] */
  readonly codes: readonly Uint8Array[];
}

const centerBits: CodeBits = 4;

/** Scales are written in steps of 2^-16. */
const scaleSteps = 65_536;

/**
 * Payload of a leaf.
 *
 * @param rows - unit vectors [count, dim]; a row of zeros is a passage that has none.
 * @param bits - of the numbers that are written of each.
 */
export function encodeLeaf(rows: Float32Array, dim: number, bits: CodeBits, utf8: Utf8): Uint8Array {
  const writer = new PayloadWriter(utf8);
  const count = rows.length / dim;
  writer.number(count);
  writer.number(bits);
  const center = writeCenter(writer, meanOfRows(rows, dim));
  const scales = new PayloadWriter(utf8);
  const codes: Uint8Array[] = [];
  for (let row = 0; row < count; row++) {
    const vector = rows.subarray(row * dim, (row + 1) * dim);
    const residual = vector.map((value, i) => value - center[i]!);
    const packed = packCodes(residual, deviationOf(residual), bits);
    scales.number(
      vector.some((value) => value !== 0) ? 1 + Math.round(fitScale(residual, packed, bits) * scaleSteps) : 0,
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
  const scale = Math.fround(fitScale(mean, packed, centerBits));
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

/**
 * The factor that makes coded numbers reach as far along the true ones as these do. Why not the one that brings them nearest: it
 * would be shorter, and those that a query is like would score less than they should.
 *
 * @see Gao, Long: RaBitQ, 2024, doi:10.1145/3654970
 */
function fitScale(numbers: Float32Array, codes: Uint8Array, bits: CodeBits): number {
  const coded = unpackCodes(codes, numbers.length, bits);
  const square = numbers.reduce((sum, value) => sum + value * value, 0);
  const product = coded.reduce((sum, value, i) => sum + value * numbers[i]!, 0);
  return product > 0 ? square / product : 0;
}

export function decodeLeaf(payload: Uint8Array, dim: number, utf8: Utf8): LeafRows {
  const reader = new PayloadReader(payload, utf8);
  const count = reader.count();
  const bits = reader.number();
  if (bits !== 1 && bits !== 2 && bits !== 4) throw unreadable(`its vectors are of ${bits} bits a number`);
  const [scale = 0] = new Float32Array(reader.bytes(4).slice().buffer);
  if (!Number.isFinite(scale)) throw unreadable("the center of its vectors is no number");
  const center = unpackCenter(reader.bytes(codeBytes(dim, centerBits)), scale, dim);
  const scales = Float32Array.from({ length: count }, () => (reader.number() - 1) / scaleSteps);
  const codes = Array.from({ length: count }, () => reader.bytes(codeBytes(dim, bits)));
  return { center, scales, bits, codes };
}

/** Cosine of a query with each row; -1 for passages without a vector. */
export function scoreLeaf({ center, scales, bits, codes }: LeafRows, query: Float32Array): Float32Array {
  let base = 0;
  for (let i = 0; i < query.length; i++) base += query[i]! * center[i]!;
  return Float32Array.from(codes, (row, i) => (scales[i]! < 0 ? -1 : base + scales[i]! * dotCodes(query, row, bits)));
}
