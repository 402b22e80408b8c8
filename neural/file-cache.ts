import { concatenate } from "../src/core/concatenate.ts";

/** Where downloaded files are kept between visits. Every method does nothing where that is impossible. */
export interface FileCache {
  /** The bytes under a URL; `null` where it is known that there is no such file, `undefined` where nothing is known. */
  read(url: string): Promise<Uint8Array | null | undefined>;
  /** @throws {DOMException} `QuotaExceededError` and others; nothing is kept then. */
  write(url: string, bytes: Uint8Array | null): Promise<void>;
  /** Leading part of a file whose download has not ended, and the file's size where the host told it. */
  readParts(url: string): Promise<{ bytes: Uint8Array; total: number | null }>;
  /** @throws as `write` does. */
  writePart(url: string, part: number, bytes: Uint8Array, total: number | null): Promise<void>;
  /** Forgets a file and its parts. */
  remove(url: string): Promise<void>;
  /** Forgets everything under addresses that begin so. */
  removeBelow(prefix: string): Promise<void>;
}

/** Bytes of a part: a tab that is closed loses no more than this. */
export const partBytes: number = 4 * 1024 * 1024;

const totalHeader = "x-inkling-total";

/** Keeps nothing: private windows, plain-http origins. */
export const noCache: FileCache = {
  read: async () => undefined,
  write: async () => {},
  readParts: async () => ({ bytes: new Uint8Array(), total: null }),
  writePart: async () => {},
  remove: async () => {},
  removeBelow: async () => {},
};

/** The browser's Cache API under a name, or `noCache` where it is forbidden. */
export async function openFileCache(name: string): Promise<FileCache> {
  const storage = globalThis.caches as CacheStorage | undefined;
  if (storage === undefined) return noCache;
  try {
    return new BrowserFileCache(await storage.open(name));
  } catch {
    return noCache;
  }
}

class BrowserFileCache implements FileCache {
  readonly #cache: Cache;

  constructor(cache: Cache) {
    this.#cache = cache;
  }

  async read(url: string): Promise<Uint8Array | null | undefined> {
    const response = await this.#match(url);
    if (response === undefined) return undefined;
    return response.status === 404 ? null : new Uint8Array(await response.arrayBuffer());
  }

  async write(url: string, bytes: Uint8Array | null): Promise<void> {
    const response = bytes === null ? new Response(null, { status: 404 }) : new Response(bytes as BodyInit);
    await this.#cache.put(url, response);
    await this.#removeParts(url);
  }

  async readParts(url: string): Promise<{ bytes: Uint8Array; total: number | null }> {
    const parts: Uint8Array[] = [];
    let total: number | null = null;
    for (let response = await this.#match(partUrl(url, 0)); response !== undefined;) {
      parts.push(new Uint8Array(await response.arrayBuffer()));
      total = Number(response.headers.get(totalHeader)) || null;
      response = await this.#match(partUrl(url, parts.length));
    }
    return { bytes: concatenate(parts), total };
  }

  async writePart(url: string, part: number, bytes: Uint8Array, total: number | null): Promise<void> {
    const headers = total === null ? {} : { [totalHeader]: String(total) };
    await this.#cache.put(partUrl(url, part), new Response(bytes as BodyInit, { headers }));
  }

  async remove(url: string): Promise<void> {
    await this.#cache.delete(url);
    await this.#removeParts(url);
  }

  async removeBelow(prefix: string): Promise<void> {
    const requests = await this.#cache.keys();
    for (const { url } of requests) if (url.startsWith(prefix)) await this.#cache.delete(url);
  }

  async #removeParts(url: string): Promise<void> {
    for (let part = 0; await this.#cache.delete(partUrl(url, part)); part++);
  }

  // Why caught: a profile whose disk is damaged or full answers with errors, and a download then does as well.
  #match(url: string): Promise<Response | undefined> {
    return this.#cache.match(url).catch(() => undefined);
  }
}

function partUrl(url: string, part: number): string {
  return `${url}${url.includes("?") ? "&" : "?"}inkling-part=${part}`;
}
