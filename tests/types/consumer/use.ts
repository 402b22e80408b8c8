// Compiled against the packed package by consumer.test.ts, under several settings. It is never run.
import {
  type AddResult,
  BetterAnswersEvent,
  createSearch,
  type Document,
  type FacetCount,
  type Facets,
  type Hit,
  IndexFormatError,
  InvalidArgumentError,
  ModelError,
  type Progress,
  type QueryAnswer,
  type Search,
  SearchError,
  type SearchErrorCode,
  type SearchErrorEvent,
  type SiteResult,
  type Status,
  StorageError,
  type Where,
  WorkerError,
} from "inkling-search";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const isTrue = <_ extends true>(): void => {};

export async function use(signal: AbortSignal): Promise<string> {
  const search: Search = await createSearch({
    name: "docs",
    onProgress: (progress: Progress) => progress.done,
    signal,
  });
  const documents: readonly Document[] = [
    { url: "/a", text: "plain" },
    { url: "/b", title: "B", lang: "en", attributes: { year: 2026, tags: ["x", "y"] }, sections: [{ text: "first" }] },
  ];
  const added = await search.add(documents, { signal, onProgress: ({ phase, done, total }) => [phase, done / total] });
  isTrue<Same<typeof added, AddResult>>();
  const answer = await search.query("how", { limit: 3, mode: "hybrid", signal });
  isTrue<Same<typeof answer, QueryAnswer>>();
  const where: Where = {
    lang: "en",
    price: { gte: 3, lt: "5" },
    or: [{ tags: { in: ["x"] } }, { not: { draft: true } }],
  };
  const { facets } = await search.query("", { where, facets: ["tags"], sort: { published: "desc", score: "asc" } });
  isTrue<Same<typeof facets, Facets>>();
  const counts: readonly FacetCount[] = facets["tags"] ?? [];
  isTrue<Same<(typeof counts)[number]["count"], number>>();
  const hit: Hit | undefined = answer.hits[0];
  // @ts-expect-error -- a value that may be missing would widen the search
  await search.query("", { where: { lang: documents.find(({ lang }) => lang)?.lang } });
  const ranges = hit?.passages[0]?.ranges ?? [];
  for (const [start, end] of ranges) isTrue<Same<[typeof start, typeof end], [number, number]>>();
  const page = await search.addPage({ watch: true, url: "/here", signal });
  isTrue<Same<typeof page, AddResult>>();
  const site = await search.addSite(["/a", "/b"], { limit: 10, delayMs: 0, credentials: "same-origin", signal });
  isTrue<Same<typeof site, SiteResult>>();
  isTrue<Same<typeof site.state, "done" | "limited" | "elsewhere" | "withheld">>();
  // @ts-expect-error -- a root is a part of a page, not its name
  await search.addPage({ root: "main" });
  search.addEventListener("error", (event) => (event as SearchErrorEvent).error);
  const removed: number = (await search.remove(["/a"])).removed;
  const status: Status = await search.status();
  search.addEventListener("betteranswers", (event) => event instanceof BetterAnswersEvent && event.tier);
  await search.clear();
  await search.close();
  return `${removed} ${status.model.state} ${hit?.url}`;
}

export function describeError(error: unknown): SearchErrorCode | null {
  const isOurs = [InvalidArgumentError, ModelError, StorageError, IndexFormatError, WorkerError].some(
    (each) => error instanceof each,
  );
  return isOurs && error instanceof SearchError ? error.code : null;
}

export async function misuse(search: Search): Promise<void> {
  // @ts-expect-error a document needs a url
  await search.add([{ text: "no url" }]);
  // @ts-expect-error text or sections, not both
  await search.add([{ url: "/a", text: "x", sections: [{ text: "y" }] }]);
  // @ts-expect-error text or sections
  await search.add([{ url: "/a" }]);
  // @ts-expect-error there is no such mode
  await search.query("x", { mode: "magic" });
  // @ts-expect-error nor such an option
  await search.query("x", { topN: 3 });
  // @ts-expect-error answers are read-only
  (await search.query("x")).hits.pop();
  // @ts-expect-error the model is not called so
  await createSearch({ name: 7 });
}
