import type { Document, Progress, Search } from "inkling-search";
import { Marked } from "marked";
import type { DroppedFile } from "./dropped-files.ts";
import { parseRecords } from "./parse-records.ts";

/** A file that is not in the index, and why, in words for the visitor. */
export interface LeftOut {
  readonly path: string;
  readonly reason: string;
}

/** Told while files are read: how many, and of how many. */
export type OnFile = (done: number, total: number) => void;

/** Largest file that is read, in bytes. */
const maxBytes = 5_000_000;

/** Pages that are read at the same time. */
const concurrency = 4;

const marked = new Marked();

/**
 * Reads files into an index.
 *
 * @returns the files that were left out; a bad one keeps no other from being read.
 */
export async function fillFromFiles(
  search: Search,
  files: readonly DroppedFile[],
  signal: AbortSignal,
  onFile: OnFile,
): Promise<LeftOut[]> {
  const leftOut: LeftOut[] = [];
  const documents: Document[] = [];
  const pages: { path: string; html: string }[] = [];
  let done = 0;
  const note = (path: string, reason: string): void => void leftOut.push({ path, reason });
  for (const { path, file } of files) {
    signal.throwIfAborted();
    try {
      const read = await readFile(path, file);
      if ("html" in read) pages.push({ path, html: read.html });
      else documents.push(...read.documents);
    } catch (error) {
      note(path, (error as Error).message);
    }
    if (!pages.some((page) => page.path === path)) onFile(++done, files.length);
  }
  await addDocuments(search, documents, signal, note);
  const queue = pages.values();
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      for (const { path, html } of queue) {
        await addHtml(search, path, html, signal, note);
        onFile(++done, files.length);
      }
    }),
  );
  return leftOut;
}

type Note = (path: string, reason: string) => void;

async function readFile(path: string, file: File): Promise<{ html: string } | { documents: Document[] }> {
  const kind = /\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
  if (!/^(?:x?html?|md|markdown|txt|json|jsonl|ndjson)$/.test(kind))
    throw new Error("not a kind of file that is read here");
  if (file.size > maxBytes) throw new Error(`larger than ${maxBytes / 1e6} MB`);
  const text = await file.text();
  if (text.includes("\0")) throw new Error("no text, but bytes");
  if (/^x?html?$/.test(kind)) return { html: text };
  if (/^(?:md|markdown)$/.test(kind)) return { html: markdownToHtml(text) };
  if (kind === "txt") return { documents: [{ url: path, title: path.split("/").at(-1)!, text }] };
  return { documents: parseRecords(text, path) };
}

/** Markdown as the page that a site generator would make of it, front matter left out. */
function markdownToHtml(source: string): string {
  const markdown = source.replace(/^---\r?\n[\s\S]*?\r?\n---\r?\n/, "");
  return `<main>${marked.parse(markdown, { async: false })}</main>`;
}

async function addDocuments(
  search: Search,
  documents: readonly Document[],
  signal: AbortSignal,
  note: Note,
): Promise<void> {
  // Why the last of a name: a document replaces an earlier one of its address.
  const byUrl = new Map(documents.map((document) => [document.url, document]));
  if (byUrl.size === 0) return;
  try {
    await search.add([...byUrl.values()], { signal });
  } catch (error) {
    signal.throwIfAborted();
    note("records", (error as Error).message);
  }
}

async function addHtml(search: Search, path: string, html: string, signal: AbortSignal, note: Note): Promise<void> {
  const root = new DOMParser().parseFromString(html, "text/html");
  if (root.title === "") root.title = root.querySelector("h1")?.textContent || path;
  try {
    const { warnings } = await search.addPage({ root, url: path, signal });
    for (const { message } of warnings) note(path, message);
  } catch (error) {
    signal.throwIfAborted();
    note(path, (error as Error).message);
  }
}

/**
 * Reads the pages of a sitemap into an index.
 *
 * @throws {SearchError} where it cannot be had.
 */
export async function fillFromSite(
  search: Search,
  address: string,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<LeftOut[]> {
  const { state, failed, skipped } = await search.addSite(address, { signal, onProgress });
  if (state === "withheld") throw new Error("Your browser asks sites to save data, so no pages are fetched.");
  return [...failed, ...skipped].map(({ url, reason }) => ({ path: url, reason }));
}
