import type { RowScanner } from "../vector/scan.ts";
import { quantizeQuery } from "../vector/scan.ts";

/**
 * Cosine of the query with every passage, by exact scan.
 *
 * @param segments - vectors of the query's model for each segment, or null where it has none: other models' vectors are never compared.
 * @param query - unit vector [dim].
 * @returns for each segment [passages], or null.
 */
export function scoreVectors(segments: readonly (RowScanner | null)[], query: Float32Array): (Float32Array | null)[] {
  const quantized = quantizeQuery(query);
  return segments.map((vectors) => {
    if (vectors === null) return null;
    const scores = new Float32Array(vectors.scales.length);
    vectors.scan(quantized, scores);
    return scores;
  });
}
