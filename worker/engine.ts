import { closedError, type SearchError, type StorageError } from "../src/errors.ts";
import type { RankingParameters } from "../src/core/retrieval/parameters.ts";
import type {
  AddResult,
  CallOptions,
  Document,
  Fallback,
  QueryAnswer,
  QueryOptions,
  RemoveResult,
  Status,
  Tier,
} from "../src/types.ts";
import { checkDocuments, checkUrls } from "./check-documents.ts";
import { IndexState } from "./index-state.ts";
import { Indexer } from "./indexer.ts";
import { type LoadEmbedder, ModelSlot } from "./model-slot.ts";
import type { BlockStore, Embedder, OnBytes } from "./ports.ts";
import { reportError } from "./report-error.ts";
import { modelMismatch, Searcher } from "./searcher.ts";
import { scanner, storedBytes } from "./snapshot.ts";
import { hasVectors, modelKey } from "./vectors.ts";

/** What an engine is made of; the page's worker, the command line and the bench differ in nothing else. */
export interface EngineOptions {
  readonly name: string;
  readonly store: BlockStore;
  /** Why `store` is not the one asked for, if so. */
  readonly storeFallback?: StorageError;
  readonly modelId: string;
  readonly loadEmbedder: LoadEmbedder;
  /** Bytes of the model as they arrive. */
  readonly onModelBytes?: OnBytes;
  /** Called when answers got better: vectors became ready. */
  readonly onBetterAnswers?: (tier: Tier) => void;
  readonly parameters?: RankingParameters;
}

/** Indexes and searches; has no idea where it runs. Queries run at any time, changes one after the other. */
export class Engine {
  private readonly options: EngineOptions;
  private readonly state: IndexState;
  private readonly model: ModelSlot;
  private readonly indexer: Indexer;
  private readonly searcher: Searcher;
  private changes: Promise<unknown> = Promise.resolve();
  private readonly closing: AbortController = new AbortController();

  /** @throws {IndexFormatError} `index/newer-format`, with nothing changed. */
  static async open(options: EngineOptions): Promise<Engine> {
    return new Engine(options, await IndexState.open(options.store));
  }

  private constructor(options: EngineOptions, state: IndexState) {
    this.options = options;
    this.state = state;
    this.model = new ModelSlot(options.modelId, options.loadEmbedder, options.onModelBytes ?? (() => {}));
    this.indexer = new Indexer(state, () => this.model.current);
    this.searcher = new Searcher(state, this.model, options.parameters);
    void this.improveWhenReady();
  }

  /** Vectors for what has none, as soon as the model is there; a failure is left to `status()` and to the next call. */
  private async improveWhenReady(): Promise<void> {
    try {
      const embedder = await this.model.ready();
      await this.enqueue(this.closing.signal, (signal) => this.indexer.embedMissing(embedder, { signal }));
      this.options.onBetterAnswers?.("instant");
    } catch {
      // Reported: a model that failed by status().model, storage that failed by the call that next needs it.
    }
  }

  /** Runs a change after those before it, whatever became of them. */
  private enqueue<T>(signal: AbortSignal | undefined, change: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.throwIfClosed();
    const combined = this.withClosing(signal);
    const result = this.changes.then(() => {
      combined.throwIfAborted();
      return change(combined);
    });
    this.changes = result.catch(() => {});
    return result;
  }

  /**
   * Adds or replaces documents. Words are searchable from the first commit on; the call ends when vectors are stored, too,
   * or the model has failed.
   *
   * @throws {InvalidArgumentError} before anything is changed; {StorageError} with all earlier commits kept.
   */
  async add(documents: readonly Document[], options: CallOptions = {}): Promise<AddResult> {
    this.throwIfClosed();
    checkDocuments(documents);
    let embeddedBefore = 0;
    const result = await this.enqueue(options.signal, (signal) => {
      embeddedBefore = this.indexer.embedded;
      return this.indexer.add(documents, { ...options, signal });
    });
    // Why outside of the queue: a slow download must not hold up other changes, such as `clear` at a logout.
    const embedder = await this.waitForModel(this.withClosing(options.signal));
    if (embedder !== null) {
      await this.enqueue(options.signal, (signal) => this.indexer.embedMissing(embedder, { ...options, signal }));
    }
    const embedded = this.indexer.embedded - embeddedBefore;
    return { ...result, embedded, withoutVector: this.countWithoutVector() };
  }

  private withClosing(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.closing.signal : AbortSignal.any([signal, this.closing.signal]);
  }

  /** The embedder, or null if it failed; rejects when the call is cancelled. */
  private waitForModel(signal: AbortSignal): Promise<Embedder | null> {
    const settled = new AbortController();
    return new Promise<Embedder | null>((resolve, reject) => {
      signal.throwIfAborted();
      const onAbort = (): void => reject(signal.reason as Error);
      signal.addEventListener("abort", onAbort, { once: true, signal: settled.signal });
      this.model.ready().then(resolve, () => resolve(null));
    }).finally(() => settled.abort());
  }

  /** Answers a query. See `Searcher.query`. */
  async query(text: string, options: QueryOptions = {}): Promise<QueryAnswer> {
    this.throwIfClosed();
    options.signal?.throwIfAborted();
    return this.searcher.query(text, options);
  }

  async remove(urls: readonly string[], options: CallOptions = {}): Promise<RemoveResult> {
    this.throwIfClosed();
    checkUrls(urls);
    return this.enqueue(options.signal, () => this.indexer.remove(urls));
  }

  async clear(options: CallOptions = {}): Promise<void> {
    return this.enqueue(options.signal, () => this.indexer.clear());
  }

  /** Resolves when the model is ready. @throws {ModelError} if it failed. */
  async modelReady(): Promise<void> {
    await this.model.ready();
  }

  async status(): Promise<Status> {
    this.throwIfClosed();
    const { manifest, readers } = await this.state.refresh();
    return {
      name: this.options.name,
      documents: sum(readers.map((reader) => reader.liveDocumentCount)),
      passages: sum(readers.map((reader) => reader.livePassageCount)),
      withoutVector: this.countWithoutVector(),
      segments: manifest.segments.length,
      generation: manifest.generation,
      bytes: storedBytes(manifest),
      tier: this.model.current !== null && this.hasAnyVector() ? "instant" : "words",
      storage: { driver: this.state.store.driver, persistent: this.state.store.persistent },
      model: this.model.status(),
      fallbacks: this.listFallbacks(),
    };
  }

  private hasAnyVector(): boolean {
    const key = this.currentKey();
    return key !== null && this.state.snapshot.readers.some((reader) => hasVectors(reader, key));
  }

  private currentKey(): string | null {
    return this.model.current && modelKey(this.model.current.fingerprint);
  }

  /** Live passages without a vector of the current model; while it loads, those without any vector. */
  private countWithoutVector(): number {
    const key = this.currentKey();
    const lacking = this.state.snapshot.readers.filter((reader) =>
      key === null ? reader.vectors === null : !hasVectors(reader, key),
    );
    return sum(lacking.map((reader) => reader.livePassageCount));
  }

  private listFallbacks(): Fallback[] {
    const fallbacks: Fallback[] = [];
    const add = (feature: Fallback["feature"], instead: string, error: SearchError): void =>
      void fallbacks.push({ feature, instead, error: reportError(error) });
    if (this.options.storeFallback) add("storage", "memory, until the page is closed", this.options.storeFallback);
    if (scanner.fallback) add("scan", "a slower scan of the vectors", scanner.fallback);
    if (this.model.failure) add("model", "words only", this.model.failure);
    if (this.state.manifestError) add("index", "an empty index", this.state.manifestError);
    for (const damage of this.state.snapshot.damages) {
      if (damage.part === "vectors") add("vectors", "words only, for a part of the index", damage.error);
      else add("index", "the other parts of the index", damage.error);
    }
    const foreign = this.foreignModel();
    if (foreign !== null)
      add("vectors", "words only, until the passages are embedded again", modelMismatch(foreign, this.currentKey()!));
    return fallbacks;
  }

  private foreignModel(): string | null {
    const key = this.currentKey();
    const reader = this.state.snapshot.readers.find(
      (candidate) => candidate.vectors !== null && !hasVectors(candidate, key ?? ""),
    );
    return key === null || reader === undefined ? null : reader.reference.vectors!.model;
  }

  private throwIfClosed(): void {
    if (this.closing.signal.aborted) throw this.closing.signal.reason as Error;
  }

  /** Ends running changes and releases storage and model. Calling it again does nothing. */
  async close(): Promise<void> {
    if (this.closing.signal.aborted) return;
    this.closing.abort(closedError());
    await this.changes;
    await this.model.close();
    await this.state.close();
  }
}

/** Opens an engine; see `Engine.open`. */
export function createEngine(options: EngineOptions): Promise<Engine> {
  return Engine.open(options);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
