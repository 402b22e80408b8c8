import { closedError, type SearchError, type StorageError } from "../src/errors.ts";
import { loadPart, unlessAborted } from "../src/promises.ts";
import type { RankingParameters } from "../src/core/retrieval/parameters.ts";
import type {
  AddResult,
  CallOptions,
  Document,
  Fallback,
  LoadOptions,
  LoadResult,
  PassageVectors,
  Progress,
  QueryAnswer,
  QueryOptions,
  RemoveResult,
  Status,
  Tier,
  UpgradeStatus,
} from "../src/types.ts";
import { checkDocuments, checkUrls } from "./check-documents.ts";
import { IndexState } from "./index-state.ts";
import type { LoadedIndexes } from "./loaded/loaded-indexes.ts";
import { Indexer } from "./indexer.ts";
import { type LoadEmbedder, ModelSlot, type ModelSource } from "./model-slot.ts";
import { Models } from "./models.ts";
import type { BlockStore, OnBytes } from "./ports.ts";
import { reportError } from "./report-error.ts";
import { modelMismatch, Searcher } from "./searcher.ts";
import { scanner, storedBytes } from "./snapshot.ts";
import { blocksOf } from "../src/core/segment/check-manifest.ts";
import { ModelRunner } from "./model-runner.ts";
import { countVectors, letAnswer, type RunOptions } from "./vector-run.ts";
import { VectorSets } from "./vector-sets.ts";
import { modelKey } from "./vectors.ts";

/** What an engine is made of; the page's worker, the command line and the bench differ in nothing else. */
export interface EngineOptions {
  readonly name: string;
  readonly store: BlockStore;
  /** What the store holds, where it has been opened already. */
  readonly state?: IndexState | undefined;
  /** Why `store` is not the one asked for, if so. */
  readonly storeFallback?: StorageError;
  /** The first model: it is loaded at once, and answers as soon as it is there. */
  readonly modelId: string;
  readonly loadEmbedder: LoadEmbedder;
  /** What answers with its vectors are called. Default `instant`. */
  readonly tier?: "instant" | "neural";
  /** See `use`; a model that takes over is loaded when the first one is there or has failed. Default `"first"`. */
  readonly upgrade?: ModelSource | "first" | null;
  /** Bytes of the models as they arrive. */
  readonly onModelBytes?: OnBytes;
  /** Passages that got a vector of the second model. */
  readonly onUpgrade?: (progress: Progress) => void;
  /** Called when answers got better: vectors became ready. */
  readonly onBetterAnswers?: (tier: Tier) => void;
  readonly parameters?: RankingParameters;
  /** Above this many segments small ones are merged. Default 8. */
  readonly maxSegments?: number | undefined;
  /**
   * How long an empty index waits with the first model for documents, in ms: where an index is loaded meanwhile, which brings the
   * rows of the model that it needs, the model comes with the first documents. Default: it does not wait.
   */
  readonly modelDelayMs?: number;
}

const firstRun: RunOptions = { phase: "embed", embedBatch: 16, storesParts: false, takesOver: false };
const upgradeRun: RunOptions = { phase: "upgrade", embedBatch: 32, storesParts: true, takesOver: true };

/** Indexes and searches; has no idea where it runs. Queries run at any time, changes one after the other. */
export class Engine {
  readonly #options: EngineOptions;
  readonly #state: IndexState;
  readonly #sets: VectorSets;
  readonly #models: Models;
  readonly #indexer: Indexer;
  readonly #searcher: Searcher;
  #changes: Promise<unknown> = Promise.resolve();
  readonly #closing: AbortController = new AbortController();
  /** Settles when the first model has made all its vectors, or failed; null until it is asked for. */
  #improving: Promise<void> | null = null;
  readonly #first: ModelRunner;
  #upgrade: ModelRunner | null = null;
  #choices = 0;
  #loaded: LoadedIndexes | null = null;
  readonly #modelTimer: ReturnType<typeof setTimeout> | undefined;
  #wantModel!: () => void;
  readonly #modelWanted = new Promise<void>((resolve) => (this.#wantModel = resolve));

  /** @throws {IndexFormatError} `index/newer-format`, with nothing changed. */
  static async open(options: EngineOptions): Promise<Engine> {
    return new Engine(options, options.state ?? (await IndexState.open(options.store)));
  }

  private constructor(options: EngineOptions, state: IndexState) {
    this.#options = options;
    this.#state = state;
    this.#sets = new VectorSets(state.blocks);
    const { modelId: id, tier = "instant", loadEmbedder: load } = options;
    const first = new ModelSlot({ id, tier, load }, this.#onBytes());
    this.#models = new Models(first, this.#sets);
    const { maxSegments } = options;
    this.#indexer = new Indexer(state, this.#sets, this.#models, () => this.#makeVectors(), maxSegments);
    this.#searcher = new Searcher(state, this.#sets, this.#models, options.parameters);
    this.#first = this.#createRunner(first, firstRun);
    const { modelDelayMs } = options;
    if (modelDelayMs === undefined || state.snapshot.readers.length > 0) this.#wantModel();
    else this.#modelTimer = setTimeout(this.#wantModel, modelDelayMs);
    this.#begin(options.upgrade === undefined ? "first" : options.upgrade);
  }

  #onBytes(): OnBytes {
    return this.#options.onModelBytes ?? (() => {});
  }

  /** Lets a model come, and others go. */
  #begin(wanted: ModelSource | "first" | null): void {
    this.#models.isOff = wanted === null;
    if (wanted === null) return;
    const improving = (this.#improving ??= this.#first.begin(this.#modelWanted));
    if (wanted === "first") return;
    const slot = new ModelSlot(wanted, this.#onBytes());
    this.#models.second = slot;
    this.#upgrade = this.#createRunner(slot, upgradeRun);
    void this.#upgrade.begin(improving, this.#options.onUpgrade);
  }

  #createRunner(slot: ModelSlot, options: RunOptions): ModelRunner {
    const host = { state: this.#state, sets: this.#sets, models: this.#models };
    return new ModelRunner(host, slot, options, () => this.#options.onBetterAnswers?.(slot.tier), this.#closing.signal);
  }

  /**
   * Changes the model: one that takes over when it has a vector of every passage, the first one alone, or none. Stored vectors
   * of the model before stay until those of a third one take over, so that going back costs nothing.
   *
   * @returns when the choice is made; for `first`, when it answers.
   * @throws {ModelError} where the first model is asked for and has failed.
   */
  async use(wanted: ModelSource | "first" | null, options: CallOptions = {}): Promise<void> {
    this.#throwIfClosed();
    options.signal?.throwIfAborted();
    this.#wantModel();
    const upgrade = this.#upgrade;
    this.#upgrade = null;
    this.#models.second = null;
    const choice = ++this.#choices;
    await upgrade?.end();
    this.#throwIfClosed();
    // Why: of two choices at the same time the later one counts.
    if (choice !== this.#choices) return;
    this.#begin(wanted);
    if (wanted !== "first") return;
    const { first } = this.#models;
    const { fingerprint } = await first.ready();
    await this.#first.catchUp(options.onProgress);
    await this.#state.commit(async (snapshot) => letAnswer(snapshot, modelKey(fingerprint), this.#sets, this.#models));
  }

  /** Runs a change after those before it, whatever became of them. */
  #enqueue<T>(signal: AbortSignal | undefined, change: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.#throwIfClosed();
    const combined = this.#withClosing(signal);
    const result = this.#changes.then(() => {
      combined.throwIfAborted();
      return change(combined);
    });
    this.#changes = result.catch(() => {});
    return result;
  }

  /**
   * Adds or replaces documents. Words are searchable from the first commit on; the call ends when vectors of the model that
   * answers are stored, too, or it has failed.
   *
   * @throws {InvalidArgumentError} before anything is changed; {StorageError} with all earlier commits kept.
   */
  async add(documents: readonly Document[], options: CallOptions = {}): Promise<AddResult> {
    this.#throwIfClosed();
    checkDocuments(documents);
    this.#wantModel();
    let embeddedBefore = 0;
    const result = await this.#enqueue(options.signal, (signal) => {
      embeddedBefore = this.#first.embedded;
      return this.#indexer.add(documents, { ...options, signal });
    });
    // Why outside of the queue: a slow download must not hold up other changes, such as `clear` at a logout.
    await unlessAborted(this.#waitForVectors(options.onProgress), this.#withClosing(options.signal));
    return { ...result, embedded: this.#first.embedded - embeddedBefore, withoutVector: this.#countWithoutVector() };
  }

  /** Waits for vectors of the model that answers; those of one that is to take over come later. */
  async #waitForVectors(onProgress: CallOptions["onProgress"]): Promise<void> {
    const models = this.#models;
    const isThere =
      !models.isOff &&
      (await models.first.ready().then(
        () => true,
        () => false,
      ));
    const [made, upgraded] = this.#makeVectors(onProgress);
    if (isThere) await made;
    if (models.second !== null && models.answering(this.#state.snapshot.readers)?.slot === models.second)
      await upgraded;
  }

  /** Lets the models that are there make what vectors are missing; failures are for those who wait. */
  #makeVectors(onProgress?: CallOptions["onProgress"]): (Promise<void> | undefined)[] {
    const made = this.#models.isOff ? undefined : this.#first.catchUp(onProgress);
    const upgraded = this.#upgrade?.catchUp(this.#options.onUpgrade);
    for (const each of [made, upgraded]) each?.catch(() => {});
    return [made, upgraded];
  }

  #withClosing(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal]);
  }

  /**
   * Loads an index in pieces; queries then answer from it and from the documents here together. See `LoadedIndexes.load`.
   *
   * @param url - of the folder that has its entry file.
   */
  async load(url: string, options: LoadOptions = {}): Promise<LoadResult> {
    this.#throwIfClosed();
    clearTimeout(this.#modelTimer);
    const { createLoadedIndexes } = await loadPart(import("./loaded/loaded-indexes.ts"));
    this.#throwIfClosed();
    this.#loaded ??= createLoadedIndexes(this.#searcher, () => this.#options.onBetterAnswers?.("instant"));
    return this.#loaded.load(url, { ...options, signal: this.#withClosing(options.signal) });
  }

  /** Answers a query. See `Searcher.query`. */
  async query(text: string, options: QueryOptions = {}): Promise<QueryAnswer> {
    this.#throwIfClosed();
    options.signal?.throwIfAborted();
    return (this.#loaded ?? this.#searcher).query(text, options);
  }

  async remove(urls: readonly string[], options: CallOptions = {}): Promise<RemoveResult> {
    this.#throwIfClosed();
    checkUrls(urls);
    return this.#enqueue(options.signal, () => this.#indexer.remove(urls));
  }

  async clear(options: CallOptions = {}): Promise<void> {
    await this.#enqueue(options.signal, () => this.#indexer.clear());
    await this.#loaded?.clear();
  }

  /** Resolves when the first model is ready. @throws {ModelError} if it failed. */
  async modelReady(): Promise<void> {
    this.#wantModel();
    await this.#models.first.ready();
  }

  /** Vectors of the model that answers, for a plot. See `readVectors`. */
  async vectors(limit?: number): Promise<PassageVectors> {
    this.#throwIfClosed();
    const { readVectors } = await this.#searcher.loadFilter();
    const { readers } = await this.#state.refresh();
    const model = this.#models.answering(readers)?.key ?? null;
    return readVectors(
      readers,
      async (reader) => (model === null ? null : this.#sets.rows(reader, model)),
      model,
      limit,
    );
  }

  async status(): Promise<Status> {
    this.#throwIfClosed();
    const { manifest, readers } = await this.#state.refresh();
    const { store } = this.#state;
    const status: Status = {
      name: this.#options.name,
      documents: sum(readers.map((reader) => reader.liveDocumentCount)),
      passages: sum(readers.map((reader) => reader.livePassageCount)),
      withoutVector: this.#countWithoutVector(),
      segments: manifest.segments.length,
      generation: manifest.generation,
      bytes: storedBytes(manifest),
      tier: this.#models.answering(readers)?.slot.tier ?? "words",
      storage: { driver: store.driver, persistent: store.persistent, persisted: (await store.isPersisted?.()) ?? null },
      model: { ...this.#models.first.status(), ...(this.#models.isOff ? { state: "off" as const } : {}) },
      upgrade: this.#upgradeStatus(),
      fallbacks: this.#listFallbacks(),
      loaded: [],
    };
    return this.#loaded?.extendStatus(status) ?? status;
  }

  #upgradeStatus(): UpgradeStatus | null {
    const upgrade = this.#upgrade;
    if (upgrade === null) return null;
    const models = this.#models;
    const { readers } = this.#state.snapshot;
    const { done, total } = countVectors(this.#sets, readers, (model) => models.isSecond(model));
    return { ...upgrade.status(done === total && (total === 0 || models.hasTakenOver(readers))), done, total };
  }

  /** The model whose vectors count: the one that answers, else the first one, if it is ready. */
  #currentKey(): string | null {
    const models = this.#models;
    const embedder = models.answering(this.#state.snapshot.readers)?.embedder ?? models.first.current;
    return embedder === null || models.isOff ? null : modelKey(embedder.fingerprint);
  }

  /** Live passages without a vector of the model that answers; while none does, those without any vector. */
  #countWithoutVector(): number {
    const key = this.#currentKey();
    const lacking = this.#state.snapshot.readers.filter((reader) =>
      key === null ? this.#sets.whole(reader).length === 0 : this.#sets.find(reader, key) === null,
    );
    return sum(lacking.map((reader) => reader.livePassageCount));
  }

  #listFallbacks(): Fallback[] {
    const fallbacks: Fallback[] = [];
    const add = (feature: Fallback["feature"], instead: string, error: SearchError): void =>
      void fallbacks.push({ feature, instead, error: reportError(error) });
    const { snapshot } = this.#state;
    const answering = this.#models.answering(snapshot.readers);
    const tierBelow = answering === null ? "words only" : `the model "${answering.slot.id}"`;
    if (this.#options.storeFallback) add("storage", "memory, until the page is closed", this.#options.storeFallback);
    if (scanner.fallback) add("scan", "a slower scan of the vectors", scanner.fallback);
    if (this.#models.first.failure) add("model", tierBelow, this.#models.first.failure);
    if (this.#upgrade?.failure) add("model", tierBelow, this.#upgrade.failure);
    if (this.#state.manifestError) add("index", "an empty index", this.#state.manifestError);
    const named = new Set(snapshot.manifest.segments.flatMap(blocksOf).map(({ name }) => name));
    const lost = [...this.#sets.damages].filter(([block]) => named.has(block));
    for (const { part, error } of [...snapshot.damages, ...lost.map(([, error]) => ({ part: "vectors", error }))]) {
      if (part === "vectors") add(part, "words only, for a part of the index", error);
      else add("index", "the other parts of the index", error);
    }
    const foreign = this.#foreignModel();
    if (foreign !== null)
      add("vectors", "words only, until they are made again", modelMismatch(foreign, this.#currentKey()!));
    return fallbacks;
  }

  /** A model in no use whose vectors are all that some passages have. */
  #foreignModel(): string | null {
    if (this.#currentKey() === null) return null;
    const sets = this.#state.snapshot.readers.map((reader) => this.#sets.whole(reader));
    return (
      sets.find((each) => each.length > 0 && !each.some(({ model }) => this.#models.isUsed(model)))?.[0]!.model ?? null
    );
  }

  #throwIfClosed(): void {
    if (this.#closing.signal.aborted) throw this.#closing.signal.reason as Error;
  }

  /** Ends running changes and releases storage and model. Calling it again does nothing. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(closedError());
    clearTimeout(this.#modelTimer);
    await this.#loaded?.close();
    await this.#changes;
    await Promise.all([this.#first.end(), this.#upgrade?.end()]);
    await this.#state.close();
  }
}

/** Opens an engine; see `Engine.open`. */
export function createEngine(options: EngineOptions): Promise<Engine> {
  return Engine.open(options);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
