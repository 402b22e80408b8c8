/**
 * Keeps the `k` best of a stream of (ordinal, score) pairs, in a binary heap with the worst on top.
 *
 * Order: score down, then ordinal up, so results do not depend on the order of arrival. NaN is never kept.
 */
export class TopK {
  readonly #ordinals: Uint32Array;
  readonly #scores: Float64Array;
  readonly #k: number;
  #size = 0;

  /** @param k - >= 0. */
  constructor(k: number) {
    this.#k = k;
    this.#ordinals = new Uint32Array(k);
    this.#scores = new Float64Array(k);
  }

  /** O(log k), O(1) for a pair that is not among the best so far. */
  push(ordinal: number, score: number): void {
    if (Number.isNaN(score)) return;
    if (this.#size < this.#k) {
      this.#set(this.#size, ordinal, score);
      this.#up(this.#size++);
    } else if (this.#k > 0 && isWorse(this.#scores[0]!, this.#ordinals[0]!, score, ordinal)) {
      this.#set(0, ordinal, score);
      this.#down();
    }
  }

  /** What was kept, best first. */
  finish(): { ordinal: number; score: number }[] {
    return Array.from({ length: this.#size }, (_, i) => ({
      ordinal: this.#ordinals[i]!,
      score: this.#scores[i]!,
    })).sort((a, b) => b.score - a.score || a.ordinal - b.ordinal);
  }

  #set(at: number, ordinal: number, score: number): void {
    this.#ordinals[at] = ordinal;
    this.#scores[at] = score;
  }

  #worse(a: number, b: number): boolean {
    return isWorse(this.#scores[a]!, this.#ordinals[a]!, this.#scores[b]!, this.#ordinals[b]!);
  }

  #swap(a: number, b: number): void {
    const ordinal = this.#ordinals[a]!;
    const score = this.#scores[a]!;
    this.#set(a, this.#ordinals[b]!, this.#scores[b]!);
    this.#set(b, ordinal, score);
  }

  #up(from: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#worse(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #down(): void {
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= this.#size) return;
      const child = left + 1 < this.#size && this.#worse(left + 1, left) ? left + 1 : left;
      if (!this.#worse(child, at)) return;
      this.#swap(at, child);
      at = child;
    }
  }
}

function isWorse(score: number, ordinal: number, otherScore: number, otherOrdinal: number): boolean {
  return score < otherScore || (score === otherScore && ordinal > otherOrdinal);
}
