/** Rows of int8 codes with one scale each: value = code · scale. */
export interface QuantizedRows {
  /** [rows, dim] row-major. */
  readonly codes: Int8Array;
  /** [rows]; 0 for a zero row. */
  readonly scales: Float32Array;
}

/** Largest code; -128 is not used, so that codes are symmetric. */
const maxCode = 127;

/**
 * Quantizes rows to int8, each by its own largest value. The error of a value is at most half a step of max/127.
 *
 * @param rows - [count, dim] row-major. NaN becomes 0.
 */
export function quantizeInt8(rows: Float32Array, dim: number): QuantizedRows {
  const count = dim === 0 ? 0 : rows.length / dim;
  const codes = new Int8Array(rows.length);
  const scales = new Float32Array(count);
  for (let row = 0; row < count; row++) {
    const scale = largestMagnitude(rows, row * dim, dim) / maxCode;
    scales[row] = scale;
    if (scale === 0) continue;
    for (let i = row * dim; i < (row + 1) * dim; i++) codes[i] = Math.round(rows[i]! / scale);
  }
  return { codes, scales };
}

function largestMagnitude(rows: Float32Array, start: number, dim: number): number {
  let largest = 0;
  for (let i = start; i < start + dim; i++) {
    const magnitude = Math.abs(rows[i]!);
    if (magnitude > largest && magnitude < Infinity) largest = magnitude;
  }
  return largest;
}
