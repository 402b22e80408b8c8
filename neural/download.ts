import { concatenate } from "../src/core/concatenate.ts";
import { refuseWebPage } from "../src/core/model/web-page.ts";
import { ModelError } from "../src/errors.ts";
import { type FileCache, partBytes } from "./file-cache.ts";

/** How a file is downloaded. */
export interface DownloadOptions {
  /** Keeps what has come, so that a later try goes on from there. */
  readonly cache: FileCache;
  /** Reading ends soon after this: what comes is another file, and may have no end. */
  readonly maxBytes?: number | undefined;
  /** Passed on to `fetch`. */
  readonly mode?: RequestCache;
  readonly signal?: AbortSignal | undefined;
  /** Bytes of the file so far, and its size, 0 while unknown. */
  readonly onBytes?: (done: number, total: number) => void;
}

/** Tries of one download; each goes on where the one before broke off. */
const tries = 3;
/** Before the second and third try, in ms. */
const pauses = [0, 1000];

/**
 * The bytes at a URL. A download that breaks off is continued, also one of an earlier visit.
 *
 * @throws {ModelError} `model/missing` for 404 and 410, or a web page in the file's place; `model/unreachable` for other
 * answers and none; `model/truncated` if it breaks off in every try.
 */
export async function downloadFile(url: string, options: DownloadOptions): Promise<Uint8Array> {
  const { bytes, total } = await options.cache.readParts(url);
  // Why cut: a part that was not written to its end is loaded again.
  const begun = bytes.subarray(0, bytes.length - (bytes.length % partBytes));
  const download = new Download(url, options, begun, total);
  for (let attempt = 1; ; attempt++) {
    try {
      return await download.run();
    } catch (error) {
      options.signal?.throwIfAborted();
      const mayGoOn = error instanceof ModelError && error.code === "model/truncated" && attempt < tries;
      if (!mayGoOn) throw error;
      await new Promise((done) => setTimeout(done, pauses[attempt - 1]));
    }
  }
}

class Download {
  readonly #url: string;
  readonly #options: DownloadOptions;
  /** What has come; all but the last piece is stored as parts. */
  #pieces: Uint8Array[];
  #bytes: number;
  /** Size of the file, null while unknown. */
  #total: number | null;
  #storedParts: number;
  #unstored: Uint8Array[] = [];
  #unstoredBytes = 0;

  constructor(url: string, options: DownloadOptions, begun: Uint8Array, total: number | null) {
    this.#url = url;
    this.#options = options;
    this.#pieces = begun.length === 0 ? [] : [begun];
    this.#bytes = begun.length;
    this.#total = total;
    this.#storedParts = begun.length / partBytes;
  }

  async run(): Promise<Uint8Array> {
    const response = await this.#request();
    try {
      await this.#receive(response);
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      throw this.#brokenOff(error);
    }
    // Why "<" and not "!==": a compressed answer tells its compressed size.
    const isShort = this.#total !== null && this.#bytes < this.#total && !isCompressed(response);
    if (isShort && !this.#isTooLong()) throw this.#brokenOff();
    return refuseWebPage(this.#url, concatenate(this.#pieces), "Put the model's folder where the address points.");
  }

  async #request(): Promise<Response> {
    const rest = this.#bytes > 0 ? await this.#requestRest() : null;
    if (rest !== null) return rest;
    const response = await this.#fetch({});
    if (!response.ok) throw await refuse(this.#url, response);
    return this.#beginWith(response);
  }

  /** The answer to go on with; null where the host does not give the rest alone. */
  async #requestRest(): Promise<Response | null> {
    // Why caught: some hosts do not let pages of another origin ask for a range.
    const response = await this.#fetch({ range: `bytes=${this.#bytes}-` }).catch(() => null);
    if (response === null) return null;
    if (response.status === 200) return this.#beginWith(response);
    if (response.status === 206 && this.#continues(response)) return response;
    if (response.status !== 206 && response.status !== 416) throw await refuse(this.#url, response);
    await response.body?.cancel();
    return null;
  }

  /** Takes an answer with the whole file: what came before it is let go. */
  async #beginWith(response: Response): Promise<Response> {
    if (this.#bytes > 0) await this.#restart();
    this.#total = Number(response.headers.get("content-length")) || null;
    return response;
  }

  async #fetch(headers: Record<string, string>): Promise<Response> {
    const { mode = "default", signal } = this.#options;
    try {
      return await fetch(this.#url, { headers, cache: mode, ...(signal ? { signal } : {}) });
    } catch (error) {
      signal?.throwIfAborted();
      throw unreachable(this.#url, "there was no answer", { status: null }, error);
    }
  }

  /** Whether a partial answer is the rest of the same file. */
  #continues(response: Response): boolean {
    const range = /bytes (\d+)-\d+\/(\d+)/.exec(response.headers.get("content-range") ?? "");
    // Why null passes: hosts on other origins seldom let the header be read; size and hash of the whole are checked later.
    if (range === null) return true;
    const isSame = Number(range[1]) === this.#bytes && (this.#total === null || Number(range[2]) === this.#total);
    if (isSame) this.#total = Number(range[2]);
    return isSame;
  }

  async #restart(): Promise<void> {
    await this.#options.cache.remove(this.#url).catch(() => {});
    this.#pieces = [];
    this.#unstored = [];
    this.#bytes = this.#unstoredBytes = this.#storedParts = 0;
  }

  // Why by hand: Safari reads streams, but does not iterate over them.
  async #receive(response: Response): Promise<void> {
    const reader = response.body?.getReader();
    if (!reader) return;
    try {
      for (let step = await reader.read(); !step.done && !this.#isTooLong(); step = await reader.read()) {
        await this.#take(step.value);
      }
    } finally {
      await reader.cancel().catch(() => {});
    }
  }

  #isTooLong(): boolean {
    return this.#bytes > (this.#options.maxBytes ?? Number.POSITIVE_INFINITY);
  }

  async #take(piece: Uint8Array): Promise<void> {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    this.#unstored.push(piece);
    this.#unstoredBytes += piece.length;
    this.#options.onBytes?.(this.#bytes, Math.max(this.#total ?? 0, this.#bytes));
    if (this.#unstoredBytes >= partBytes) await this.#store();
  }

  async #store(): Promise<void> {
    const bytes = concatenate(this.#unstored);
    let end = 0;
    for (; end + partBytes <= bytes.length; end += partBytes) {
      const part = bytes.subarray(end, end + partBytes);
      // Why caught: without room for parts the download goes on; only a broken one begins anew.
      await this.#options.cache.writePart(this.#url, this.#storedParts++, part, this.#total).catch(() => {});
    }
    const left = bytes.slice(end);
    this.#unstored = [left];
    this.#unstoredBytes = left.length;
  }

  #brokenOff(cause?: unknown): ModelError {
    const details = { url: this.#url, bytes: this.#bytes, expectedBytes: this.#total };
    const message = `Loading ${this.#url} broke off after ${this.#bytes} bytes; expected ${this.#total ?? "more"}. Load it again: it goes on from there.`;
    return new ModelError("model/truncated", message, details, cause);
  }
}

function isCompressed(response: Response): boolean {
  return response.headers.has("content-encoding");
}

async function refuse(url: string, response: Response): Promise<ModelError> {
  await response.body?.cancel();
  const { status } = response;
  if (status === 404 || status === 410) {
    return new ModelError(
      "model/missing",
      `There is no file at ${url} (status ${status}). Check the model's id or address; a model needs config.json, ` +
        `tokenizer.json and an ONNX file in its folder onnx.`,
      { url, status },
    );
  }
  if (status === 401 || status === 403) {
    const remedy =
      "Models behind a login cannot be loaded by a page: download the folder, serve it yourself and give its address.";
    return unreachable(url, `the host refuses it (status ${status})`, { status }, undefined, remedy);
  }
  if (status === 429) {
    const retryAfter = Number(response.headers.get("retry-after")) || null;
    const wait = retryAfter === null ? "" : `; it asks to wait ${retryAfter} s`;
    const remedy = "Try again later, or serve the model's folder yourself and give its address (or `remoteHost`).";
    return unreachable(
      url,
      `the host has had too many requests (status 429)${wait}`,
      { status, retryAfter },
      undefined,
      remedy,
    );
  }
  return unreachable(url, `the answer was status ${status}`, { status });
}

const plainRemedy =
  "Check the connection, the address, and whether the page's content security policy (connect-src) and the host (CORS) allow it.";

function unreachable(
  url: string,
  why: string,
  details: Record<string, number | null>,
  cause?: unknown,
  remedy = plainRemedy,
): ModelError {
  const message = `The model could not be loaded from ${url}: ${why}; expected the file. ${remedy} The model used before keeps answering.`;
  return new ModelError("model/unreachable", message, { url, ...details }, cause);
}
