import { ModelError } from "../src/errors.ts";
import type { ModelStatus } from "../src/types.ts";
import type { Embedder, OnBytes } from "./ports.ts";
import { reportError } from "./report-error.ts";

/** Starts the model; called once. */
export type LoadEmbedder = (onBytes: OnBytes) => Promise<Embedder>;

/** Holds the model while it loads, when it is ready, and why it is not. Never throws by itself: words answer meanwhile. */
export class ModelSlot {
  private readonly id: string;
  private readonly loading: Promise<Embedder>;
  private embedder: Embedder | null = null;
  private error: ModelError | null = null;
  private bytes = 0;

  constructor(id: string, load: LoadEmbedder, onBytes: OnBytes) {
    this.id = id;
    this.loading = load((done, total) => {
      this.bytes = done;
      onBytes(done, total);
    }).then(
      (embedder) => (this.embedder = embedder),
      (error: unknown) => {
        this.error = asModelError(error, id);
        throw this.error;
      },
    );
    // Why: a failure is reported by `status()` and to whoever waits; nobody waiting is no unhandled rejection.
    this.loading.catch(() => {});
  }

  /** The embedder if it is ready at this moment. */
  get current(): Embedder | null {
    return this.embedder;
  }

  get failure(): ModelError | null {
    return this.error;
  }

  /** @throws {ModelError} if loading failed. */
  ready(): Promise<Embedder> {
    return this.loading;
  }

  status(): ModelStatus {
    const fingerprint = this.embedder?.fingerprint;
    return {
      id: this.id,
      state: this.error ? "failed" : this.embedder ? "ready" : "loading",
      revision: fingerprint?.revision ?? "",
      dim: fingerprint?.dim ?? 0,
      bytes: this.bytes,
      error: this.error && reportError(this.error),
    };
  }

  async close(): Promise<void> {
    await this.embedder?.close();
  }
}

function asModelError(error: unknown, id: string): ModelError {
  if (error instanceof ModelError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ModelError(
    "model/format",
    `The model "${id}" could not be started: ${message}. Search goes on by words.`,
    { model: id },
    error,
  );
}
