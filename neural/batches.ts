/** How large a batch may be. */
export interface BatchLimits {
  /** Rows times the longest of them: padding counts. */
  readonly tokens: number;
  readonly rows: number;
}

/**
 * Groups of indices whose lengths are alike, longest first: little padding, and the heap reaches its size at once.
 * A text longer than the limit is a batch by itself. Equal lengths keep their order.
 */
export function planBatches(lengths: readonly number[], limits: BatchLimits): number[][] {
  const order = lengths.map((_, index) => index).toSorted((a, b) => lengths[b]! - lengths[a]! || a - b);
  const batches: number[][] = [];
  let batch: number[] = [];
  for (const index of order) {
    const longest = lengths[batch[0] ?? index]!;
    const isFull = batch.length >= limits.rows || (batch.length + 1) * longest > limits.tokens;
    if (batch.length > 0 && isFull) {
      batches.push(batch);
      batch = [];
    }
    batch.push(index);
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
