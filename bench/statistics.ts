/** Middle of repeated measurements, with how far they lay apart. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly runs: number;
}

/**
 * The value below which a share of the values lies, by the nearest rank.
 *
 * @param share - 0 to 1.
 * @returns NaN for no values.
 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = Math.max(0, Math.ceil(share * sorted.length) - 1);
  return sorted[rank] ?? Number.NaN;
}

/** Median (of an even number: the mean of the two in the middle), least and greatest of repeated measurements. */
export function spreadOf(values: readonly number[]): Spread {
  const negated = values.map((value) => -value);
  const median = (percentile(values, 0.5) - percentile(negated, 0.5)) / 2;
  return { median, min: Math.min(...values), max: Math.max(...values), runs: values.length };
}
