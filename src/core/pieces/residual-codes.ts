import type { Utf8 } from "../utf8.ts";
import { PayloadReader, PayloadWriter, unreadable } from "./bytes.ts";
import { quantizeInt8 } from "../vector/quantize.ts";

/**
 * Levels of a normal distribution that lose least when a number is replaced by the nearest of them.
 *
 * @see Max, IRE Transactions on Information Theory 6(1) 1960, doi:10.1109/TIT.1960.1057548
 */
const threeBitLevels = [0.2451, 0.756, 1.3439, 2.1519] as const;
const twoBitLevels = [0.4528, 1.5104] as const;

/** Bits of a number's code: two where it only says where to look, three where it ranks. */
export type CodeBits = 2 | 3;

function levelsOf(positive: readonly number[]): Float64Array {
  return Float64Array.from([...positive.map((level) => -level).reverse(), ...positive]);
}

const levels = { 2: levelsOf(twoBitLevels), 3: levelsOf(threeBitLevels) } as const;

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
    codes[at >> 3]! |= (code << (at & 7)) & 0xff;
    if ((at & 7) + bits > 8) codes[(at >> 3) + 1]! |= code >> (8 - (at & 7));
  });
  return codes;
}

function codeAt(codes: Uint8Array, index: number, bits: CodeBits): number {
  const at = index * bits;
  const pair = codes[at >> 3]! | ((codes[(at >> 3) + 1] ?? 0) << 8);
  return (pair >> (at & 7)) & ((1 << bits) - 1);
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

/** Vectors of consecutive passages: a center in int8, and what each row differs from it in three bits a number. */
export interface LeafRows {
  /** [dim] */
  readonly center: Float32Array;
  /** [rows] what codes are multiplied by; negative where a passage has no vector. */
  readonly scales: Float32Array;
  /** [rows][codeBytes(dim)] */
  readonly codes: readonly Uint8Array[];
}

const rowBits: CodeBits = 3;

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
  const center = quantizeInt8(meanOfRows(rows, dim), dim);
  writer.number(count);
  writer.bytes(new Uint8Array(Float32Array.of(center.scales[0]!).buffer));
  writer.bytes(new Uint8Array(center.codes.buffer));
  const scales = new PayloadWriter(utf8);
  const codes: Uint8Array[] = [];
  for (let row = 0; row < count; row++) {
    const residual = new Float32Array(dim);
    const vector = rows.subarray(row * dim, (row + 1) * dim);
    for (let i = 0; i < dim; i++) residual[i] = vector[i]! - center.codes[i]! * center.scales[0]!;
    const packed = packCodes(residual, deviationOf(residual), rowBits);
    scales.number(vector.some((value) => value !== 0) ? 1 + Math.round(bestScale(residual, packed) * scaleSteps) : 0);
    codes.push(packed);
  }
  writer.bytes(scales.finish());
  for (const packed of codes) writer.bytes(packed);
  return writer.finish();
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

/** Root of the mean square. */
export function deviationOf(numbers: Float32Array): number {
  return Math.sqrt(numbers.reduce((sum, value) => sum + value * value, 0) / Math.max(1, numbers.length));
}

/** The factor that brings coded numbers nearest to what they stand for. */
function bestScale(numbers: Float32Array, codes: Uint8Array): number {
  const coded = unpackCodes(codes, numbers.length, rowBits);
  const square = coded.reduce((sum, value) => sum + value * value, 0);
  const product = coded.reduce((sum, value, i) => sum + value * numbers[i]!, 0);
  return square === 0 ? 0 : Math.max(0, product / square);
}

export function decodeLeaf(payload: Uint8Array, dim: number, utf8: Utf8): LeafRows {
  const reader = new PayloadReader(payload, utf8);
  const count = reader.count();
  const [scale = 0] = new Float32Array(reader.bytes(4).slice().buffer);
  if (!Number.isFinite(scale)) throw unreadable("the center of its vectors is no number");
  const center = Float32Array.from(new Int8Array(reader.bytes(dim).slice().buffer), (code) => code * scale);
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
