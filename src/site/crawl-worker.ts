import { releaseProxy, type Remote, wrap } from "comlink";
import { locateBeside, resolveUrl, startFrom } from "../addresses.ts";
import { WorkerError } from "../errors.ts";
import { installErrorTransfer } from "../protocol.ts";
import type { CrawlApi } from "./protocol.ts";

/** Longest time for the worker's script to load and answer. */
const maxStartMs = 60_000;

/** A crawl worker that runs; calls reject with the signal's reason once it is aborted. */
export class CrawlWorker {
  readonly #worker: Worker;
  readonly #api: Remote<CrawlApi>;
  readonly #ended = new AbortController();
  #hasAnswered = false;

  /** @throws {WorkerError} `worker/start`; {InvalidArgumentError} `argument/option` */
  constructor(workerUrl: string | URL | undefined) {
    installErrorTransferOnce();
    this.#worker = start(workerUrl);
    this.#api = wrap<CrawlApi>(this.#worker);
    this.#worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.stop(this.#hasAnswered ? lostError(event.message) : startError(event.message));
    });
  }

  /** Calls the worker. @throws what it throws, or why it was stopped. */
  call<T>(run: (api: Remote<CrawlApi>) => Promise<T>, isLong = false): Promise<T> {
    const { signal } = this.#ended;
    const settled = new AbortController();
    // Why: a script that loads but is not our worker gives no error, and no answer either.
    const timer = isLong ? undefined : setTimeout(() => this.stop(startError("it did not answer")), maxStartMs);
    return new Promise<T>((resolve, reject) => {
      signal.throwIfAborted();
      signal.addEventListener("abort", () => reject(signal.reason as Error), { signal: settled.signal });
      run(this.#api).then((value) => {
        this.#hasAnswered = true;
        resolve(value);
      }, reject);
    }).finally(() => {
      clearTimeout(timer);
      settled.abort();
    });
  }

  /** Ends the worker at once; calls still running reject with the reason. Again: nothing. */
  stop(reason: unknown): void {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort(reason);
    this.#api[releaseProxy]();
    this.#worker.terminate();
  }
}

let hasErrorTransfer = false;

/** Why here: this part of the library has a copy of Comlink of its own. */
function installErrorTransferOnce(): void {
  if (!hasErrorTransfer) installErrorTransfer();
  hasErrorTransfer = true;
}

function start(workerUrl: string | URL | undefined): Worker {
  const own = import.meta.url;
  const url =
    workerUrl === undefined ? locateBeside(own, "crawl-worker.js", new URL(own)) : resolveUrl("workerUrl", workerUrl);
  try {
    // Exactly this form: bundlers look for it and add the worker to the app.
    return url ? startFrom(url) : new Worker(new URL("./crawl-worker.js", import.meta.url), { type: "module" });
  } catch (error) {
    throw startError(String(error), error);
  }
}

function startError(why: string, cause?: unknown): WorkerError {
  return new WorkerError(
    "worker/start",
    `The worker that reads pages could not be started: ${why || "its script did not load"}. Check that crawl-worker.js is served, and the Content Security Policy; or give \`workerUrl\`.`,
    {},
    cause,
  );
}

function lostError(why: string): WorkerError {
  return new WorkerError(
    "worker/lost",
    `The worker that reads pages has failed: ${why || "no reason given"}. What was added is stored; try again, and it goes on.`,
  );
}
