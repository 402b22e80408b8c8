/** Scores of one passage by both retrievers. */
export interface ScorePair {
  readonly words: number;
  readonly dense: number;
}

/** Smallest and largest score of a list, as seen by the fusion. */
export interface ScoreRange {
  readonly min: number;
  readonly max: number;
}

/** Maps a score to 0..1 by the range of its list; scores outside are cut. An empty range gives 0. */
export function normalizeMinMax(score: number, range: ScoreRange): number {
  const width = range.max - range.min;
  return width > 0 ? Math.min(1, Math.max(0, (score - range.min) / width)) : 0;
}

/**
 * Convex combination of min-max normalised scores: denseWeight · dense + (1 - denseWeight) · words.
 *
 * @param denseWeight - 0 to 1; 0 and 1 are each retriever alone.
 * @see Bruch, Gai, Ingber: An Analysis of Fusion Functions for Hybrid Retrieval, 2023, doi:10.1145/3596512
 */
export function fuse(pair: ScorePair, words: ScoreRange, dense: ScoreRange, denseWeight: number): number {
  return denseWeight * normalizeMinMax(pair.dense, dense) + (1 - denseWeight) * normalizeMinMax(pair.words, words);
}
