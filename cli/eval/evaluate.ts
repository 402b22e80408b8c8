import type { Document, Hit, SearchMode } from "../../src/types.ts";
import type { Engine } from "../../worker/engine.ts";
import { pairedBootstrap } from "./bootstrap.ts";
import type { Collection } from "./collection.ts";
import { mean, ndcgAt, recallAt, reciprocalRankAt } from "./metrics.ts";

/** What each query of a collection reached, in the collection's order. */
export interface Run {
  readonly collection: string;
  readonly mode: SearchMode;
  readonly model: string;
  /** Numbers of a vector; 0 where none is used. */
  readonly dim: number;
  readonly ndcg: readonly number[];
  readonly recall: readonly number[];
  readonly reciprocalRank: readonly number[];
  readonly msPerQuery: number;
}

/** A line of the evaluation, as `--json` prints it. */
export interface RunLine {
  readonly collection: string;
  readonly mode: SearchMode;
  readonly model: string;
  readonly dim: number;
  readonly queries: number;
  readonly "ndcg@10": number;
  readonly "recall@100": number;
  readonly "mrr@10": number;
  readonly ms_per_query: number;
}

/** A line that compares two modes on the same queries. */
export interface ComparisonLine {
  readonly collection: string;
  readonly mode: SearchMode;
  readonly compared_with: SearchMode;
  readonly queries: number;
  /** Of `mode` minus that of `compared_with`. */
  readonly "ndcg@10_difference": number;
  /** 95 % interval; null for a mean over collections. */
  readonly interval: readonly [number, number] | null;
  readonly significant: -1 | 0 | 1 | null;
}

/** How a collection's documents are named in an index: pooled ones carry the collection's name. */
export type ToUrl = (collection: Collection, id: string) => string;

/** The url is the document's id. */
export const plainUrl: ToUrl = (_, id) => id;

/** The url is unique among several collections. */
export const pooledUrl: ToUrl = (collection, id) => `${collection.name}/${id}`;

/** Gives the documents to index. */
export function toDocuments(collection: Collection, toUrl: ToUrl): Document[] {
  return collection.documents.map(({ id, title, text, sections }) => {
    const url = toUrl(collection, id);
    return sections === undefined ? { url, title, text } : { url, title, sections };
  });
}

/** Puts the queries of a collection to an engine that has indexed its documents. */
export async function runCollection(
  engine: Engine,
  collection: Collection,
  mode: SearchMode,
  limit: number,
  toUrl: ToUrl,
  onQuery: (done: number) => void = () => {},
): Promise<Run> {
  const ndcg: number[] = [];
  const recall: number[] = [];
  const reciprocalRank: number[] = [];
  let ms = 0;
  for (const { text, judgements } of collection.queries) {
    const started = performance.now();
    const { hits } = await engine.query(text, { mode, limit });
    ms += performance.now() - started;
    const ranking = breakTies(hits);
    const judged = new Map([...judgements].map(([id, grade]) => [toUrl(collection, id), grade]));
    ndcg.push(ndcgAt(10, ranking, judged));
    recall.push(recallAt(100, ranking, judged));
    reciprocalRank.push(reciprocalRankAt(10, ranking, judged));
    onQuery(ndcg.length);
  }
  const model = mode === "words" ? { id: "none", dim: 0 } : (await engine.status()).model;
  return {
    collection: collection.name,
    mode,
    model: model.id,
    dim: model.dim,
    ndcg,
    recall,
    reciprocalRank,
    msPerQuery: ms / Math.max(1, ndcg.length),
  };
}

/** Urls in the order of the hits; neighbours of equal score by url. */
export function breakTies(hits: readonly Pick<Hit, "url" | "score">[]): string[] {
  let run = 0;
  const ranked = hits.map(({ url, score }, i) => {
    if (i > 0 && score !== hits[i - 1]!.score) run++;
    return { url, run };
  });
  return ranked.sort((a, b) => a.run - b.run || (a.url < b.url ? -1 : 1)).map(({ url }) => url);
}

/** Sums up a run. */
export function summarise(run: Run): RunLine {
  return {
    collection: run.collection,
    mode: run.mode,
    model: run.model,
    dim: run.dim,
    queries: run.ndcg.length,
    "ndcg@10": round(mean(run.ndcg), 5),
    "recall@100": round(mean(run.recall), 5),
    "mrr@10": round(mean(run.reciprocalRank), 5),
    ms_per_query: round(run.msPerQuery, 3),
  };
}

/** The mean over collections, each counting alike. */
export function summariseAll(runs: readonly Run[]): RunLine {
  const over = (value: (run: Run) => number): number => mean(runs.map(value));
  return {
    collection: "mean",
    mode: runs[0]!.mode,
    model: runs[0]!.model,
    dim: runs[0]!.dim,
    queries: runs.reduce((sum, run) => sum + run.ndcg.length, 0),
    "ndcg@10": round(
      over((run) => mean(run.ndcg)),
      5,
    ),
    "recall@100": round(
      over((run) => mean(run.recall)),
      5,
    ),
    "mrr@10": round(
      over((run) => mean(run.reciprocalRank)),
      5,
    ),
    ms_per_query: round(
      over((run) => run.msPerQuery),
      3,
    ),
  };
}

/** Compares two runs over the same queries by a paired bootstrap. */
export function compareRuns(run: Run, other: Run): ComparisonLine {
  const { difference, interval, significant } = pairedBootstrap(run.ndcg, other.ndcg);
  return {
    collection: run.collection,
    mode: run.mode,
    compared_with: other.mode,
    queries: run.ndcg.length,
    "ndcg@10_difference": round(difference, 5),
    interval: [round(interval[0], 5), round(interval[1], 5)],
    significant,
  };
}

/** The difference of two modes over all collections, each counting alike. */
export function compareAll(runs: readonly Run[], others: readonly Run[]): ComparisonLine {
  return {
    collection: "mean",
    mode: runs[0]!.mode,
    compared_with: others[0]!.mode,
    queries: runs.reduce((sum, run) => sum + run.ndcg.length, 0),
    "ndcg@10_difference": round(mean(runs.map((run, i) => mean(run.ndcg) - mean(others[i]!.ndcg))), 5),
    interval: null,
    significant: null,
  };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
