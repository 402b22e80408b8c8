import type { SearchMode } from "../../types.ts";
import { type Bitset, hasBit } from "../filter/bitset.ts";
import { fuse, type ScoreRange } from "../fusion/convex.ts";
import type { SegmentReader } from "../segment/reader.ts";
import { TopK } from "../vector/top-k.ts";
import { groupByPage, type RankedPage, type RankedPassage } from "./group.ts";
import type { RankingParameters } from "./parameters.ts";

/** Highest scores of an index beside this one, and after ranking of both: they are ranked over one range. */
export interface ScoreReach {
  words: number;
  dense: number;
}

/** What the retrievers found, for every passage of every segment. */
export interface Evidence {
  /** Raised to the highest scores found here. */
  readonly reach?: ScoreReach | undefined;
  /** For each segment [passages]; 0 = no term of the query. Null in mode `dense`. */
  readonly words: readonly Float32Array[] | null;
  /** For each segment [passages], null where a segment has no vectors. Null in mode `words`. */
  readonly dense: readonly (Float32Array | null)[] | null;
  /** Share of the dense score, 0 to 1. */
  readonly denseWeight: number;
}

/**
 * Ranks pages: takes the best passages of each retriever, fuses their scores, and groups them by page.
 *
 * Both scores of a candidate are exact, also when only one retriever proposed it. Removed documents are left out. A page's
 * weight multiplies the scores of its passages, and a section's weight those of its own.
 *
 * @param limit - pages wanted; more are returned, the candidates' pages all of them.
 * @param allowed - for each segment the documents that may be found; absent or null: all. Candidates are chosen among them, and
 * scored as they would be without the others being left out: a filter takes pages away and changes no score.
 */
export function rankPages(
  segments: readonly SegmentReader[],
  evidence: Evidence,
  limit: number,
  parameters: RankingParameters,
  allowed: readonly Bitset[] | null = null,
): RankedPage[] {
  const passageCount = segments.reduce((sum, segment) => sum + segment.passageCount, 0);
  const depth = Math.min(passageCount, Math.max(parameters.minCandidates, limit * parameters.oversampling));
  const { reach = { words: 0, dense: -1 } } = evidence;
  const words = evidence.words && shortlist(segments, evidence.words, depth, 0, allowed, reach.words);
  const mean = evidence.dense && meanScore(evidence.dense);
  const dense = evidence.dense && shortlist(segments, evidence.dense, depth, mean!, allowed, reach.dense);
  reach.words = words?.range.max ?? reach.words;
  reach.dense = dense?.range.max ?? reach.dense;
  const passages = fuseCandidates(segments, evidence, words, dense);
  return groupByPage(passages, (segment, passage) => segments[segment]!.passagePlace(passage), parameters);
}

/** Mode that evidence amounts to. */
export function modeOf(evidence: Evidence): SearchMode {
  if (evidence.words === null) return "dense";
  return evidence.dense === null ? "words" : "hybrid";
}

/** A retriever's best passages, and the range of scores over all of them, those left out by a filter as well. */
interface Shortlist {
  /** `base + passage` over all segments. */
  readonly ordinals: readonly number[];
  readonly range: ScoreRange;
}

/**
 * @param floor - score that counts as no evidence at all: 0 for words, the mean cosine for vectors. Passages at or below it
 * are no candidates. Why not the worst candidate's score: it would depend on how many candidates were asked for.
 */
function shortlist(
  segments: readonly SegmentReader[],
  scores: readonly (Float32Array | null)[],
  depth: number,
  floor: number,
  allowed: readonly Bitset[] | null,
  highest: number,
): Shortlist {
  const top = new TopK(depth);
  let max = Math.max(floor, highest);
  let base = 0;
  segments.forEach((segment, i) => {
    const list = scores[i];
    const bits = allowed?.[i];
    for (let passage = 0; list && passage < list.length; passage++) {
      const score = list[passage]!;
      if (!(score > floor)) continue;
      const document = segment.passageDocuments[passage]!;
      if (segment.isRemoved(document)) continue;
      if (score > max) max = score;
      if (!bits || hasBit(bits, document)) top.push(base + passage, score);
    }
    base += segment.passageCount;
  });
  return { ordinals: top.finish().map((entry) => entry.ordinal), range: { min: floor, max } };
}

/**
 * Mean over all passages that have a score: what a passage scores that has nothing to do with the query.
 * The smallest cosine, -1, where all score the same, above all a single passage: nothing is known then of how others would score.
 */
function meanScore(scores: readonly (Float32Array | null)[]): number {
  let sum = 0;
  let count = 0;
  let max = -Infinity;
  for (const list of scores) {
    if (list === null) continue;
    for (const score of list) {
      sum += score;
      if (score > max) max = score;
    }
    count += list.length;
  }
  return sum / count < max ? sum / count : -1;
}

function fuseCandidates(
  segments: readonly SegmentReader[],
  evidence: Evidence,
  words: Shortlist | null,
  dense: Shortlist | null,
): RankedPassage[] {
  const none: ScoreRange = { min: 0, max: 0 };
  const denseWeight = words === null ? 1 : dense === null ? 0 : evidence.denseWeight;
  const ordinals = new Set([...(words?.ordinals ?? []), ...(dense?.ordinals ?? [])]);
  return [...ordinals].map((ordinal) => {
    const { segment, passage } = locate(segments, ordinal);
    const pair = { words: evidence.words?.[segment]?.[passage] ?? 0, dense: evidence.dense?.[segment]?.[passage] ?? 0 };
    const score = fuse(pair, words?.range ?? none, dense?.range ?? none, denseWeight);
    const reader = segments[segment]!;
    const weight = reader.weight(reader.passageDocuments[passage]!) * reader.sectionWeight(passage);
    return { segment, passage, score: score * weight };
  });
}

function locate(segments: readonly SegmentReader[], ordinal: number): { segment: number; passage: number } {
  let rest = ordinal;
  let segment = 0;
  while (rest >= segments[segment]!.passageCount) rest -= segments[segment++]!.passageCount;
  return { segment, passage: rest };
}
