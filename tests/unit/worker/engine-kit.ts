import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { createFileModelSource } from "../../../cli/model-source.ts";
import type { Document, Hit } from "../../../src/types.ts";
import { createEngine, type Engine, type EngineOptions } from "../../../worker/engine.ts";
import type { BlockStore, Commit, Embedder, ModelFingerprint } from "../../../worker/ports.ts";
import { loadStaticEmbedder } from "../../../worker/static-embedder.ts";
import { createMemoryStore } from "../../../worker/stores/memory.ts";

const modelFolder = fileURLToPath(new URL("../../../public/models/inkling-instant-v1", import.meta.url));
const builtIn = loadStaticEmbedder(createFileModelSource(modelFolder));

/** The built-in model, which remembers what it was given. Closing it closes nothing: it is shared. */
export class WatchedModel implements Embedder {
  readonly fingerprint: ModelFingerprint;
  readonly denseWeight: number;
  readonly embedded: string[] = [];
  /** Of the documents that the texts in `embedded` are from. */
  readonly titles: string[] = [];
  readonly queries: string[] = [];
  /** Runs before a batch is embedded. */
  beforeBatch: () => Promise<void> = async () => {};
  private readonly inner: Embedder;

  static async load(revision?: string): Promise<WatchedModel> {
    return new WatchedModel(await builtIn, revision);
  }

  private constructor(inner: Embedder, revision: string | undefined) {
    this.inner = inner;
    this.fingerprint = { ...inner.fingerprint, revision: revision ?? inner.fingerprint.revision };
    this.denseWeight = inner.denseWeight;
  }

  async embed(texts: readonly string[], titles: readonly string[]): Promise<Float32Array> {
    await this.beforeBatch();
    this.embedded.push(...texts);
    this.titles.push(...titles);
    return this.inner.embed(texts);
  }

  async embedQuery(text: string): ReturnType<Embedder["embedQuery"]> {
    this.queries.push(text);
    return this.inner.embedQuery(text);
  }

  async close(): Promise<void> {}
}

/** A memory store whose faults are set by the test. */
export class FaultyStore implements BlockStore {
  readonly driver = "memory";
  readonly persistent = false;
  /** Block name -> what is read instead of it; undefined = it is missing. */
  readonly replaced: Map<string, Uint8Array | undefined> = new Map();
  /** Read instead of the stored manifest, if set. */
  manifest: { readonly value: unknown } | null = null;
  beforeCommit: (change: Commit) => void | Promise<void> = () => {};
  commits = 0;
  private readonly inner: BlockStore = createMemoryStore();
  private readonly listeners: Set<() => void> = new Set();

  async readManifest(): Promise<unknown> {
    return this.manifest === null ? this.inner.readManifest() : structuredClone(this.manifest.value);
  }

  async readBlocks(names: readonly string[]): Promise<(Uint8Array | undefined)[]> {
    const blocks = await this.inner.readBlocks(names);
    return names.map((name, i) => (this.replaced.has(name) ? this.replaced.get(name)?.slice() : blocks[i]));
  }

  async commit(change: Commit): Promise<boolean> {
    await this.beforeCommit(change);
    const isDone = await this.inner.commit(change);
    if (isDone) {
      this.commits++;
      this.manifest = null;
    }
    return isDone;
  }

  clear(): Promise<void> {
    this.manifest = null;
    return this.inner.clear();
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Tells every engine on this store that another one has changed it. */
  notify(): void {
    for (const listener of this.listeners) listener();
  }

  async close(): Promise<void> {}
}

/** A promise that the test settles. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

export function defer<T = void>(): Deferred<T> {
  let settle: Pick<Deferred<T>, "resolve" | "reject"> | undefined;
  const promise = new Promise<T>((resolve, reject) => (settle = { resolve, reject }));
  return { promise, ...settle! };
}

/** Lets everything run that waits already. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Makes an engine that somebody must close. Default: a new memory store and the built-in model. */
export function makeEngine(options: Partial<EngineOptions> = {}): Promise<Engine> {
  return createEngine({
    name: "test",
    store: options.store ?? createMemoryStore(),
    modelId: "inkling-instant-v1",
    loadEmbedder: () => WatchedModel.load(),
    ...options,
  });
}

/** The same for one test, at whose end it is closed. */
export async function openEngine(options: Partial<EngineOptions> = {}): Promise<Engine> {
  const engine = await makeEngine(options);
  onTestFinished(() => engine.close());
  return engine;
}

export function urlsOf(answer: { readonly hits: readonly Hit[] }): string[] {
  return answer.hits.map((hit) => hit.url);
}

/** Pages of a small site in several scripts; no two say the same. */
export const pages: readonly Document[] = [
  {
    url: "layout.html",
    title: "Boxes",
    lang: "en",
    attributes: { area: "css" },
    sections: [
      { text: "How boxes get their size." },
      {
        heading: "aspect-ratio",
        level: 2,
        anchor: "aspect-ratio",
        text: "Reserves room for an image before it has loaded, so that the text below does not jump.",
      },
      {
        heading: "Overflow",
        level: 2,
        anchor: "overflow",
        text: "What happens to content that does not fit into its box: hidden, scroll or visible.",
      },
    ],
  },
  {
    url: "git.html",
    title: "Committing",
    text: "Use `--no-verify` to skip the hooks. The option std::vector does not exist here, createSearch neither.",
  },
  {
    url: "rust.html",
    title: "Error codes",
    text: "E0308 mismatched types: the compiler expected one type and found another.",
  },
  {
    url: "garden.html",
    title: "Watering",
    text: "Tomatoes want water in the morning, at the root; wet leaves invite blight. Cucumbers drink more.",
  },
  {
    url: "bread.html",
    title: "Sourdough",
    text: "Feed the starter with flour and water, let the dough rest over night and bake it in a hot oven.",
  },
  { url: "cafe.html", title: "Το καφενείο", text: "Ο Ελληνικός καφές ψήνεται στο μπρίκι με ζάχαρη." },
  { url: "ja.html", title: "東京の天気", text: "明日の東京は雨が降るでしょう。傘を持って出かけてください。" },
  { url: "ar.html", title: "القهوة", text: "القَهْوَةُ العربية تُقدَّم مع التمر." },
  { url: "de.html", title: "Straßenbahn", text: "Die Straßenbahn fährt über die Brücke zum Bahnhof." },
];

/** Many short pages, each with a number word of its own. */
export function numberedPages(count: number, from = 0): Document[] {
  return Array.from({ length: count }, (_, i) => ({
    url: `n/${from + i}`,
    title: `Page ${from + i}`,
    text: `This page is about the subject topic${from + i} and nothing else. It mentions shared words as well.`,
  }));
}
