import { pieceName, piecePath } from "../../src/core/pieces/piece-name.ts";
import { IndexFormatError } from "../../src/errors.ts";
import type { PieceCache } from "./piece-cache.ts";

/**
 * Requests at the same time. Over HTTP/1.1 a browser makes six to one host, whatever is asked of it; over HTTP/2, blocks of a KB that
 * come a round trip later fill a line only if there are many of them. Hosts allow about a hundred.
 */
const maxRequests = 64;
/** Attempts for an answer that may be another one soon: no answer, 408, 429 and 5xx. */
const maxAttempts = 4;
/** Wait before the second attempt in ms; doubled each time, and at most what follows. */
const firstDelayMs = 250;
const maxDelayMs = 5000;
/** Payloads kept in memory, in bytes. */
const maxMemory = 24_000_000;

/** What was read over the network so far. */
export interface FetchCounts {
  readonly requests: number;
  /** Bytes of bodies, as they came out of the transport's own compression. */
  readonly bytes: number;
}

/** Reads blocks of one index: from memory, from what was kept, or from the host; each of them once, however many ask for it. */
export class PieceFetcher {
  readonly #base: string;
  readonly #cache: PieceCache;
  /** By least recent use. */
  readonly #payloads: Map<string, Promise<Uint8Array>> = new Map();
  readonly #sizes: Map<string, number> = new Map();
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #memory = 0;
  #requests = 0;
  #bytes = 0;
  #keepError: unknown = null;
  /** How often what was kept has been forgotten: what was asked for before that is not kept. */
  #clears = 0;
  #keeping: Promise<unknown> = Promise.resolve();

  /** @param base - absolute URL of the folder with the entry file, with its closing slash. */
  constructor(base: string, cache: PieceCache) {
    this.#base = base;
    this.#cache = cache;
  }

  get counts(): FetchCounts {
    return { requests: this.#requests, bytes: this.#bytes };
  }

  /** Why blocks are not kept for the next visit, if so. */
  get keepError(): unknown {
    return this.#cache.error ?? this.#keepError;
  }

  /**
   * Payload of a block, checked and decompressed.
   *
   * @param dictionary - what the block is compressed with reference to.
   * @throws {IndexFormatError} `index/missing-block`, `index/checksum` or `index/unreachable`, with the URL.
   */
  read(name: string, dictionary?: Uint8Array): Promise<Uint8Array> {
    const known = this.#payloads.get(name);
    if (known !== undefined) {
      this.#payloads.delete(name);
      this.#payloads.set(name, known);
      return known;
    }
    const reading = this.#load(name).then((bytes) => inflate(bytes, dictionary));
    this.#payloads.set(name, reading);
    reading.then(
      (payload) => this.#account(name, payload.length),
      // Why: what failed may be there at the next question.
      () => this.#payloads.delete(name),
    );
    return reading;
  }

  /** Begins to read blocks that are going to be asked for. One that cannot be had is asked for again then. */
  warm(names: readonly string[]): void {
    for (const name of names) this.read(name).catch(() => {});
  }

  #account(name: string, size: number): void {
    this.#sizes.set(name, size);
    this.#memory += size;
    for (const [oldest] of this.#payloads) {
      if (this.#memory <= maxMemory) return;
      this.#memory -= this.#sizes.get(oldest) ?? 0;
      this.#sizes.delete(oldest);
      this.#payloads.delete(oldest);
    }
  }

  async #load(name: string): Promise<Uint8Array> {
    const clears = this.#clears;
    const kept = await this.#cache.read(name);
    if (kept !== undefined && pieceName(kept) === name) return kept;
    const bytes = await this.#download(name);
    if (clears !== this.#clears) return bytes;
    const writing = this.#cache.write(name, bytes).catch((error: unknown) => (this.#keepError ??= error));
    this.#keeping = Promise.all([this.#keeping, writing]);
    return bytes;
  }

  /** Resolves when all that was read so far is kept for later visits, or cannot be. */
  async kept(): Promise<void> {
    await this.#keeping;
  }

  /** Forgets what is kept for later visits, also what is on its way. */
  async clearKept(): Promise<void> {
    this.#clears++;
    await this.#cache.clear();
  }

  /** Names of the blocks that are kept for later visits. */
  keptNames(): Promise<ReadonlySet<string>> {
    return this.#cache.names();
  }

  /** Downloads a block and keeps it. Rejects where there is no room. */
  async keep(name: string): Promise<void> {
    const clears = this.#clears;
    const bytes = await this.#download(name);
    if (clears === this.#clears) await this.#cache.write(name, bytes);
  }

  /** A block's bytes from the host, verified. */
  async #download(name: string): Promise<Uint8Array> {
    const url = this.#base + piecePath(name);
    const bytes = await this.#fetch(url, "default");
    if (pieceName(bytes) === name) return bytes;
    // Why once more: a cache on the way may hold half a file, or the page that a host gave for one that was missing.
    const again = await this.#fetch(url, "reload");
    if (pieceName(again) === name) return again;
    throw damagedBlock(url, again);
  }

  async #fetch(url: string, cache: RequestCache): Promise<Uint8Array> {
    await this.#takeTurn();
    try {
      const { bytes } = await fetchPatiently(url, cache, (count) => {
        this.#requests++;
        this.#bytes += count;
      });
      return bytes;
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }

  async #takeTurn(): Promise<void> {
    if (this.#running >= maxRequests) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running++;
  }
}

/**
 * Fetches a file, again and again while the host is busy.
 *
 * @throws {IndexFormatError} `index/missing-block` for 404 and 410, `index/unreachable` for other answers and none.
 */
export async function fetchPatiently(
  url: string,
  cache: RequestCache,
  onBytes: (bytes: number) => void = () => {},
): Promise<{ bytes: Uint8Array; response: Response }> {
  for (let attempt = 1; ; attempt++) {
    const result = await attemptFetch(url, cache);
    if (result.bytes !== undefined) {
      onBytes(result.bytes.length);
      return { bytes: result.bytes, response: result.response };
    }
    const { status, why, waitMs } = result;
    if (status === 404 || status === 410) throw missingBlock(url, status);
    const isPassing = status === null || status === 408 || status === 429 || status >= 500;
    if (!isPassing || attempt === maxAttempts) throw unreachable(url, why, status);
    await wait(Math.min(maxDelayMs, Math.max(waitMs, firstDelayMs * 2 ** (attempt - 1))));
  }
}

type Attempt =
  | { readonly bytes: Uint8Array; readonly response: Response }
  | { readonly bytes?: undefined; readonly status: number | null; readonly why: string; readonly waitMs: number };

async function attemptFetch(url: string, cache: RequestCache): Promise<Attempt> {
  try {
    const response = await fetch(url, { cache });
    if (response.ok) return { bytes: new Uint8Array(await response.arrayBuffer()), response };
    await response.body?.cancel();
    const seconds = Number(response.headers.get("retry-after") ?? 0);
    const waitMs = Number.isFinite(seconds) ? seconds * 1000 : 0;
    return { status: response.status, why: `the answer was status ${response.status}`, waitMs };
  } catch (error) {
    return { status: null, why: `there was no answer (${String(error)})`, waitMs: 0 };
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

/**
 * Decompresses a block. Why by hand: by way of a `Blob` and a `Response`, which is shorter, a block takes 1 ms in Chromium, like this
 * 0.03 ms; an answer has fifty of them.
 *
 * @param dictionary - what it refers to. It goes first, as blocks of deflate that are stored: no browser takes a dictionary.
 */
async function inflate(bytes: Uint8Array, dictionary: Uint8Array = new Uint8Array()): Promise<Uint8Array> {
  const stream = new DecompressionStream("deflate-raw");
  const [payload] = await Promise.all([
    readAll(stream.readable),
    writeAll(stream.writable, dictionary.length === 0 ? [bytes] : [storedBlock(dictionary), bytes]),
  ]);
  return payload.subarray(dictionary.length);
}

async function writeAll(stream: WritableStream<BufferSource>, parts: readonly Uint8Array[]): Promise<void> {
  const writer = stream.getWriter();
  for (const part of parts) await writer.write(part as Uint8Array<ArrayBuffer>);
  await writer.close();
}

async function readAll(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const reader = stream.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) parts.push(read.value);
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** A block of deflate that is not the last one and holds bytes as they are, at most 65,535. */
function storedBlock(bytes: Uint8Array): Uint8Array {
  const block = new Uint8Array(5 + bytes.length);
  const view = new DataView(block.buffer);
  view.setUint16(1, bytes.length, true);
  view.setUint16(3, ~bytes.length & 0xffff, true);
  block.set(bytes, 5);
  return block;
}

/** Whether a host gave a page of HTML where a file was asked for. */
export function isPage(bytes: Uint8Array): boolean {
  return /^\s*</.test(new TextDecoder().decode(bytes.subarray(0, 64)));
}

function missingBlock(url: string, status: number): IndexFormatError {
  return new IndexFormatError(
    "index/missing-block",
    `There is no block at ${url} (status ${status}), though the index names it. It was built anew since, or not copied whole: copy the folder of the blocks before the entry file, and keep earlier blocks for a while.`,
    { url, status },
  );
}

function damagedBlock(url: string, bytes: Uint8Array): IndexFormatError {
  const found = isPage(bytes) ? "a web page" : `${bytes.length} other bytes`;
  return new IndexFormatError(
    "index/checksum",
    `Found ${found} at ${url}, expected the block of that name. The host gives pages for missing files, or the file was altered or cut: copy the folder of the blocks again, and let nothing rewrite them.`,
    { url, bytes: bytes.length },
  );
}

function unreachable(url: string, why: string, status: number | null): IndexFormatError {
  return new IndexFormatError(
    "index/unreachable",
    `${url} could not be read: ${why}; expected a file. What was fetched before can still be searched. Check the connection, and whether the page's content security policy (connect-src) and the host (CORS) allow it.`,
    { url, status },
  );
}
