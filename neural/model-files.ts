import { ModelError } from "../src/errors.ts";
import type { ErrorReport } from "../src/types.ts";
import { downloadFile } from "./download.ts";
import { type FileCache, noCache } from "./file-cache.ts";
import { hashBytes } from "./hash.ts";
import type { ExpectedFile } from "./settings.ts";

/** Where a model's files are: a folder, or an address for each path. */
export type ModelLocation = { readonly folder: string } | { readonly urls: Readonly<Record<string, string>> };

/** How the files are read. */
export interface ModelFilesOptions {
  readonly cache?: FileCache;
  readonly signal?: AbortSignal | undefined;
  /** Told of the bytes of all files so far, and of the bytes they have as far as is known. */
  readonly onBytes?: (done: number, total: number) => void;
}

/** A model's files: downloaded once, checked, and kept by the browser. */
export class ModelFiles {
  /** Why files are not kept for the next visit. */
  readonly fallbacks: ErrorReport[] = [];
  readonly #location: ModelLocation;
  readonly #cache: FileCache;
  readonly #options: ModelFilesOptions;
  readonly #progress = new Map<string, { done: number; total: number }>();
  #expected: Readonly<Record<string, ExpectedFile>> = {};

  constructor(location: ModelLocation, options: ModelFilesOptions = {}) {
    this.#location = location;
    this.#cache = options.cache ?? noCache;
    this.#options = options;
  }

  /** Bytes read so far, out of the network or the browser's storage. */
  get bytes(): number {
    return sum([...this.#progress.values()].map(({ done }) => done));
  }

  /** Files to check from now on, by path. */
  expect(files: Readonly<Record<string, ExpectedFile>>): void {
    this.#expected = files;
  }

  /** Address of a file, for messages. */
  urlOf(path: string): string {
    if ("folder" in this.#location) return new URL(path, this.#location.folder).href;
    return this.#location.urls[path] ?? path;
  }

  /**
   * A file that must be there.
   *
   * @throws {ModelError} `model/missing`, `model/unreachable`, `model/truncated`, `model/checksum`
   */
  async read(path: string): Promise<Uint8Array> {
    const url = this.#addressOf(path);
    if (url === undefined) throw this.#unknown(path);
    if (url.startsWith("data:")) return decodeDataUrl(url);
    const kept = await this.#readKept(path, url);
    return kept ?? this.#download(path, url);
  }

  /**
   * Makes sure that a script, which the browser imports by its address, is the one expected. Why not by the copy that is kept: it is
   * not what runs.
   *
   * @throws {ModelError} `model/missing`, `model/unreachable`, `model/truncated`, `model/checksum`
   */
  async check(path: string): Promise<void> {
    await this.#fetchExpected(path, this.urlOf(path));
  }

  /** A file that need not be there: `null` where it is not, or where the files are listed and it is not among them. */
  async readOptional(path: string): Promise<Uint8Array | null> {
    const url = this.#addressOf(path);
    const isListed = path in this.#expected || Object.keys(this.#expected).length === 0;
    if (url === undefined || !isListed) return null;
    if ((await this.#cache.read(url)) === null) return null;
    try {
      return await this.read(path);
    } catch (error) {
      if (!isMissing(error)) throw error;
      await this.#keep(url, null);
      return null;
    }
  }

  /** The newest version of a small file that tells whether the others changed; the kept one where the host is away. */
  async readFresh(path: string): Promise<Uint8Array | null> {
    const url = this.#addressOf(path);
    if (url === undefined) return null;
    if (url.startsWith("data:")) return decodeDataUrl(url);
    const kept = await this.#cache.read(url);
    try {
      const fresh = await this.#fetch(path, url, "no-cache");
      if (kept !== undefined && !isEqual(kept, fresh)) await this.#forgetAll();
      await this.#keep(url, fresh);
      return fresh;
    } catch (error) {
      if (isMissing(error)) {
        await this.#keep(url, null);
        return null;
      }
      if (kept === undefined || !isAway(error)) throw error;
      return kept;
    }
  }

  #addressOf(path: string): string | undefined {
    return "folder" in this.#location ? this.urlOf(path) : this.#location.urls[path];
  }

  #unknown(path: string): ModelError {
    const known = "urls" in this.#location ? Object.keys(this.#location.urls).join(", ") : "";
    return new ModelError(
      "model/missing",
      `The model file "${path}" has no address; there are addresses for: ${known || "none"}. Give one for every file.`,
      { file: path },
    );
  }

  /** A kept file, if it is what it should be. */
  async #readKept(path: string, url: string): Promise<Uint8Array | undefined> {
    const kept = await this.#cache.read(url);
    if (!kept) return undefined;
    const expected = this.#expected[path];
    if (expected !== undefined && (await findFault(kept, expected)) !== null) {
      await this.#cache.remove(url);
      return undefined;
    }
    this.#report(path, kept.length, kept.length);
    return kept;
  }

  async #download(path: string, url: string): Promise<Uint8Array> {
    const bytes = await this.#fetchExpected(path, url);
    await this.#keep(url, bytes);
    return bytes;
  }

  /** A file as the browser has it, or the host, checked where it is known. */
  async #fetchExpected(path: string, url: string): Promise<Uint8Array> {
    const expected = this.#expected[path];
    let bytes = await this.#fetch(path, url, "default");
    if (expected !== undefined && (await findFault(bytes, expected)) !== null) {
      // Why once more: after a release the HTTP cache, or a download begun before, may hold another file's bytes.
      await this.#cache.remove(url);
      bytes = await this.#fetch(path, url, "reload");
      const fault = await findFault(bytes, expected);
      if (fault !== null) throw faultError(url, bytes, expected, fault);
    }
    return bytes;
  }

  #fetch(path: string, url: string, mode: RequestCache): Promise<Uint8Array> {
    return downloadFile(url, {
      cache: this.#cache,
      mode,
      maxBytes: this.#expected[path]?.bytes,
      signal: this.#options.signal,
      onBytes: (done, total) => this.#report(path, done, Math.max(total, this.#expected[path]?.bytes ?? 0)),
    });
  }

  async #forgetAll(): Promise<void> {
    if ("folder" in this.#location) await this.#cache.removeBelow(this.#location.folder);
    else for (const url of Object.values(this.#location.urls)) await this.#cache.remove(url);
  }

  async #keep(url: string, bytes: Uint8Array | null): Promise<void> {
    try {
      await this.#cache.write(url, bytes);
    } catch (error) {
      this.fallbacks.push({
        name: "StorageError",
        code: "storage/quota",
        message: `${url} could not be kept for the next visit (${String(error)}); it is loaded again then. Free some storage.`,
        details: { url, bytes: bytes?.length ?? 0 },
      });
    }
  }

  #report(path: string, done: number, total: number): void {
    this.#progress.set(path, { done, total });
    this.#options.onBytes?.(this.bytes, sum([...this.#progress.values()].map((each) => each.total)));
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

function isMissing(error: unknown): boolean {
  return error instanceof ModelError && error.code === "model/missing";
}

function isAway(error: unknown): boolean {
  return error instanceof ModelError && error.code === "model/unreachable";
}

function isEqual(a: Uint8Array | null, b: Uint8Array): boolean {
  return a !== null && a.length === b.length && a.every((byte, at) => byte === b[at]);
}

/** What is wrong with a file: its hash, `""` where already its size is another, null where nothing is. */
async function findFault(bytes: Uint8Array, expected: ExpectedFile): Promise<string | null> {
  if (bytes.length !== expected.bytes) return "";
  const hash = await hashBytes(bytes);
  return hash === expected.sha256 ? null : hash;
}

function faultError(url: string, bytes: Uint8Array, expected: ExpectedFile, fault: string): ModelError {
  const details = { url, bytes: bytes.length, expectedBytes: expected.bytes };
  if (bytes.length < expected.bytes) {
    const message = `${url} ends after ${bytes.length} bytes; expected ${expected.bytes}. Upload it again.`;
    return new ModelError("model/truncated", message, details);
  }
  return new ModelError(
    "model/checksum",
    `${url} is not the file that was described: ${fault ? `its SHA-256 is ${fault}` : `it has ${bytes.length} bytes`}, expected ` +
      `${expected.sha256} in ${expected.bytes} bytes. Upload all files of one and the same release.`,
    { ...details, sha256: fault || null, expectedSha256: expected.sha256 },
  );
}

// Why by hand: bundlers write small files into the script as data URLs, and a content security policy forbids to fetch them.
function decodeDataUrl(url: string): Uint8Array {
  const comma = url.indexOf(",");
  const body = url.slice(comma + 1);
  if (!/;base64$/i.test(url.slice(0, comma))) return new TextEncoder().encode(decodeURIComponent(body));
  return Uint8Array.from(atob(body), (character) => character.charCodeAt(0));
}
