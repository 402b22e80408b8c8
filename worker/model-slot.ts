import { closedError, ModelError, type SearchError, type SearchErrorCode } from "../src/errors.ts";
import type { ModelStatus } from "../src/types.ts";
import type { Embedder, OnBytes } from "./ports.ts";
import { reportError } from "./report-error.ts";

/** Starts the model; called once. */
export type LoadEmbedder = (onBytes: OnBytes) => Promise<Embedder>;

/** A model that can be loaded. */
export interface ModelSource {
  readonly id: string;
  /** What an answer with its vectors is called. */
  readonly tier: ModelStatus["tier"];
  /** Called once. */
  readonly load: LoadEmbedder;
  /** Ends the model, also while it loads. Its embedder is closed before. */
  readonly stop?: () => Promise<void>;
}

/** Holds the model while it loads, when it is ready, and why it is not. Never throws by itself: words answer meanwhile. */
export class ModelSlot {
  readonly id: string;
  readonly tier: ModelStatus["tier"];
  readonly #load: LoadEmbedder;
  readonly #stop: () => Promise<void>;
  readonly #onBytes: OnBytes;
  readonly #outcome: Promise<Embedder>;
  #settle!: { resolve(embedder: Embedder): void; reject(error: SearchError): void };
  #isStarted = false;
  #isClosed = false;
  #embedder: Embedder | null = null;
  #error: ModelError | null = null;
  #bytes = 0;

  constructor({ id, tier, load, stop }: ModelSource, onBytes: OnBytes) {
    this.id = id;
    this.tier = tier;
    this.#load = load;
    this.#stop = stop ?? (async () => {});
    this.#onBytes = onBytes;
    this.#outcome = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
    // Why: a failure is reported by `status()` and to whoever waits; nobody waiting is no unhandled rejection.
    this.#outcome.catch(() => {});
  }

  /** The embedder if it is ready at this moment. */
  get current(): Embedder | null {
    return this.#embedder;
  }

  get failure(): ModelError | null {
    return this.#error;
  }

  /** Begins to load the model, once. @throws {ModelError} if loading failed. */
  start(): Promise<Embedder> {
    if (this.#isStarted) return this.#outcome;
    this.#isStarted = true;
    this.#run().then(
      (embedder) => {
        // Why: whoever closed it before it was there cannot close it any more.
        if (this.#isClosed) return void embedder.close();
        this.#embedder = embedder;
        this.#settle.resolve(embedder);
      },
      (error: unknown) => this.fail(error),
    );
    return this.#outcome;
  }

  async #run(): Promise<Embedder> {
    return this.#load((done, total) => {
      this.#bytes = done;
      this.#onBytes(done, total);
    });
  }

  /** @throws {ModelError} if loading failed. Waits for `start`. */
  ready(): Promise<Embedder> {
    return this.#outcome;
  }

  /** Gives the model up: from now on it counts as failed. @returns what is reported. */
  fail(error: unknown): ModelError {
    this.#error ??= asModelError(error, this.id);
    const embedder = this.#embedder;
    this.#embedder = null;
    this.#settle.reject(this.#error);
    void this.#end(embedder);
    return this.#error;
  }

  status(): ModelStatus {
    const fingerprint = this.#embedder?.fingerprint;
    return {
      id: this.id,
      tier: this.tier,
      state: this.#state(),
      revision: fingerprint?.revision ?? "",
      dim: fingerprint?.dim ?? 0,
      bytes: this.#bytes,
      device: fingerprint ? "worker" : "",
      dtype: "",
      fallbacks: [],
      ...this.#embedder?.running?.(),
      error: this.#error && reportError(this.#error),
    };
  }

  #state(): ModelStatus["state"] {
    if (this.#error) return this.#error.code === withheld ? "withheld" : "failed";
    if (this.#embedder) return "ready";
    return this.#isStarted ? "loading" : "waiting";
  }

  /** Ends the model; who still waits for it gets an error. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#settle.reject(closedError());
    await this.#end(this.#embedder);
  }

  async #end(embedder: Embedder | null): Promise<void> {
    try {
      await embedder?.close();
      if (this.#isStarted) await this.#stop();
    } catch {
      // It is given up in any case, and nothing can be done about what does not end.
    }
  }
}

const withheld: SearchErrorCode = "model/withheld";

/** The error for a model that is not started, although nothing is wrong with it. */
export function withheldError(id: string, why: string): ModelError {
  const message = `The model "${id}" is not loaded: ${why}. The tier below answers; \`upgrade: "always"\` loads it.`;
  return new ModelError(withheld, message, { model: id });
}

function asModelError(error: unknown, id: string): ModelError {
  if (error instanceof ModelError) return error;
  const message = `The model "${id}" could not be started: ${String(error)}. The tier below answers.`;
  return new ModelError("model/format", message, { model: id }, error);
}
