import type { Hit, Search } from "inkling-search";

/** How well a page answers a question by each tier; a share of the best score of that tier, 0 to 1. */
export interface TierScores {
  readonly url: string;
  readonly title: string;
  readonly words: number;
  readonly meaning: number;
  readonly fused: number;
}

/** Pages that are compared, and how far down the other rankings they are looked for. */
const pagesShown = 5;
const depth = 200;

/** Asks a question by words, by meaning and by both, and gives the scores of the pages that are best by both. */
export async function compareTiers(search: Search, question: string, signal: AbortSignal): Promise<TierScores[]> {
  const ask = (mode: "words" | "dense" | "hybrid", limit: number): Promise<ReadonlyMap<string, Hit>> =>
    search.query(question, { mode, limit, signal }).then(({ hits }) => new Map(hits.map((hit) => [hit.url, hit])));
  const none: ReadonlyMap<string, Hit> = new Map();
  const fused = await ask("hybrid", pagesShown);
  const words = await ask("words", depth);
  // Why: without a model only this one fails, and the others are worth showing.
  const meaning = await ask("dense", depth).catch(() => (signal.throwIfAborted(), none));
  return [...fused.values()].map(({ url, title }) => ({
    url,
    title: title || url,
    words: share(words, url),
    meaning: share(meaning, url),
    fused: share(fused, url),
  }));
}

function share(hits: ReadonlyMap<string, Hit>, url: string): number {
  const best = hits.values().next().value?.score ?? 0;
  const score = hits.get(url)?.score ?? 0;
  return best > 0 ? Math.max(0, score / best) : 0;
}
