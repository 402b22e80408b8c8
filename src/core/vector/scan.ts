import type { QuantizedRows } from "./quantize.ts";

/**
 * Scores every row against a query by dot product: exact for the stored codes.
 *
 * @param query - [dim]
 * @param scores - [rows], overwritten. With unit vectors a score is a cosine, -1 to 1.
 */
export function scanInt8(query: Float32Array, rows: QuantizedRows, scores: Float32Array): void {
  const { codes, scales } = rows;
  const dim = query.length;
  let at = 0;
  for (let row = 0; row < scores.length; row++) {
    let sum = 0;
    for (let i = 0; i < dim; i++) sum += query[i]! * codes[at++]!;
    scores[row] = sum * scales[row]!;
  }
}
