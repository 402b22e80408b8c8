import type { Utf8 } from "../utf8.ts";
import { PayloadReader, PayloadWriter } from "./bytes.ts";
import { codeBytes, deviationOf, dotCodes, packCodes } from "./residual-codes.ts";

/**
 * Means of groups of vectors, coarse: what each differs from their own mean, in two bits a number. They only say where to look.
 */
export interface Centroids {
  readonly center: Float32Array;
  readonly deviation: number;
  readonly codes: readonly Uint8Array[];
}

/** Numbers of a centroid, the leading ones of the vectors, whose prefixes are vectors as well. */
const centroidDim = 128;

/** @param length - of the vectors. */
export function writeCentroids(writer: PayloadWriter, centroids: readonly Float32Array[], length: number): void {
  const dim = Math.min(length, centroidDim);
  const center = new Float32Array(dim);
  for (const each of centroids) for (let i = 0; i < dim; i++) center[i]! += each[i]! / centroids.length;
  const residuals = centroids.map((each) => each.slice(0, dim).map((value, i) => value - center[i]!));
  const deviation = Math.sqrt(
    residuals.reduce((sum, each) => sum + deviationOf(each) ** 2, 0) / Math.max(1, residuals.length),
  );
  writer.number(centroids.length);
  writer.number(dim);
  writer.bytes(new Uint8Array(Float32Array.of(deviation).buffer));
  writer.bytes(new Uint8Array(Int16Array.from(center, (value) => Math.round(value * centerSteps)).buffer));
  for (const residual of residuals) writer.bytes(packCodes(residual, deviation, 2));
}

const centerSteps = 16_384;

export function readCentroids(reader: PayloadReader): Centroids {
  const count = reader.count();
  const dim = reader.count();
  const [deviation = 0] = new Float32Array(reader.bytes(4).slice().buffer);
  const center = Float32Array.from(new Int16Array(reader.bytes(2 * dim).slice().buffer), (step) => step / centerSteps);
  return { center, deviation, codes: Array.from({ length: count }, () => reader.bytes(codeBytes(dim, 2))) };
}

export function encodeCentroids(centroids: readonly Float32Array[], length: number, utf8: Utf8): Uint8Array {
  const writer = new PayloadWriter(utf8);
  writeCentroids(writer, centroids, length);
  return writer.finish();
}

export function decodeCentroids(payload: Uint8Array, utf8: Utf8): Centroids {
  return readCentroids(new PayloadReader(payload, utf8));
}

/** Dot product of a query with each centroid, over the numbers that centroids have. */
export function scoreCentroids({ center, deviation, codes }: Centroids, query: Float32Array): Float32Array {
  const prefix = query.subarray(0, center.length);
  let base = 0;
  for (let i = 0; i < prefix.length; i++) base += prefix[i]! * center[i]!;
  return Float32Array.from(codes, (row) => base + deviation * dotCodes(prefix, row, 2));
}
