import { join } from "node:path";
import { extractionVersion } from "../../src/extract/extract-page.ts";
import { readIfThere, writeDurably } from "../../worker/stores/durable-files.ts";
import { isRecord } from "../read-queries.ts";
import type { PageFacts } from "./read-page.ts";

/** What the last build knew of a page. */
export interface CachedPage {
  /** Of the file's bytes. */
  readonly hash: string;
  readonly facts: PageFacts;
  /** All that decides on the document in the index; `""` where the page is in none. */
  readonly key: string;
}

/** What the last build knew. */
export interface BuildCache {
  /** Of the index that `key`s are about. */
  readonly generation: number;
  /** By path. */
  readonly pages: ReadonlyMap<string, CachedPage>;
}

const fileName = ".inkling-build.json";

/** Of a build that knows of none before it. */
export const emptyCache: BuildCache = { generation: -1, pages: new Map() };

interface StoredPage {
  readonly hash: string;
  readonly key: string;
  readonly skipped?: string;
  readonly content?: "marked" | "main" | "page";
  readonly canonical?: string;
  readonly head?: string;
  readonly tail?: string;
}

/**
 * Reads what the last build left beside its index. What is missing, damaged or of other rules counts as nothing: the
 * pages are read anew then, and the result is the same.
 *
 * @param settings - of the extraction; facts that were found with others are not used.
 */
export async function readBuildCache(out: string, settings: string): Promise<BuildCache> {
  const bytes = await readIfThere(join(out, fileName)).catch(() => undefined);
  if (bytes === undefined) return emptyCache;
  try {
    const stored = JSON.parse(new TextDecoder().decode(bytes)) as unknown;
    if (!isRecord(stored) || stored["version"] !== extractionVersion || stored["settings"] !== settings)
      return emptyCache;
    const { generation, pages } = stored;
    if (typeof generation !== "number" || !isRecord(pages)) return emptyCache;
    return {
      generation,
      pages: new Map(Object.entries(pages).map(([path, page]) => [path, readStoredPage(page)])),
    };
  } catch {
    return emptyCache;
  }
}

/** @throws where the page is not one that `writeBuildCache` wrote. */
function readStoredPage(stored: unknown): CachedPage {
  if (!isRecord(stored)) throw new TypeError("no page");
  const { hash, key, skipped, content, canonical, head, tail } = stored as unknown as StoredPage;
  if (typeof hash !== "string" || typeof key !== "string") throw new TypeError("no hash");
  if (skipped !== undefined) return { hash, key, facts: { skipped } };
  if (content === undefined || canonical === undefined) throw new TypeError("no facts");
  return { hash, key, facts: { content, canonical, edges: { head: unpack(head!), tail: unpack(tail!) } } };
}

/** Writes what the next build may use. The same pages give the same bytes. */
export async function writeBuildCache(out: string, settings: string, cache: BuildCache): Promise<void> {
  const pages = Object.fromEntries(
    [...cache.pages].map(([path, { hash, key, facts }]): [string, StoredPage] => {
      if ("skipped" in facts) return [path, { hash, key, skipped: facts.skipped }];
      const { content, canonical, edges } = facts;
      return [path, { hash, key, content, canonical, head: pack(edges.head), tail: pack(edges.tail) }];
    }),
  );
  const { generation } = cache;
  await writeDurably(join(out, fileName), JSON.stringify({ version: extractionVersion, settings, generation, pages }));
}

function pack(numbers: readonly number[]): string {
  const bytes = Buffer.alloc(numbers.length * 4);
  numbers.forEach((number, i) => bytes.writeUInt32LE(number, i * 4));
  return bytes.toString("base64");
}

function unpack(text: string): number[] {
  const bytes = Buffer.from(text, "base64");
  return Array.from({ length: bytes.length >> 2 }, (_, i) => bytes.readUInt32LE(i * 4));
}
