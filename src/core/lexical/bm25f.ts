/**
 * Inverse passage frequency: ln(1 + (n - df + 0.5) / (df + 0.5)), never negative.
 *
 * @param df - passages with the term, 0 <= df <= n.
 * @see Robertson, Zaragoza: The Probabilistic Relevance Framework, 2009, doi:10.1561/1500000019
 */
export function inverseFrequency(df: number, n: number): number {
  return Math.log(1 + (n - df + 0.5) / (df + 0.5));
}

/** Length normalisation of one field: 1 at the average length; `b` = 0 switches it off. */
export function lengthNorm(length: number, averageLength: number, b: number): number {
  return averageLength > 0 ? 1 - b + (b * length) / averageLength : 1;
}

/** BM25 saturation of a weighted frequency: 0 at 0, towards 1. */
export function saturate(frequency: number, k1: number): number {
  return frequency / (k1 + frequency);
}
