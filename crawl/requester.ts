import { concatenate } from "../src/core/concatenate.ts";

/** An answer to a request. */
export interface Answer {
  /** 0 where there was none; `reason` says why. */
  readonly status: number;
  readonly reason: string;
  /** Where redirects led to. */
  readonly url: string;
  readonly headers: Headers;
  /** Empty where the status is no success, or `wants` refused it. */
  readonly bytes: Uint8Array;
  /** Whether there was more than is read. */
  readonly isTooLarge: boolean;
}

/** How a site is asked. */
export interface RequesterOptions {
  readonly delayMs: number;
  readonly credentials: RequestCredentials;
  /** First pause before asking again; each later one is twice as long. Default 1000. */
  readonly retryMs?: number;
}

/** What a request asks for. */
export interface Wanted {
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes that are read at most. */
  readonly maxBytes: number;
  /** Whether the body is wanted, by the headers. Default: of every success. */
  readonly wants?: (headers: Headers) => boolean;
}

const maxAttempts = 4;

/** Where nothing answers, it is rarely for a moment. */
const maxSilentAttempts = 2;
const timeoutMs = 30_000;

/** A server that asks to come back later than this is left alone for this crawl. */
const longestWaitMs = 60_000;

/** Asks a site for files, with a pause between the starts of two requests, and again later where it is busy or fails. */
export class Requester {
  readonly #options: RequesterOptions;
  #delayMs: number;
  #nextStart = 0;
  /** Why the site is not asked any more. */
  #refusal = "";
  /** Requests made. */
  count = 0;

  constructor(options: RequesterOptions) {
    this.#options = options;
    this.#delayMs = options.delayMs;
  }

  /** Makes pauses as long as a site wants them. */
  slowDown(delayMs: number): void {
    this.#delayMs = Math.max(this.#delayMs, delayMs);
  }

  /** Asks for a file. Answers with status 0 where nothing came, also after several attempts. */
  async get(url: string, wanted: Wanted): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      if (this.#refusal !== "") return noAnswer(url, this.#refusal);
      await this.#takeTurn();
      const answer = await this.#ask(url, wanted);
      if (!isPassing(answer.status)) return answer;
      const wait = retryAfter(answer.headers) ?? (this.#options.retryMs ?? 1000) * 2 ** (attempt - 1);
      if (wait > longestWaitMs) {
        this.#refusal = `the server asks to come back in ${Math.round(wait / 1000)} s (HTTP ${answer.status})`;
        return noAnswer(url, this.#refusal);
      }
      if (attempt >= (answer.status === 0 ? maxSilentAttempts : maxAttempts)) return answer;
      this.#nextStart = Math.max(this.#nextStart, performance.now() + wait);
    }
  }

  async #takeTurn(): Promise<void> {
    for (;;) {
      const now = performance.now();
      if (this.#nextStart <= now) break;
      // Why looked at again: another request may have met a busy server meanwhile.
      await new Promise((resolve) => setTimeout(resolve, this.#nextStart - now));
    }
    this.#nextStart = performance.now() + this.#delayMs;
  }

  async #ask(url: string, { headers = {}, maxBytes, wants = () => true }: Wanted): Promise<Answer> {
    this.count++;
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), timeoutMs);
    try {
      const response = await fetch(url, {
        headers,
        credentials: this.#options.credentials,
        // Why: the browser's own copy may be old, and is asked about all the same.
        cache: "no-cache",
        signal: controller.signal,
      });
      const isWanted = response.ok && wants(response.headers);
      const body = isWanted ? await readBody(response, maxBytes) : { bytes: new Uint8Array(), isTooLarge: false };
      if (!isWanted) controller.abort();
      return { status: response.status, reason: "", url: response.url || url, headers: response.headers, ...body };
    } catch (error) {
      if (controller.signal.aborted) return noAnswer(url, `no answer within ${timeoutMs / 1000} s`);
      return noAnswer(url, `no answer: the network fails, or the address redirects to another site (${String(error)})`);
    } finally {
      clearTimeout(timer);
    }
  }
}

function noAnswer(url: string, reason: string): Answer {
  return { status: 0, reason, url, headers: new Headers(), bytes: new Uint8Array(), isTooLarge: false };
}

/** Whether an answer may be another one later. */
function isPassing(status: number): boolean {
  return status === 0 || status === 408 || status === 429 || status >= 500;
}

/** Pause that a server asks for, in ms; it gives seconds or a date. */
function retryAfter(headers: Headers): number | undefined {
  const text = headers.get("retry-after")?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : Math.max(0, time - Date.now());
}

async function readBody(response: Response, maxBytes: number): Promise<{ bytes: Uint8Array; isTooLarge: boolean }> {
  const reader = response.body?.getReader();
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const piece = await reader?.read();
    if (piece === undefined || piece.done) break;
    pieces.push(piece.value);
    length += piece.value.length;
    if (length <= maxBytes) continue;
    await reader!.cancel();
    return { bytes: new Uint8Array(), isTooLarge: true };
  }
  return { bytes: concatenate(pieces), isTooLarge: false };
}

/**
 * What gzip holds, where bytes are gzip; the bytes themselves where they are not.
 *
 * @returns null where they cannot be read, or hold more than `maxBytes`.
 */
export async function unzip(bytes: Uint8Array<ArrayBuffer>, maxBytes: number): Promise<Uint8Array | null> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  if (typeof DecompressionStream === "undefined") return null;
  try {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const read = await readBody(new Response(stream), maxBytes);
    return read.isTooLarge ? null : read.bytes;
  } catch {
    return null;
  }
}
