/// <reference lib="esnext.disposable" preserve="true" />
import { proxy, releaseProxy, type Remote, transfer, wrap } from "comlink";
import { builtInModelUrls, startWorker } from "./assets.ts";
import { builtInModelId } from "./built-in-model.ts";
import { optionError } from "./core/option-error.ts";
import { closedError, InvalidArgumentError, WorkerError } from "./errors.ts";
import { fromFunction } from "./from-function.ts";
import type { ModelProvider } from "./model-provider.ts";
import type { AddPageOptions } from "./page/options.ts";
import { loadPart } from "./promises.ts";
import {
  installErrorTransfer,
  type OnProgress,
  type OpenOptions,
  type ProviderHandle,
  type WantedModel,
  type WireQueryOptions,
  type WorkerApi,
  type WorkerEvent,
} from "./protocol.ts";
import {
  checkOptions,
  checkProgress,
  type CreateSearchOptions,
  type SearchModel,
  type UpgradeOptions,
} from "./search-options.ts";
import type { AddSiteOptions } from "./site/options.ts";
import type {
  AddResult,
  CallOptions,
  Document,
  LoadOptions,
  LoadResult,
  PassageVectors,
  Progress,
  QueryAnswer,
  QueryOptions,
  RemoveResult,
  SiteResult,
  Status,
  Tier,
  VectorsOptions,
} from "./types.ts";
import { version } from "./version.ts";

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

/** The event `error`: reading a watched page again has failed. */
export interface SearchErrorEvent extends Event {
  readonly error: unknown;
}

/** Longest time for the worker to load and open its index: a slow line and a slow disk have room in it. */
const maxStartMs = 60_000;

/**
 * Opens a search: starts the worker, opens the stored index and begins to load the model. Words answer at once,
 * meaning as soon as the model is there.
 *
 * @throws {WorkerError} `worker/start` if the worker cannot be started.
 * @throws {SearchError} `library/part` if the worker is of another release than this script.
 * @throws {IndexFormatError} `index/newer-format` if a newer version of the library wrote the index; it stays untouched.
 */
export async function createSearch(options: CreateSearchOptions = {}): Promise<Search> {
  checkOptions(options);
  const { name = "default", storage = "indexeddb", signal } = options;
  signal?.throwIfAborted();
  const chosen = chooseModel(options.model, options);
  const search = new Search(
    start(options),
    options.persist === true && storage !== "memory" ? askToPersist : undefined,
  );
  try {
    const modelUrls = builtInModelUrls(options.assetsUrl);
    const wanted = { version, name, storage, modelId: builtInModelId, modelUrls };
    await search.open(wanted, chosen, options.onProgress, signal);
    return search;
  } catch (error) {
    search.terminate();
    throw error;
  }
}

/** What the worker is told of a model, and what it starts it with. */
type Chosen = readonly [wanted: WantedModel, handle: ProviderHandle | null];

function chooseModel(model: SearchModel = builtInModelId, { upgrade = "idle" }: UpgradeOptions): Chosen {
  if (model === null) return [model, null];
  if (model === builtInModelId) return ["instant", null];
  const provider = typeof model === "function" ? fromFunction(model) : (model as ModelProvider);
  const { id, tier } = provider;
  if (!id) throw optionError("model", model, `a model, a function, "${builtInModelId}" or null`);
  return [{ id, tier, upgrade }, createHandle(provider)];
}

/** A provider as the worker calls it; the code for it comes when the worker does. */
function createHandle(provider: ModelProvider): ProviderHandle {
  let loading: Promise<ProviderHandle> | undefined;
  const load = (): Promise<ProviderHandle> =>
    (loading ??= loadPart(import("./provider-handle.ts")).then((part) => part.createHandle(provider, transfer)));
  return proxy<ProviderHandle>({
    start: async (...wanted) => (await load()).start(...wanted),
    async stop() {
      const started = loading;
      // Why: the worker and, where that is lost, the page stop it; an app's provider is told once.
      loading = undefined;
      await (await started)?.stop();
    },
  });
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

function askToPersist(): void {
  // Why no complaint: the index works without, and `status()` tells that the browser may delete it.
  import("./persist.ts").then((part) => part.askToPersist()).catch(() => {});
}

/** An open search. Made by `createSearch`. Fires `betteranswers` and `progress`. */
export class Search extends EventTarget {
  /** `await using search = …` closes the search at the end of its block; absent where the browser has no such symbol. */
  declare readonly [Symbol.asyncDispose]: () => Promise<void>;
  readonly #worker: Worker;
  readonly #api: Remote<WorkerApi>;
  readonly #ended: AbortController = new AbortController();
  #handle: ProviderHandle | null = null;
  readonly #onUse: (() => void) | undefined;
  #nextCall = 1;
  #isOpen = false;

  /**
   * @internal
   * @param onUse - called after every question, and when documents were added.
   */
  constructor(worker: Worker, onUse?: () => void) {
    super();
    this.#onUse = onUse;
    installErrorTransfer();
    // Why not as a method: browsers without the symbol would get one named "undefined".
    if (Symbol.asyncDispose) Object.defineProperty(this, Symbol.asyncDispose, { value: () => this.close() });
    this.#worker = worker;
    this.#api = wrap<WorkerApi>(worker);
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.#ended.abort(this.#isOpen ? lostError(event.message) : startError(event.message));
      // Why: an error that nobody caught ends no worker, and this one may hold locks that others wait for.
      worker.terminate();
      this.#stopModel();
    });
  }

  /** A worker that is gone cannot stop the model that it was given, which may be a worker with a large heap. */
  #stopModel(): void {
    this.#handle?.stop().catch(() => {});
  }

  /** @internal */
  async open(
    options: Omit<OpenOptions, "model">,
    [model, handle]: Chosen,
    onProgress: OnProgress | undefined,
    signal?: AbortSignal,
  ): Promise<void> {
    this.#handle = handle;
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
    this.#stopModel();
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
        const { sendDocuments } = await loadPart(import("./send-documents.ts"));
        await sendDocuments(documents, (slice) => this.#api.receive(id, slice), onProgress);
      } catch (error) {
        void this.#api.cancel(id);
        throw error;
      }
      return this.#api.add(id, report ? proxy(report) : null);
    })
      .finally(() => settled.abort())
      .finally(this.#onUse);
  }

  /**
   * Adds the page that the visitor is on, or a part of it, as a document. With `watch` it is read again when it changes, until
   * `signal` is aborted or the search is closed; failures then fire the event `error`. A page that asks not to be indexed is
   * taken out, with the warning `page/skipped`.
   *
   * @throws {InvalidArgumentError} `argument/option`; {WorkerError} where the worker that reads pages cannot be started.
   */
  async addPage(options: AddPageOptions = {}): Promise<AddResult> {
    return (await loadPart(import("./pages.ts"))).addPage(this, options, this.#ended.signal);
  }

  /**
   * Adds the pages of a site of the same origin: those of its sitemap, else those that links lead to. robots.txt is followed,
   * unchanged pages cost one request, an interrupted crawl goes on where it was.
   *
   * @param source - a sitemap, a page to start from, or a list of pages. Default: the site's sitemap, else this page.
   * @throws {InvalidArgumentError} `argument/option`, `argument/url`; {SearchError} `site/unreachable`, `site/refused`.
   */
  async addSite(source?: string | readonly string[], options: AddSiteOptions = {}): Promise<SiteResult> {
    return (await loadPart(import("./pages.ts"))).addSite(this, source, options, this.#ended.signal);
  }

  /**
   * Loads an index that `inkling build --pieces` wrote, from any static host: queries then fetch the few blocks that they touch,
   * each once. Several may be loaded; their hits and those of added documents make one list. Loading an address again reads
   * its entry file anew.
   *
   * @param url - of the folder that has the entry file.
   * @returns as soon as words can be asked for; `betteranswers` fires when meaning can.
   * @throws {InvalidArgumentError} `argument/option`; {IndexFormatError} `index/missing`, `index/newer-format`, `index/unreachable`.
   */
  async load(url: string, { onProgress, signal, ...options }: LoadOptions = {}): Promise<LoadResult> {
    return this.#call(signal, (id) =>
      this.#api.load(id, url, document.baseURI, options, onProgress && proxy(onProgress)),
    );
  }

  /**
   * Finds the pages that answer a query, best first, each with its best passages.
   *
   * An empty query gives an empty answer, or with `sort` by an attribute all documents that match `where`.
   *
   * @throws {InvalidArgumentError} for a bad option, such as a `where` with an attribute that no document has.
   */
  async query(text: string, options: QueryOptions = {}): Promise<QueryAnswer> {
    const { limit, mode, where, facets, sort, signal } = options;
    // Why `this`: old libraries give arrays a `toJSON`, which writes something else.
    const filter = JSON.stringify([where, facets, sort], function (this: Record<string, unknown>, key, value: unknown) {
      const own = this[key];
      return Array.isArray(own) ? own : (value ?? null);
    });
    return this.#call(signal, (id) => this.#api.query(id, text, { limit, mode, filter } as WireQueryOptions)).finally(
      this.#onUse,
    );
  }

  /**
   * Gives vectors of passages that were added, by the model that answers, with their texts: for a plot, or to find what is alike.
   * Those of loaded indexes are not among them.
   *
   * @returns empty where no model answers yet; `betteranswers` tells when one does.
   * @throws {InvalidArgumentError} `argument/limit`; {SearchError} `library/part`; {IndexFormatError} where stored text is damaged.
   */
  async vectors({ limit, signal }: VectorsOptions = {}): Promise<PassageVectors> {
    return this.#call(signal, (id) => this.#api.vectors(id, limit));
  }

  /** Removes documents by url; urls that are not indexed are ignored. */
  async remove(urls: readonly string[], options: Pick<CallOptions, "signal"> = {}): Promise<RemoveResult> {
    return this.#call(options.signal, (id) =>
      this.#api.remove(id, Array.isArray(urls) ? [...(urls as string[])] : urls),
    );
  }

  /** Removes every document of this index from storage, and what is kept there of loaded indexes, which go on answering. */
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
    this.#handle = chosen[1];
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
