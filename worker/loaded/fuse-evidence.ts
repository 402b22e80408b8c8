import { fuse, type ScoreRange } from "../../src/core/fusion/convex.ts";
import type { RankedPassage } from "../../src/core/retrieval/group.ts";
import { defaultParameters } from "../../src/core/retrieval/parameters.ts";
import type { ScoreReach } from "../../src/core/retrieval/rank.ts";
import type { PassageDocument } from "./loaded-index.ts";

/** Scores by meaning of the passages of one index that were looked at. */
export interface MeaningScores {
  /** Passage -> cosine; the mean for one that has no vector. */
  readonly scores: ReadonlyMap<number, number>;
  /** Mean cosine over all passages of the index. */
  readonly mean: number;
  /** Highest cosine that was seen, also of passages that may not be found: a filter changes no score. */
  readonly highest: number;
}

/** What is known of the passages of one index. */
export interface PassageScores {
  /** Passage -> score by words, > 0. */
  readonly words: ReadonlyMap<number, number>;
  /** Null where words have to do. */
  readonly meaning: MeaningScores | null;
}

/**
 * Where between the mean and the highest cosine a passage is taken to stand that words have found and whose vector was not read. Measured:
 * of the best 200 by words the mean is 0.44; a little more has those looked at first that could come to stand among the best.
 */
const unknownShare = 0.55;

/** Passages that one retriever or the other has among its best. */
export function listCandidates({ words, meaning }: PassageScores, limit: number): Set<number> {
  const depth = Math.max(defaultParameters.minCandidates, limit * defaultParameters.oversampling);
  return new Set([...bestOf(words, depth), ...(meaning === null ? [] : bestOf(meaning.scores, depth))]);
}

/**
 * Fuses the scores of passages of one index.
 *
 * @param segment - the index's place among those that are ranked together.
 */
export function fuseScores(
  { words, meaning }: PassageScores,
  candidates: Iterable<number>,
  highest: ScoreReach,
  denseWeight: number,
  documentOf: (passage: number) => PassageDocument,
  segment: number,
): RankedPassage[] {
  const ofWords: ScoreRange = { min: 0, max: highest.words };
  const dense: ScoreRange = meaning === null ? ofWords : { min: meaning.mean, max: highest.dense };
  const unknown = dense.min + unknownShare * (dense.max - dense.min);
  const weight = meaning === null ? 0 : denseWeight;
  const passages: RankedPassage[] = [];
  for (const passage of candidates) {
    const pair = { words: words.get(passage) ?? 0, dense: meaning?.scores.get(passage) ?? unknown };
    const score = fuse(pair, ofWords, dense, weight) * documentOf(passage).weight;
    if (score > 0) passages.push({ segment, passage, score });
  }
  return passages;
}

/** Passages of the highest scores, at most `count`, the best first. */
export function bestOf(scores: ReadonlyMap<number, number>, count: number): number[] {
  const sorted = [...scores].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  return sorted.slice(0, count).map(([passage]) => passage);
}

export function maxOf(values: Iterable<number>): number {
  let max = 0;
  for (const value of values) if (value > max) max = value;
  return max;
}
