import { mean } from "./metrics.ts";

/** The difference of two systems on the same queries. */
export interface PairedDifference {
  /** Mean of a - b. */
  readonly difference: number;
  /** Interval that holds 95 % of the resampled means. */
  readonly interval: readonly [low: number, high: number];
  /** Sign of the difference if the interval leaves out 0, else 0. */
  readonly significant: -1 | 0 | 1;
}

/**
 * Compares two systems by the percentile bootstrap: queries are drawn with replacement, both systems' values of a query together.
 *
 * @param a - a value for each query; `b` has the same queries in the same order.
 * @param seed - of the random numbers: the same input gives the same interval.
 * @see Efron, Tibshirani: An Introduction to the Bootstrap, 1993, chapter 13
 */
export function pairedBootstrap(
  a: readonly number[],
  b: readonly number[],
  resamples = 10_000,
  seed = 1,
): PairedDifference {
  const differences = Float64Array.from(a, (value, i) => value - b[i]!);
  const difference = mean([...differences]);
  const means = resampleMeans(differences, resamples, seed).sort();
  const low = means[Math.floor(0.025 * (resamples - 1))] ?? 0;
  const high = means[Math.ceil(0.975 * (resamples - 1))] ?? 0;
  return { difference, interval: [low, high], significant: low > 0 ? 1 : high < 0 ? -1 : 0 };
}

function resampleMeans(values: Float64Array, resamples: number, seed: number): Float64Array {
  const means = new Float64Array(values.length === 0 ? 0 : resamples);
  const random = createRandom(seed);
  for (let i = 0; i < means.length; i++) {
    let sum = 0;
    for (let j = 0; j < values.length; j++) sum += values[Math.floor(random() * values.length)]!;
    means[i] = sum / values.length;
  }
  return means;
}

/** Random numbers in [0, 1) by mulberry32: small, fast, the same everywhere. */
export function createRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
