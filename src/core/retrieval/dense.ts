import type { SegmentReader } from "../segment/reader.ts";
import { quantizeQuery } from "../vector/scan.ts";

/**
 * Cosine of the query with every passage, by exact scan.
 *
 * @param query - unit vector [dim] of the model `modelKey` names.
 * @returns for each segment [passages], or null where it has no vectors of this model: other models' vectors are never compared.
 */
export function scoreVectors(
  segments: readonly SegmentReader[],
  query: Float32Array,
  modelKey: string,
): (Float32Array | null)[] {
  const quantized = quantizeQuery(query);
  return segments.map((segment) => {
    if (segment.vectors === null || segment.reference.vectors?.model !== modelKey) return null;
    const scores = new Float32Array(segment.passageCount);
    segment.vectors.scan(quantized, scores);
    return scores;
  });
}
