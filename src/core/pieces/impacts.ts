/**
 * Weighted, length-normalised frequencies (the `f` of BM25F) as levels of 8 % each: the error of a level is 4 % at most, that of
 * the saturated score 1 %.
 */
const smallest = 0.03;
const step = 0.08;
const levels = 128;

/** Level of a frequency > 0, 0 to 127. */
export function levelOf(frequency: number): number {
  return Math.min(levels - 1, Math.max(0, Math.round(Math.log(frequency / smallest) / step)));
}

/** Frequency of each level. */
export const frequencyOfLevel: Float64Array = Float64Array.from(
  { length: levels },
  (_, level) => smallest * Math.exp(step * level),
);
