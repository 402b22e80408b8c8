import { proxy, releaseProxy, type Remote, wrap } from "comlink";
import { ModelError } from "../src/errors.ts";
import type { EmbeddedTexts } from "../src/model-provider.ts";
import type { TextContext, TextKind } from "./embedder.ts";
import type { NeuralWorkerApi, OnBytes, OpenedModel, OpenModelOptions } from "./protocol.ts";

/** Longest time for the worker's script to load and answer, the model not counted. */
const maxAnswerMs = 60_000;

/** A worker with one model on one device. Calls reject when the worker is lost or stopped. */
export class NeuralWorker {
  readonly #worker: Worker;
  readonly #api: Remote<NeuralWorkerApi>;
  readonly #ended = new AbortController();

  constructor(worker: Worker) {
    this.#worker = worker;
    this.#api = wrap<NeuralWorkerApi>(worker);
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.#end(lostError(event.message));
    });
    worker.addEventListener("messageerror", () => this.#end(lostError("a message could not be read")));
  }

  async open(options: OpenModelOptions, onBytes: OnBytes): Promise<OpenedModel> {
    // Why: a script that loads but is not our worker gives no error, and no answer either.
    const timer = setTimeout(() => this.#end(lostError("it did not answer")), maxAnswerMs);
    await this.heapBytes().finally(() => clearTimeout(timer));
    return this.#call(() => this.#api.open(options, proxy(onBytes)));
  }

  embed(texts: readonly string[], kind: TextKind, context?: TextContext): Promise<EmbeddedTexts> {
    return this.#call(() => this.#api.embed(texts, kind, context));
  }

  measure(texts: readonly string[], limitMs: number): Promise<number> {
    return this.#call(() => this.#api.measure(texts, limitMs));
  }

  heapBytes(): Promise<number> {
    return this.#call(() => this.#api.heapBytes());
  }

  /** Ends the worker and gives its memory back; calls still running reject with the reason. */
  stop(reason: Error): void {
    this.#end(reason);
  }

  #end(reason: Error): void {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort(reason);
    this.#api[releaseProxy]();
    this.#worker.terminate();
  }

  #call<T>(run: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const { signal } = this.#ended;
      if (signal.aborted) return reject(signal.reason as Error);
      const onEnd = (): void => reject(signal.reason as Error);
      signal.addEventListener("abort", onEnd, { once: true });
      run()
        .then(resolve, reject)
        .finally(() => signal.removeEventListener("abort", onEnd));
    });
  }
}

function lostError(why: string): ModelError {
  return new ModelError(
    "model/device",
    `The neural worker has failed: ${why || "its script did not load"}. Check that neural-worker.js and the runtime are served, and the ` +
      `content security policy; or give \`workerUrl\`.`,
    { why },
  );
}
