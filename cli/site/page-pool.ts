import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { type PageAnswer, type PageRequest, readPage } from "./read-page.ts";

/** What every thread of a pool is given. */
export interface PagePoolData {
  readonly folder: string;
  /** Language of pages that declare none; `""`: it is detected. */
  readonly lang: string;
}

/** Pages for a thread. */
export interface PageTask {
  readonly id: number;
  readonly requests: readonly PageRequest[];
}

/** What a thread made of them. */
export type PageTaskResult =
  | { readonly id: number; readonly answers: readonly PageAnswer[] }
  | { readonly id: number; readonly error: string };

/** Pages sent to a thread at once: enough to keep it busy while a message is under way. */
const taskPages = 8;

/** Fewer pages are read sooner than a thread starts. */
const minPagesForThreads = 64;

/** Reads pages on several threads. */
export interface PagePool {
  /** Gives the pages in the order asked for. */
  read(requests: readonly PageRequest[], onRead?: (count: number) => void): Promise<PageAnswer[]>;
  close(): Promise<void>;
}

interface Waiting {
  readonly resolve: (answers: readonly PageAnswer[]) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Makes a pool; its threads start when there are pages enough for them.
 *
 * @param threads - at most so many; `0` reads in this one. Default: one for each core.
 */
export function createPagePool(data: PagePoolData, threads: number = availableParallelism()): PagePool {
  const workers: PageThread[] = [];
  return {
    async read(requests, onRead = () => {}) {
      if (threads === 0 || requests.length < minPagesForThreads) return readHere(data, requests, onRead);
      while (workers.length < threads) workers.push(new PageThread(data));
      return readOnThreads(workers, requests, onRead);
    },
    async close() {
      await Promise.all(workers.splice(0).map((worker) => worker.close()));
    },
  };
}

async function readHere(
  { folder, lang }: PagePoolData,
  requests: readonly PageRequest[],
  onRead: (count: number) => void,
): Promise<PageAnswer[]> {
  const answers: PageAnswer[] = [];
  for (const request of requests) {
    answers.push(await readPage(folder, request, lang));
    onRead(1);
  }
  return answers;
}

async function readOnThreads(
  workers: readonly PageThread[],
  requests: readonly PageRequest[],
  onRead: (count: number) => void,
): Promise<PageAnswer[]> {
  const answers: PageAnswer[] = [];
  let next = 0;
  const work = async (worker: PageThread): Promise<void> => {
    while (next < requests.length) {
      const start = next;
      next += taskPages;
      const read = await worker.read(requests.slice(start, start + taskPages));
      read.forEach((answer, i) => (answers[start + i] = answer));
      onRead(read.length);
    }
  };
  // Why twice each: the next pages are there already when a thread is done with its own.
  await Promise.all([...workers, ...workers].map(work));
  return answers;
}

class PageThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;
  #failure: Error | undefined;

  constructor(data: PagePoolData) {
    this.#worker = startWorker(data);
    this.#worker.on("message", (result: PageTaskResult) => this.#settle(result));
    this.#worker.on("error", (error: Error) => this.#fail(error));
    this.#worker.on("exit", (code) => this.#fail(new Error(`A thread that reads pages ended with code ${code}.`)));
  }

  read(requests: readonly PageRequest[]): Promise<readonly PageAnswer[]> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, requests } satisfies PageTask);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #settle(result: PageTaskResult): void {
    const waiting = this.#waiting.get(result.id);
    this.#waiting.delete(result.id);
    if ("answers" in result) waiting?.resolve(result.answers);
    else waiting?.reject(new Error(result.error));
  }

  #fail(error: Error): void {
    this.#failure = error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/** Starts `page-worker`: beside the bundled command line as JavaScript, in the repository as TypeScript. */
function startWorker(workerData: PagePoolData): Worker {
  if (!import.meta.url.endsWith(".ts"))
    return new Worker(new URL(`./${workerName}.js`, import.meta.url), { workerData });
  // Why: this Node runs no TypeScript by itself, and the repository's loader leaves threads to whoever starts them.
  const required = createRequire(import.meta.url).resolve("tsx/esm/api");
  const loader = pathToFileURL(required.replace(/\.cjs$/, ".mjs")).href;
  const entry = new URL(`./${workerName}.ts`, import.meta.url).href;
  const start = `import(${JSON.stringify(loader)}).then(({ register }) => { register(); return import(${JSON.stringify(entry)}); });`;
  return new Worker(start, { eval: true, workerData });
}

/** Why a name and not a literal address: bundlers would look for the file. */
const workerName = "page-worker";
