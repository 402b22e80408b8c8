/** Judgements of one query: document id -> grade; grades of 0 and below are "not relevant". */
export type Judgements = ReadonlyMap<string, number>;

/**
 * Normalised discounted cumulative gain of the first `k` documents: gain 2^grade - 1, discount log2(rank + 1), rank from 1.
 *
 * @param ranking - document ids, best first.
 * @returns 0 to 1; 0 where nothing is relevant.
 * @see Burges et al., ICML 2005, doi:10.1145/1102351.1102363
 */
export function ndcgAt(k: number, ranking: readonly string[], judgements: Judgements): number {
  const ideal = [...judgements.values()].filter((grade) => grade > 0).sort((a, b) => b - a);
  const best = discountedGain(ideal.slice(0, k));
  return best === 0 ? 0 : discountedGain(ranking.slice(0, k).map((id) => judgements.get(id) ?? 0)) / best;
}

function discountedGain(grades: readonly number[]): number {
  return grades.reduce((sum, grade, i) => sum + (2 ** Math.max(0, grade) - 1) / Math.log2(i + 2), 0);
}

/** Share of the relevant documents that are among the first `k`; 0 where nothing is relevant. */
export function recallAt(k: number, ranking: readonly string[], judgements: Judgements): number {
  const relevant = [...judgements.values()].filter((grade) => grade > 0).length;
  const found = ranking.slice(0, k).filter((id) => (judgements.get(id) ?? 0) > 0).length;
  return relevant === 0 ? 0 : found / relevant;
}

/** 1 / rank of the first relevant document among the first `k`, rank from 1; 0 where there is none. */
export function reciprocalRankAt(k: number, ranking: readonly string[], judgements: Judgements): number {
  const position = ranking.slice(0, k).findIndex((id) => (judgements.get(id) ?? 0) > 0);
  return position === -1 ? 0 : 1 / (position + 1);
}

/** Mean of numbers; 0 of none. */
export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
