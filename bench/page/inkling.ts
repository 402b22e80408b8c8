import type * as Library from "inkling-search";
import { type MainThread, readJson, time, watchMainThread } from "./measure.ts";

/** What one indexing run took. */
export interface IndexRun {
  readonly passages: number;
  readonly documents: number;
  readonly totalMs: number;
  /** Until every document could be found by words. */
  readonly wordsMs: number;
  readonly indexBytes: number;
  readonly mainThread: MainThread;
  /** Round trips of queries that were asked meanwhile, in ms. */
  readonly queriesMs: readonly number[];
}

/** Round trips of queries as the page sees them, and the worker's own part, in ms. */
export interface QueryRun {
  readonly mode: Library.SearchMode;
  readonly roundTripMs: readonly number[];
  readonly workerMs: readonly number[];
}

/** Milestones of a visit in ms since the navigation began. */
export interface VisitRun {
  readonly openMs: number;
  readonly wordsAnswerMs: number;
  readonly hybridAnswerMs: number;
  readonly embedded: number;
}

// Why: only known at run time; the page measures what is published.
const load = (): Promise<typeof Library> =>
  import(/* @vite-ignore */ new URL("/dist/index.js", location.href).href) as Promise<typeof Library>;

async function whenReady(search: Library.Search): Promise<void> {
  const ready = new Promise((resolve) => search.addEventListener("betteranswers", resolve, { once: true }));
  const { state } = (await search.status()).model;
  if (state === "failed") throw new Error("The model failed: there is nothing to measure.");
  if (state === "loading") await ready;
}

async function askUntil(search: Library.Search, isDone: () => boolean, pauseMs: number): Promise<number[]> {
  const queries = await readJson<string[]>("/data/queries.json");
  const times: number[] = [];
  for (let i = 0; !isDone(); i++) {
    const { ms } = await time(() => search.query(queries[i % queries.length] ?? ""));
    times.push(ms);
    await new Promise((done) => setTimeout(done, pauseMs));
  }
  return times;
}

/** Indexes the corpus from nothing. `queryPauseMs`: asks a query that often meanwhile; 0 asks none. */
export async function runIndexing(name: string, queryPauseMs: number): Promise<IndexRun> {
  const { createSearch } = await load();
  const documents = await readJson<Library.Document[]>("/data/documents.json");
  const search = await createSearch({ name });
  await search.clear();
  await whenReady(search);
  let isDone = false;
  let wordsMs = 0;
  const stopWatching = watchMainThread();
  const start = performance.now();
  const onProgress = ({ phase, done, total }: Library.Progress): void => {
    if (phase === "index" && done === total) wordsMs = performance.now() - start;
  };
  const adding = time(() => search.add(documents, { onProgress })).finally(() => (isDone = true));
  const queriesMs = queryPauseMs > 0 ? await askUntil(search, () => isDone, queryPauseMs) : [];
  const { value, ms } = await adding;
  const mainThread = await stopWatching();
  const { bytes } = await search.status();
  await search.close();
  if (value.withoutVector > 0) throw new Error(`${value.withoutVector} of ${value.passages} passages have no vector.`);
  const { passages } = value;
  return { passages, documents: documents.length, totalMs: ms, wordsMs, indexBytes: bytes, mainThread, queriesMs };
}

/** Asks every query once, one after the other, after a warm-up. */
export async function runQueries(name: string, mode: Library.SearchMode): Promise<QueryRun> {
  const { createSearch } = await load();
  const queries = await readJson<string[]>("/data/queries.json");
  const search = await createSearch({ name });
  await whenReady(search);
  for (const query of queries.slice(0, 20)) await search.query(query, { mode });
  const roundTripMs: number[] = [];
  const workerMs: number[] = [];
  for (const query of queries) {
    const { value, ms } = await time(() => search.query(query, { mode, limit: 10 }));
    roundTripMs.push(ms);
    workerMs.push(value.timings.totalMs);
  }
  await search.close();
  return { mode, roundTripMs, workerMs };
}

/** A later visit: from the navigation to the first answers out of what is stored. */
export async function runVisit(name: string, query: string): Promise<VisitRun> {
  const { createSearch } = await load();
  const search = await createSearch({ name });
  const openMs = performance.now();
  await search.query(query, { mode: "words" });
  const wordsAnswerMs = performance.now();
  await whenReady(search);
  const answer = await search.query(query);
  const hybridAnswerMs = performance.now();
  if (answer.mode !== "hybrid" || answer.hits.length === 0) throw new Error(`A visit got a ${answer.mode} answer.`);
  const { withoutVector } = await search.status();
  await search.close();
  return { openMs, wordsAnswerMs, hybridAnswerMs, embedded: withoutVector };
}
