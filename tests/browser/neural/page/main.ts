import { proxy, type Remote, wrap } from "comlink";
import type { NeuralWorkerApi, OpenModelOptions } from "../../../../neural/protocol.ts";
import type * as Neural from "../../../../neural/index.ts";
import type { EmbedderApi, EmbedderDescription, ModelProvider } from "../../../../src/model-provider.ts";
import type * as Library from "../../../../src/index.ts";
import { installErrorTransfer } from "../../../../src/protocol.ts";

/** A model and its options, as they come from a test. */
export interface StartRequest {
  readonly model?: string | Neural.ModelSpec;
  readonly options?: Neural.NeuralOptions;
  /** When the start is cancelled. */
  readonly abortAfterMs?: number;
}

/** What happened: a value, or an error as plain data. */
export type Outcome<T> =
  | { readonly value: T; readonly error?: never }
  | {
      readonly value?: never;
      readonly error: {
        name: string;
        code: string;
        message: string;
        details: Record<string, unknown>;
        isOurs: boolean;
      };
    };

/** Vectors as lists, for the way to the test. */
export interface PlainTexts {
  readonly vectors: number[][];
  readonly coverage: number[];
  readonly truncated: number[];
}

/** What a search with the built-in neural model came to. */
export interface Answers {
  /** Tiers in the order they were told. */
  readonly tiers: readonly string[];
  readonly url: string | undefined;
  readonly tier: string;
  readonly status: Library.Status;
  /** Largest numbers of the progress of the upgrade. */
  readonly upgraded: readonly [done: number, total: number];
}

/** What a test may do in the page. */
export interface NeuralPage {
  start(request: StartRequest): Promise<Outcome<EmbedderDescription>>;
  embed(
    texts: string[],
    kind: "query" | "document",
    titles?: string[],
    documents?: number[],
  ): Promise<Outcome<PlainTexts>>;
  describe(): Promise<Outcome<EmbedderDescription>>;
  stop(): Promise<void>;
  /** Bytes told of while it started: the largest `done` and `total`. */
  progress(): { calls: number; done: number; total: number };
  /** Searches some documents, once the neural model has taken over or has failed to. */
  search(options: Neural.NeuralOptions, until: "done" | "failed"): Promise<Answers>;
  /** Heap of a worker after some documents, and after the rest of them, in bytes. */
  heap(options: OpenModelOptions, first: number, rest: number): Promise<[number, number]>;
  /** Embeds documents, and queries while they run. @returns what ended first to last. */
  race(documents: string[], queries: string[]): Promise<string[]>;
}

declare global {
  interface Window {
    neuralPage?: NeuralPage;
    /** Folder that the library is loaded from. Default `/dist/`. */
    libraryUrl?: string;
  }
}

const documents = [
  { url: "/tea", title: "Tea", text: "Pour boiling water over the leaves and wait for four minutes." },
  {
    url: "/bike",
    title: "Bicycle",
    text: "Take the wheel off, find the hole in the inner tube and glue a patch on it.",
  },
  { url: "/moon", title: "Moon", text: "It turns around the earth in a month and shows us one side only." },
];

installErrorTransfer();
let provider: ModelProvider | undefined;
let api: Remote<EmbedderApi> | undefined;
let told = { calls: 0, done: 0, total: 0 };

// Why: the address is only known at run time; the library is loaded as it is published.
const load = <T>(file: string): Promise<T> =>
  import(/* @vite-ignore */ new URL(file, new URL(window.libraryUrl ?? "/dist/", location.href)).href) as Promise<T>;

async function outcome<T>(run: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await run() };
  } catch (error) {
    const { SearchError } = await load<typeof Library>("index.js");
    const { name, message, code, details } = error as Error & { code: string; details: Record<string, unknown> };
    return {
      error: { name, message, code: String(code), details: details ?? {}, isOurs: error instanceof SearchError },
    };
  }
}

window.neuralPage = {
  start: (request) =>
    outcome(async () => {
      const { neural } = await load<typeof Neural>("neural.js");
      await provider?.stop();
      told = { calls: 0, done: 0, total: 0 };
      provider = neural(request.model, request.options);
      const aborting = new AbortController();
      if (request.abortAfterMs !== undefined) setTimeout(() => aborting.abort(), request.abortAfterMs);
      const port = await provider.start({
        signal: aborting.signal,
        onBytes: (done, total) =>
          (told = { calls: told.calls + 1, done: Math.max(told.done, done), total: Math.max(told.total, total) }),
      });
      api = wrap<EmbedderApi>(port);
      return api.describe();
    }),
  embed: (texts, kind, titles, documents) =>
    outcome(async () => {
      const { vectors, coverage, truncated } = await api!.embed(texts, kind, titles, documents);
      const dim = texts.length === 0 ? 0 : vectors.length / texts.length;
      return {
        vectors: texts.map((_, at) => [...vectors.subarray(at * dim, (at + 1) * dim)]),
        coverage: [...coverage],
        truncated: [...truncated],
      };
    }),
  describe: () => outcome(() => api!.describe()),
  stop: async () => provider?.stop(),
  progress: () => told,
  async search(options, until) {
    const { createSearch } = await load<typeof Library>("index.js");
    const { neural } = await load<typeof Neural>("neural.js");
    const tiers: string[] = [];
    let upgraded: [number, number] = [0, 0];
    const search = await createSearch({
      name: "neural",
      model: neural(undefined, options),
      upgrade: "always",
      onProgress: ({ phase, done, total }) => {
        if (phase === "upgrade") upgraded = [done, total];
      },
    });
    search.addEventListener("betteranswers", (event) => tiers.push((event as Library.BetterAnswersEvent).tier));
    await search.add(documents);
    let status = await search.status();
    while (status.upgrade?.state !== until) {
      await new Promise((done) => setTimeout(done, 50));
      status = await search.status();
    }
    const { hits, tier } = await search.query("how do I repair a flat tyre?");
    await search.close();
    return { tiers, url: hits[0]?.url, tier, status, upgraded };
  },
  async heap(options, first, rest) {
    const worker = new Worker("/dist/neural-worker.js", { type: "module" });
    const own = wrap<NeuralWorkerApi>(worker);
    await own.open(
      options,
      proxy(() => {}),
    );
    const embed = async (from: number, count: number): Promise<number> => {
      const size = 200;
      for (let start = from; start < from + count; start += size) {
        const words = Array.from({ length: size }, (_, at) => `passage ${start + at} `.repeat(1 + ((start + at) % 9)));
        await own.embed(words, "document");
      }
      return own.heapBytes();
    };
    const heaps: [number, number] = [await embed(0, first), await embed(first, rest)];
    worker.terminate();
    return heaps;
  },
  async race(texts, queries) {
    const ended: string[] = [];
    const bulk = api!.embed(texts, "document").then(() => ended.push("documents"));
    await Promise.all(queries.map((query) => api!.embed([query], "query").then(() => ended.push(query))));
    await bulk;
    return ended;
  },
};
