import type * as Library from "inkling-search";
import type * as Neural from "../../neural/index.ts";
import { findGpu } from "../../neural/gpu.ts";
import { readJson, time } from "./measure.ts";

/** A tier as it is measured: which model answers in the end. */
export type TierSetup =
  | { readonly tier: "words" }
  | { readonly tier: "instant" }
  | {
      readonly tier: "neural";
      readonly modelUrl: string;
      readonly device: "wasm" | "webgpu";
      /** Of WASM; more than one only on isolated pages. */
      readonly threads: number;
    };

/** What a tier took. */
export interface TierRun {
  /** From the import of the library to the first answer of this tier, nothing cached and one page indexed, in ms. */
  readonly coldMs: number;
  /** Round trips of queries, in ms. */
  readonly queriesMs: readonly number[];
  /** Passages that got a vector in a second, without queries beside; of words: that could be found. */
  readonly passagesPerSecond: number;
  readonly device: string;
  readonly dtype: string;
}

/** Queries of an index that answers with the instant tier, in ms. */
export interface UpgradeRun {
  readonly idleMs: readonly number[];
  /** While another model embeds all passages. */
  readonly upgradingMs: readonly number[];
  readonly upgradeMs: number;
}

// Why: only known at run time; the page measures what is published.
const load = <Module>(file: string): Promise<Module> =>
  import(/* @vite-ignore */ new URL(`/dist/${file}`, location.href).href) as Promise<Module>;

async function createProvider(setup: TierSetup): Promise<Library.ModelProvider | string | null> {
  if (setup.tier === "words") return null;
  if (setup.tier === "instant") return "inkling-instant-v1";
  const { neural } = await load<typeof Neural>("neural.js");
  const { modelUrl, device, threads } = setup;
  return neural(modelUrl, { device, threads, runtimeUrl: "/runtime/", wasmUrl: "/ort/" });
}

/** Resolves when a tier answers. @throws where its model has failed. */
async function reach(search: Library.Search, tier: Library.Tier): Promise<Library.Status> {
  for (;;) {
    const status = await search.status();
    if (status.tier === tier) return status;
    const error = status.upgrade?.error ?? status.model.error;
    if (error !== null) throw new Error(`There is nothing to measure: ${error.message}`);
    await new Promise((done) => setTimeout(done, 5));
  }
}

async function ask(search: Library.Search, queries: readonly string[], isOver: () => boolean): Promise<number[]> {
  const times: number[] = [];
  for (const query of queries) {
    if (isOver()) break;
    times.push((await time(() => search.query(query))).ms);
  }
  return times;
}

async function readSample(count: number): Promise<{ documents: Library.Document[]; queries: string[] }> {
  const documents = await readJson<Library.Document[]>("/data/documents.json");
  return { documents: documents.slice(0, count), queries: await readJson<string[]>("/data/queries.json") };
}

/** Measures one tier by itself, in a browser that has cached nothing. @param count - documents of the corpus. */
export async function runTier(setup: TierSetup, count: number): Promise<TierRun> {
  const { documents, queries } = await readSample(count);
  const begun = performance.now();
  const { createSearch } = await load<typeof Library>("index.js");
  const model = await createProvider(setup);
  const search = await createSearch({ name: `tier-${setup.tier}`, model, upgrade: "always" });
  await search.add(documents.slice(0, 1));
  await reach(search, setup.tier);
  await search.query(queries[0] ?? "");
  const coldMs = performance.now() - begun;
  const passagesPerSecond = await measureRate(search, setup.tier, documents.slice(1));
  await ask(search, queries.slice(0, 20), () => false);
  const queriesMs = await ask(search, queries, () => false);
  const { device, dtype } = ((await search.status()).upgrade ?? (await search.status())).model;
  await search.close();
  return { coldMs, queriesMs, passagesPerSecond, device, dtype };
}

/** Of a model that takes over only what is told of its own work: the instant one has embedded the same passages before. */
async function measureRate(
  search: Library.Search,
  tier: Library.Tier,
  documents: readonly Library.Document[],
): Promise<number> {
  const told: { readonly at: number; readonly done: number }[] = [];
  search.addEventListener("progress", (event) => {
    const { phase, done } = (event as Library.SearchProgressEvent).progress;
    if (phase === "upgrade") told.push({ at: performance.now(), done });
  });
  const { value, ms } = await time(() => search.add(documents));
  const [first, last] = [told[0], told.at(-1)];
  if (tier !== "neural") return (value.passages * 1000) / ms;
  if (first === undefined || last === undefined || last.done <= first.done) throw new Error("Nothing was embedded.");
  return ((last.done - first.done) * 1000) / (last.at - first.at);
}

/** Measures queries of the instant tier, at rest and while a model that is to take over embeds. */
export async function runUpgrade(setup: TierSetup, count: number): Promise<UpgradeRun> {
  const { createSearch } = await load<typeof Library>("index.js");
  const { documents, queries } = await readSample(count);
  const search = await createSearch({ name: "tier-upgrade" });
  await search.add(documents);
  await reach(search, "instant");
  await ask(search, queries.slice(0, 20), () => false);
  const idleMs = await ask(search, queries, () => false);
  await search.use(await createProvider(setup), { upgrade: "always" });
  while ((await search.status()).upgrade?.state !== "embedding") await new Promise((done) => setTimeout(done, 5));
  const begun = performance.now();
  let isOver = false;
  const over = reach(search, "neural").finally(() => (isOver = true));
  const upgradingMs: number[] = [];
  while (!isOver) upgradingMs.push(...(await ask(search, queries, () => isOver)));
  await over;
  const upgradeMs = performance.now() - begun;
  await search.close();
  return { idleMs, upgradingMs, upgradeMs };
}

/** Whether the browser has a real graphics card for pages. */
export async function hasGpu(): Promise<boolean> {
  return (await findGpu())?.isFallback === false;
}
