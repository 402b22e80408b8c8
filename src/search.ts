/// <reference lib="esnext.disposable" preserve="true" />
import { proxy, releaseProxy, type Remote, wrap } from "comlink";
import { builtInModelUrls, startWorker } from "./assets.ts";
import { builtInModelId } from "./built-in-model.ts";
import { closedError, InvalidArgumentError, WorkerError } from "./errors.ts";
import { fromFunction } from "./from-function.ts";
import type { EmbedFunction, ModelProvider } from "./model-provider.ts";
import { asSendError, sendLength, toPlainDocuments } from "./plain-document.ts";
import {
  installErrorTransfer,
  type OnProgress,
  type OpenOptions,
  type ProviderHandle,
  type UpgradePolicy,
  type WantedModel,
  type WorkerApi,
  type WorkerEvent,
} from "./protocol.ts";
import { createHandle } from "./provider-handle.ts";
import type {
  AddResult,
  CallOptions,
  Document,
  Progress,
  QueryAnswer,
  QueryOptions,
  RemoveResult,
  Status,
  Tier,
} from "./types.ts";

/**
 * A model: one that takes over from the built-in instant one, `"inkling-instant-v1"` for that one alone, or null for words alone.
 */
export type SearchModel = ModelProvider | EmbedFunction | string | null;

/** When a model that takes over is loaded. */
export interface UpgradeOptions {
  /**
   * `idle`: when the page is idle, and not where the visitor saves data, the device has less than 4 GB of memory or a low
   * battery, as far as the browser tells. `always`: as soon as the instant model is there. Default `idle`.
   */
  readonly upgrade?: UpgradePolicy;
}

/** How a search is set up. Nothing but `name` is usually needed. */
export interface CreateSearchOptions extends UpgradeOptions {
  /** Names the stored index: searches of one name share it, also across tabs. Default `"default"`. */
  readonly name?: string;
  /** `memory` keeps nothing after the page is closed. Default `indexeddb`. */
  readonly storage?: "indexeddb" | "memory";
  /** Default: the built-in instant model. See `use`. */
  readonly model?: SearchModel;
  /** Folder that holds `models/`, for files served from another place than the library. */
  readonly assetsUrl?: string | URL;
  /** Address of `worker.js`, for a strict Content Security Policy or a bundler that does not find it. */
  readonly workerUrl?: string | URL;
  /** Starts the worker, instead of `workerUrl`. */
  readonly worker?: () => Worker;
  /** Bytes of the models as they arrive, and passages that get vectors of one that takes over. */
  readonly onProgress?: (progress: Progress) => void;
  /** Cancels opening; later it has no effect. */
  readonly signal?: AbortSignal;
}

/** Answers became better: vectors are ready. `tier` is the new one. */
export class BetterAnswersEvent extends Event {
  readonly tier: Tier;

  constructor(tier: Tier) {
    super("betteranswers");
    this.tier = tier;
  }
}

/** The event `progress`: a step of a long task, as the option `onProgress` is told it. */
export interface SearchProgressEvent extends Event {
  readonly progress: Progress;
}

/** Longest time for the worker to load and open its index: a slow line and a slow disk have room in it. */
const maxStartMs = 60_000;

/** Characters of documents sent to the worker at once: copying them takes a few ms of the page's thread. */
const sliceLength = 200_000;

/**
 * Opens a search: starts the worker, opens the stored index and begins to load the model. Words answer at once,
 * meaning as soon as the model is there.
 *
 * @throws {WorkerError} `worker/start` if the worker cannot be started.
 * @throws {IndexFormatError} `index/newer-format` if a newer version of the library wrote the index; it stays untouched.
 */
export async function createSearch(options: CreateSearchOptions = {}): Promise<Search> {
  checkOptions(options);
  const { name = "default", storage = "indexeddb", signal } = options;
  signal?.throwIfAborted();
  const chosen = chooseModel(options.model, options);
  const search = new Search(start(options));
  try {
    const modelUrls = builtInModelUrls(options.assetsUrl);
    await search.open({ name, storage, modelId: builtInModelId, modelUrls }, chosen, options.onProgress, signal);
    return search;
  } catch (error) {
    search.terminate();
    throw error;
  }
}

function checkOptions(options: unknown): void {
  if (typeof options !== "object" || options === null) {
    throw optionError("The options", options, 'an object, such as { name: "docs" }');
  }
  const { name, storage, onProgress } = options as Record<string, unknown>;
  if (name !== undefined && (typeof name !== "string" || name === "")) {
    throw optionError("`name`", name, "a string that is not empty");
  }
  if (storage !== undefined && storage !== "indexeddb" && storage !== "memory") {
    throw optionError("`storage`", storage, '"indexeddb" or "memory"');
  }
  checkProgress(onProgress);
}

/** What the worker is told of a model, and what it starts it with. */
type Chosen = readonly [wanted: WantedModel, handle: ProviderHandle | null];

function chooseModel(model: SearchModel = builtInModelId, { upgrade = "idle" }: UpgradeOptions): Chosen {
  if (model === null) return [model, null];
  if (model === builtInModelId) return ["instant", null];
  const provider = typeof model === "function" ? fromFunction(model) : (model as ModelProvider);
  const { id, tier } = provider;
  if (!id) throw optionError("`model`", model, `a model, a function, "${builtInModelId}" or null`);
  return [{ id, tier, upgrade }, createHandle(provider)];
}

function checkProgress(onProgress: unknown): void {
  if (onProgress !== undefined && typeof onProgress !== "function") {
    throw optionError("`onProgress`", onProgress, "a function");
  }
}

function optionError(what: string, found: unknown, expected: string): InvalidArgumentError {
  const shown = typeof found === "string" ? JSON.stringify(found) : String(found);
  return new InvalidArgumentError("argument/option", `${what}: found ${shown}, expected ${expected}.`);
}

function start(options: CreateSearchOptions): Worker {
  try {
    return options.worker?.() ?? startWorker(options.workerUrl);
  } catch (error) {
    if (error instanceof InvalidArgumentError) throw error;
    throw startError(String(error), error);
  }
}

function startError(why: string, cause?: unknown): WorkerError {
  return new WorkerError(
    "worker/start",
    `The search worker could not be started: ${why || "its script did not load"}. Check that worker.js is served, and the Content Security Policy; or give \`workerUrl\`.`,
    {},
    cause,
  );
}

function lostError(why: string): WorkerError {
  return new WorkerError(
    "worker/lost",
    `The search worker has failed: ${why || "no reason given"}. What was committed is stored; call createSearch() again.`,
  );
}

/** An open search. Made by `createSearch`. Fires `betteranswers` and `progress`. */
export class Search extends EventTarget {
  /** `await using search = …` closes the search at the end of its block; absent where the browser has no such symbol. */
  declare readonly [Symbol.asyncDispose]: () => Promise<void>;
  readonly #worker: Worker;
  readonly #api: Remote<WorkerApi>;
  readonly #ended: AbortController = new AbortController();
  #nextCall = 1;
  #isOpen = false;

  /** @internal */
  constructor(worker: Worker) {
    super();
    installErrorTransfer();
    // Why not as a method: browsers without the symbol would get one named "undefined".
    if (Symbol.asyncDispose) Object.defineProperty(this, Symbol.asyncDispose, { value: () => this.close() });
    this.#worker = worker;
    this.#api = wrap<WorkerApi>(worker);
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.#ended.abort(this.#isOpen ? lostError(event.message) : startError(event.message));
    });
  }

  /** @internal */
  async open(
    options: Omit<OpenOptions, "model">,
    [model, handle]: Chosen,
    onProgress: OnProgress | undefined,
    signal?: AbortSignal,
  ): Promise<void> {
    const onEvent = (event: WorkerEvent): void => {
      if (event.type === "progress") {
        onProgress?.(event.progress);
        this.dispatchEvent(Object.assign(new Event("progress"), { progress: event.progress }));
      } else this.dispatchEvent(new BetterAnswersEvent(event.tier));
    };
    // Why: a script that loads but is not our worker gives no error, and no answer either.
    const timer = setTimeout(() => this.#ended.abort(startError("it did not answer")), maxStartMs);
    await this.#call(signal, () => this.#api.open({ ...options, model }, proxy(onEvent), handle)).finally(() =>
      clearTimeout(timer),
    );
    this.#isOpen = true;
  }

  /** @internal */
  terminate(): void {
    this.#api[releaseProxy]();
    this.#worker.terminate();
  }

  /**
   * Adds documents, or replaces those with the same url. Documents that did not change cost nothing; passages that did not
   * change are not embedded again. Their words can be found while the call still runs.
   *
   * @throws {InvalidArgumentError} before anything is changed.
   * @throws {StorageError} `storage/quota` and others; what was committed before stays.
   */
  async add(documents: readonly Document[], options: CallOptions = {}): Promise<AddResult> {
    // Why: progress comes through a port of its own, and its last message may arrive after the result.
    const settled = new AbortController();
    const { onProgress } = options;
    checkProgress(onProgress);
    const report = onProgress && ((progress: Progress) => !settled.signal.aborted && onProgress(progress));
    return this.#call(options.signal, async (id) => {
      try {
        await this.#send(id, documents, onProgress);
      } catch (error) {
        void this.#api.cancel(id);
        throw asSendError(error);
      }
      return this.#api.add(id, report ? proxy(report) : null);
    }).finally(() => settled.abort());
  }

  async #send(id: number, documents: readonly Document[], onProgress: OnProgress | undefined): Promise<void> {
    if (!Array.isArray(documents)) {
      throw new InvalidArgumentError(
        "argument/text",
        `\`documents\` is ${typeof documents}, expected an array of documents.`,
      );
    }
    for (let start = 0; start < documents.length;) {
      const end = endOfSlice(documents, start);
      await this.#api.receive(id, toPlainDocuments(documents.slice(start, end)));
      onProgress?.({ phase: "receive", done: end, total: documents.length });
      start = end;
    }
  }

  /**
   * Finds the pages that answer a query, best first, each with its best passages.
   *
   * An empty query gives an empty answer.
   *
   * @throws {InvalidArgumentError} for a bad `limit` or `mode`.
   */
  async query(text: string, options: QueryOptions = {}): Promise<QueryAnswer> {
    const { limit, mode, signal } = options;
    return this.#call(signal, (id) => this.#api.query(id, text, { limit, mode } as Omit<QueryOptions, "signal">));
  }

  /** Removes documents by url; urls that are not indexed are ignored. */
  async remove(urls: readonly string[], options: Pick<CallOptions, "signal"> = {}): Promise<RemoveResult> {
    return this.#call(options.signal, (id) =>
      this.#api.remove(id, Array.isArray(urls) ? [...(urls as string[])] : urls),
    );
  }

  /** Removes every document of this index from storage. */
  async clear(options: Pick<CallOptions, "signal"> = {}): Promise<void> {
    return this.#call(options.signal, (id) => this.#api.clear(id));
  }

  /**
   * Changes the model that ranks by meaning. A model that takes over is loaded, and every passage gets a vector of it in the
   * background, while the earlier ones answer; `betteranswers` tells when it does. The instant model and null are in force when
   * the call ends. Going back costs nothing: vectors made are kept until those of a third model take over.
   *
   * @throws {InvalidArgumentError} for what is no model.
   * @throws {ModelError} where the instant model is asked for and cannot be loaded.
   */
  async use(model: SearchModel, options: UpgradeOptions & Pick<CallOptions, "signal"> = {}): Promise<void> {
    const chosen = chooseModel(model, options);
    return this.#call(options.signal, (id) => this.#api.use(id, ...chosen));
  }

  /** What is indexed, which tier answers, and every fallback in use with its reason. */
  async status(): Promise<Status> {
    return this.#call(undefined, () => this.#api.status());
  }

  /** Stops the worker; what is committed stays stored. Calls still running are rejected. Calling it again does nothing. */
  async close(): Promise<void> {
    if (this.#ended.signal.aborted) return;
    const closing = this.#api.close();
    this.#ended.abort(closedError());
    await closing;
    this.terminate();
  }

  /** Runs one call with an id: rejects with the signal's reason when it is aborted, or when the worker is gone. */
  #call<T>(signal: AbortSignal | undefined, run: (id: number) => Promise<T>): Promise<T> {
    const id = this.#nextCall++;
    const { signal: ended } = this.#ended;
    const either = AbortSignal.any(signal === undefined ? [ended] : [ended, signal]);
    const settled = new AbortController();
    return new Promise<T>((resolve, reject) => {
      either.throwIfAborted();
      const onAbort = (): void => {
        if (!ended.aborted) void this.#api.cancel(id);
        reject(either.reason as Error);
      };
      either.addEventListener("abort", onAbort, { signal: settled.signal });
      run(id).then(resolve, reject);
    }).finally(() => settled.abort());
  }
}

/** As many documents as make about `sliceLength` characters, at least one. */
function endOfSlice(documents: readonly Document[], start: number): number {
  let length = 0;
  let end = start;
  while (end < documents.length && (end === start || length < sliceLength)) length += sendLength(documents[end++]!);
  return end;
}
