import type { AddResult, AddWarning, Status } from "../../src/types.ts";
import type { Engine } from "../../worker/engine.ts";
import type { PageDocument } from "../extract/html.ts";
import { readPage, textLength } from "./read-page.ts";

/** A page that is not in the index, and why. */
export interface SkippedPageOf {
  readonly url: string;
  readonly reason: string;
}

/** What a build did. */
export interface BuildReport extends Omit<AddResult, "withoutVector"> {
  /** Pages found in the folder. */
  readonly pages: number;
  /** Pages that were in the index and are not in the folder any more. */
  readonly removed: number;
  readonly skipped: readonly SkippedPageOf[];
  /** The index afterwards. */
  readonly status: Status;
}

/** Says how many of all pages are done. */
export type OnPages = (done: number, total: number) => void;

/** Pages and characters added in one call: enough for large segments, little enough for any machine's memory. */
const slicePages = 1000;
const sliceCharacters = 8_000_000;

/**
 * Brings an index up to date with the pages of a folder: new and changed ones are added, those gone are removed.
 *
 * @param urls - the pages, as `listPages` gives them.
 * @param storedUrls - the pages that are in the index now.
 */
export async function buildSite(
  engine: Engine,
  folder: string,
  urls: readonly string[],
  storedUrls: readonly string[],
  onPages: OnPages = () => {},
): Promise<BuildReport> {
  const skipped: SkippedPageOf[] = [];
  const results: AddResult[] = [];
  const indexed = new Set<string>();
  for await (const { documents, read } of readSlices(folder, urls, skipped)) {
    const onProgress = (share: number): void => onPages(read - Math.round(documents.length * (1 - share)), urls.length);
    results.push(
      await engine.add(documents, { onProgress: ({ done, total }) => onProgress(total === 0 ? 1 : done / total) }),
    );
    for (const { url } of documents) indexed.add(url);
  }
  const { removed } = await engine.remove(storedUrls.filter((url) => !indexed.has(url)));
  return { ...sumResults(results), pages: urls.length, removed, skipped, status: await engine.status() };
}

interface Slice {
  readonly documents: readonly PageDocument[];
  /** Pages read so far, skipped ones included. */
  readonly read: number;
}

async function* readSlices(folder: string, urls: readonly string[], skipped: SkippedPageOf[]): AsyncGenerator<Slice> {
  let documents: PageDocument[] = [];
  let characters = 0;
  for (const [i, url] of urls.entries()) {
    const page = await readPage(folder, url);
    if ("skipped" in page) skipped.push({ url, reason: page.skipped });
    else {
      documents.push(page);
      characters += textLength(page);
    }
    if (documents.length < slicePages && characters < sliceCharacters && i + 1 < urls.length) continue;
    if (documents.length > 0) yield { documents, read: i + 1 };
    documents = [];
    characters = 0;
  }
}

function sumResults(results: readonly AddResult[]): Omit<AddResult, "withoutVector"> {
  const sum = (count: (result: AddResult) => number): number =>
    results.reduce((total, result) => total + count(result), 0);
  return {
    added: sum((result) => result.added),
    replaced: sum((result) => result.replaced),
    unchanged: sum((result) => result.unchanged),
    passages: sum((result) => result.passages),
    embedded: sum((result) => result.embedded),
    warnings: results.flatMap((result): readonly AddWarning[] => result.warnings),
  };
}
