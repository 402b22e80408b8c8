import { proxy } from "comlink";
import { SearchError, StorageError } from "../src/errors.ts";
import type {
  OnProgress,
  OpenOptions,
  ProviderHandle,
  WantedModel,
  WireQueryOptions,
  WorkerApi,
  WorkerEvent,
} from "../src/protocol.ts";
import type {
  AddResult,
  Document,
  LoadResult,
  PassageVectors,
  QueryAnswer,
  RemoveResult,
  Status,
} from "../src/types.ts";
import { version } from "../src/version.ts";
import { checkDocuments } from "./check-documents.ts";
import { createEngine, type Engine } from "./engine.ts";
import { type ModelSource, withheldError } from "./model-slot.ts";
import { connectEmbedder } from "./port-embedder.ts";
import type { BlockStore } from "./ports.ts";
import { loadStaticEmbedder } from "./static-embedder.ts";
import { openIndexedDbStore } from "./stores/indexeddb.ts";
import { createMemoryStore } from "./stores/memory.ts";

/** Documents of one `add` call, while their slices arrive. */
interface Inbox {
  readonly documents: Document[];
  readonly urls: Set<string>;
}

/** Progress messages of one call come at most this often, in ms. */
const progressIntervalMs = 50;

/** Time for a page to load an index in pieces before an empty index of its own asks for the model, in ms. */
const modelDelayMs = 500;

/** Least memory for a model that takes over by itself, in GB as browsers tell it. */
const minDeviceMemory = 4;

/** The engine behind the wire: ids instead of signals, slices instead of arrays. */
export function createWorkerApi(): WorkerApi {
  return new EngineHost();
}

class EngineHost implements WorkerApi {
  #engine: Engine | null = null;
  readonly #calls: Map<number, AbortController> = new Map();
  readonly #inboxes: Map<number, Inbox> = new Map();

  async open(
    options: OpenOptions,
    onEvent: (event: WorkerEvent) => void,
    handle: ProviderHandle | null,
  ): Promise<void> {
    checkRelease(options.version);
    const { store, fallback } = await openStore(options);
    const report = limitRate((progress) => onEvent({ type: "progress", progress }));
    this.#engine = await createEngine({
      name: options.name,
      store,
      ...(fallback === undefined ? {} : { storeFallback: fallback }),
      modelId: options.modelId,
      modelDelayMs,
      loadEmbedder: (onBytes) => loadStaticEmbedder(options.modelUrls, { onBytes }),
      upgrade: toModel(options.model, handle),
      onModelBytes: (done, total) => report({ phase: "model", done, total }),
      onUpgrade: report,
      onBetterAnswers: (tier) => onEvent({ type: "betteranswers", tier }),
    });
  }

  use(id: number, model: WantedModel, handle: ProviderHandle | null): Promise<void> {
    return this.#cancellable(id, (signal) => this.#opened().use(toModel(model, handle), { signal }));
  }

  async receive(id: number, documents: readonly Document[]): Promise<void> {
    const inbox = this.#inboxes.get(id) ?? { documents: [], urls: new Set() };
    this.#inboxes.set(id, inbox);
    try {
      checkDocuments(documents, inbox.urls);
      inbox.documents.push(...documents);
    } catch (error) {
      this.#inboxes.delete(id);
      throw error;
    }
  }

  add(id: number, onProgress: OnProgress | null): Promise<AddResult> {
    const documents = this.#inboxes.get(id)?.documents ?? [];
    this.#inboxes.delete(id);
    const report = onProgress === null ? {} : { onProgress: limitRate(onProgress) };
    return this.#cancellable(id, (signal) => this.#opened().add(documents, { signal, ...report }));
  }

  load(...[id, url, base, options, onProgress]: Parameters<WorkerApi["load"]>): Promise<LoadResult> {
    const address = URL.canParse(url, base) ? new URL(url, base).href : url;
    const report = onProgress === undefined ? {} : { onProgress: limitRate(onProgress) };
    return this.#cancellable(id, (signal) => this.#opened().load(address, { ...options, ...report, signal }));
  }

  query(id: number, text: string, { filter, ...options }: WireQueryOptions): Promise<QueryAnswer> {
    const [where, facets, sort] = JSON.parse(filter);
    return this.#cancellable(id, (signal) => this.#opened().query(text, { ...options, where, facets, sort, signal }));
  }

  vectors(id: number, limit: number | undefined): Promise<PassageVectors> {
    return this.#cancellable(id, () => this.#opened().vectors(limit));
  }

  remove(id: number, urls: readonly string[]): Promise<RemoveResult> {
    return this.#cancellable(id, (signal) => this.#opened().remove(urls, { signal }));
  }

  clear(id: number): Promise<void> {
    return this.#cancellable(id, (signal) => this.#opened().clear({ signal }));
  }

  async status(): Promise<Status> {
    return this.#opened().status();
  }

  async cancel(id: number): Promise<void> {
    this.#inboxes.delete(id);
    this.#calls.get(id)?.abort();
  }

  async close(): Promise<void> {
    await this.#engine?.close();
  }

  #opened(): Engine {
    if (this.#engine === null)
      throw new SearchError("search/closed", "The search is not open yet. Wait for createSearch() to resolve.");
    return this.#engine;
  }

  async #cancellable<T>(id: number, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    this.#calls.set(id, controller);
    try {
      return await run(controller.signal);
    } finally {
      this.#calls.delete(id);
    }
  }
}

/** Why: where files keep their names from release to release, a cache may hold some of the one before. */
function checkRelease(page: string): void {
  if (page === version) return;
  throw new SearchError(
    "library/part",
    `The worker is of release ${version}, the page's script of ${page}. Reload the page; serve all files of one release side by side.`,
  );
}

/** The store asked for, or memory where the browser refuses it (private mode, blocked storage). */
async function openStore(options: OpenOptions): Promise<{ store: BlockStore; fallback?: StorageError }> {
  if (options.storage === "memory") return { store: createMemoryStore() };
  try {
    return { store: await openIndexedDbStore(options.name) };
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return { store: createMemoryStore(), fallback: error };
  }
}

/** The model that a page asks for, as the engine takes it. */
function toModel(wanted: WantedModel, handle: ProviderHandle | null): ModelSource | "first" | null {
  if (wanted === null) return null;
  if (wanted === "instant" || handle === null) return "first";
  const { id, tier, upgrade } = wanted;
  const load: ModelSource["load"] = async (onBytes) => {
    const why = upgrade === "idle" ? whyNotNow() : null;
    const started = why ?? (await handle.start(proxy(onBytes), upgrade));
    if (typeof started === "string") throw withheldError(id, started);
    return connectEmbedder(started, id);
  };
  return { id, tier, load, stop: () => handle.stop() };
}

/** Why this device should not load a model that it can do without, or null. */
function whyNotNow(): string | null {
  const { connection, deviceMemory = Infinity } = navigator as {
    connection?: { saveData?: boolean };
    deviceMemory?: number;
  };
  if (connection?.saveData) return "the visitor saves data";
  return deviceMemory < minDeviceMemory ? "the device has little memory" : null;
}

/** Drops reports that follow too soon; the last one of a phase always passes. */
function limitRate(onProgress: OnProgress): OnProgress {
  let last = -Infinity;
  return (progress) => {
    const now = performance.now();
    if (now - last < progressIntervalMs && progress.done < progress.total) return;
    last = now;
    // Why: on the other side it is the page's code, and what it throws is not ours to report.
    void Promise.resolve(onProgress(progress)).catch(() => {});
  };
}
