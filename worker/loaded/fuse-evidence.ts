import { fuse, normalizeMinMax, type ScoreRange } from "../../src/core/fusion/convex.ts";
import type { RankedPassage } from "../../src/core/retrieval/group.ts";
import { defaultParameters } from "../../src/core/retrieval/parameters.ts";
import type { ScoreReach } from "../../src/core/retrieval/rank.ts";
import { TopK } from "../../src/core/vector/top-k.ts";
import type { PassageDocument } from "./loaded-index.ts";

/** Scores by meaning of the passages of one index that were looked at. */
export interface MeaningScores {
  /** Passage -> cosine; the mean for one that has no vector. */
  readonly scores: ReadonlyMap<number, number>;
  /** Mean cosine over all passages of the index. */
  readonly mean: number;
  /** Highest cosine that was seen, also of passages that may not be found: a filter changes no score. */
  readonly highest: number;
  /** By how much passages near one, those of its node, are nearer to the query than those of other nodes on the mean. */
  readonly nearness: (passage: number) => number;
}

/** What is known of the passages of one index. */
export interface PassageScores {
  /** Passage -> score by words, > 0. */
  readonly words: ReadonlyMap<number, number>;
  /** Null where words have to do. */
  readonly meaning: MeaningScores | null;
}

/**
 * Where between the mean (0) and the highest cosine (1) a passage is taken to stand that words have found and whose vector was not read:
 * a share, more for its share of the highest score by words, more for how near its node is. By least squares over the best 200 passages by
 * words of 90 questions to a site of 233,413 passages; the share is 0.1 greater than there, so that those are looked at first that could
 * come to stand among the best. It finds 0.04 more of the first ten than one share for all.
 */
const unknownShare = 0.22;
const unknownByWords = 0.34;
const unknownByNearness = 0.97;

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
  const width = dense.max - dense.min;
  const guess = (passage: number, score: number): number =>
    dense.min +
    width * (unknownShare + unknownByWords * normalizeMinMax(score, ofWords)) +
    unknownByNearness * (meaning?.nearness(passage) ?? 0);
  const weight = meaning === null ? 0 : denseWeight;
  const passages: RankedPassage[] = [];
  for (const passage of candidates) {
    const found = words.get(passage) ?? 0;
    const pair = { words: found, dense: meaning?.scores.get(passage) ?? guess(passage, found) };
    const score = fuse(pair, ofWords, dense, weight) * documentOf(passage).weight;
    if (score > 0) passages.push({ segment, passage, score });
  }
  return passages;
}

/** Passages of the highest scores, at most `count`, the best first. */
export function bestOf(scores: ReadonlyMap<number, number>, count: number): number[] {
  // Why no sorting: of frequent words, tens of thousands have a score, and a question asks several times.
  const best = new TopK(Math.min(count, scores.size));
  for (const [passage, score] of scores) best.push(passage, score);
  return best.finish().map(({ ordinal }) => ordinal);
}

export function maxOf(values: Iterable<number>): number {
  let max = 0;
  for (const value of values) if (value > max) max = value;
  return max;
}
