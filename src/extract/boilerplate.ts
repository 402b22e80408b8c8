import { xxHash32 } from "js-xxhash";
import type { Section } from "../types.ts";
import type { PageDocument } from "./extract-page.ts";

/** Lines at each end of a page that may be shared with others: what stands in the middle is content. */
const edgeLines = 40;

/**
 * An edge ends at the first line of the page's own that reads like content, and after more than so many others: the line of a
 * trail, or a date, may stand between shared ones.
 */
const maxOwnLines = 2;

/** A longer line is content. */
const maxLabel = 80;

/** In a smaller folder, what pages share says little. */
const minPages = 8;

/** Share of a folder's pages that have a line in common for it to be furniture. */
const minShare = 0.5;

/** Lines at the two ends of a page, as numbers: equal lines, equal numbers. */
export interface PageEdges {
  /** From the first line inwards. */
  readonly head: readonly number[];
  /** From the last line inwards. */
  readonly tail: readonly number[];
}

/** A line of text, or a heading (`line` is -1), by its place. */
interface Line {
  readonly section: number;
  readonly line: number;
  readonly text: string;
}

/** Gives the lines at the ends of a document's text. */
export function readEdges(document: PageDocument): PageEdges {
  const lines = listLines(document.sections);
  return {
    head: lines.slice(0, edgeLines).map(hashLine),
    tail: lines.slice(-edgeLines).reverse().map(hashLine),
  };
}

/**
 * Counts which lines pages have in common at their ends, and takes off what is furniture: menus, notes on licences, links
 * to edit the page. A line is furniture where at least half of the pages of a folder have it at an end; folders of fewer
 * than eight pages count with the one above. The result depends on the set of pages, not on their order.
 */
export class Boilerplate {
  readonly #folders = new Map<string, FolderLines>();

  /** Counts a page. @param path - of its file or address, with `/`. */
  add(path: string, { head, tail }: PageEdges): void {
    const lines = new Set([...head, ...tail]);
    lines.delete(blankLine);
    lines.delete(codeLine);
    for (const name of countedFolders(path)) {
      let folder = this.#folders.get(name);
      if (folder === undefined) this.#folders.set(name, (folder = { pages: 0, lines: [], shared: undefined }));
      folder.pages++;
      // Why a list and not a count by line: on a large site nearly all lines are there once, and a map of them is heavy.
      for (const line of lines) folder.lines.push(line);
      folder.shared = undefined;
    }
  }

  /** How many lines are taken off at the two ends of a page, and which: equal numbers, equal result. */
  findShared(path: string, { head, tail }: PageEdges): SharedLines {
    const shared = countedFolders(path).map((name) => this.#sharedOf(name));
    const isShared = (line: number): boolean => shared.some((lines) => lines.has(line));
    return { head: findOnEdge(head, isShared), tail: findOnEdge(tail, isShared) };
  }

  #sharedOf(name: string): ReadonlySet<number> {
    const folder = this.#folders.get(name);
    if (folder === undefined || folder.pages < minPages) return nothing;
    return (folder.shared ??= findFrequent(folder.lines, folder.pages * minShare));
  }
}

interface FolderLines {
  pages: number;
  /** Numbers of the lines of all pages, each once for each page. */
  readonly lines: number[];
  /** Those that enough pages have, once they are looked for. */
  shared: ReadonlySet<number> | undefined;
}

const nothing: ReadonlySet<number> = new Set();

function findFrequent(lines: readonly number[], minCount: number): ReadonlySet<number> {
  const sorted = Uint32Array.from(lines).sort();
  const frequent = new Set<number>();
  for (let start = 0, i = 1; i <= sorted.length; i++) {
    if (sorted[i] === sorted[start]) continue;
    if (i - start >= minCount) frequent.add(sorted[start]!);
    start = i;
  }
  return frequent;
}

/** Places, from the end inwards, of the lines that are shared. */
function findOnEdge(lines: readonly number[], isShared: (line: number) => boolean): number[] {
  const shared: number[] = [];
  for (let i = 0, own = 0; i < lines.length; i++) {
    const line = lines[i]!;
    if (line === blankLine) continue;
    if (isShared(line)) {
      shared.push(i);
      own = 0;
    } else if (readsLikeContent(line) || ++own > maxOwnLines) break;
  }
  return shared;
}

/** Places of furniture at the two ends of a page, counted from each end. */
export interface SharedLines {
  readonly head: readonly number[];
  readonly tail: readonly number[];
}

/**
 * Takes shared lines off a document. A heading goes only if all that stands under it goes, too; where nothing else is left,
 * the document stays as it is.
 */
export function takeOffLines(document: PageDocument, { head, tail }: SharedLines): PageDocument {
  if (head.length === 0 && tail.length === 0) return document;
  const lines = listLines(document.sections);
  const gone = new Set([...head.map((i) => lines[i]!), ...tail.map((i) => lines[lines.length - 1 - i]!)]);
  const kept = new Map<number, string[]>();
  for (const line of lines) {
    if (gone.has(line) || line.line < 0) continue;
    const texts = kept.get(line.section);
    if (texts === undefined) kept.set(line.section, [line.text]);
    else texts.push(line.text);
  }
  const goneHeadings = new Set([...gone].filter(({ line }) => line < 0).map(({ section }) => section));
  const sections = document.sections.flatMap((section, i): Section[] => {
    const hadText = section.text !== "";
    const text = (kept.get(i) ?? []).join("\n").trim();
    const isGone = text === "" && (goneHeadings.has(i) || (hadText && section.heading === ""));
    return isGone ? [] : [{ ...section, text }];
  });
  return sections.some(({ text }) => text !== "") ? { ...document, sections } : document;
}

function listLines(sections: readonly Section[]): Line[] {
  return sections.flatMap(({ heading, text }, section) => {
    const lines = text === "" ? [] : text.split("\n").map((line, i) => ({ section, line: i, text: line }));
    return heading === undefined || heading === "" ? lines : [{ section, line: -1, text: heading }, ...lines];
  });
}

/** Number of a line without text, which stands for nothing. */
const blankLine = 0;

/** Number of a line that looks like code, which is content and kept whole: `};` ends many an example. */
const codeLine = 1;

/** The hash of a line; its lowest bit says whether the line reads like content: a heading, a sentence, or a long one. */
function hashLine({ line, text }: Line): number {
  const words = text.trim();
  if (words === "") return blankLine;
  if (line >= 0 && (/^\s/.test(text) || /[{};\\]$/.test(words))) return codeLine;
  // Why told apart: a word that is a heading everywhere may be a page's own text.
  const hash = xxHash32(words, line < 0 ? 1 : 0);
  const isContent = line < 0 || words.length > maxLabel || /[.!?…。！？]["'”’)\]]*$/.test(words);
  const number = ((hash & ~1) | (isContent ? 1 : 0)) >>> 0;
  return number > codeLine ? number : number + 2;
}

function readsLikeContent(line: number): boolean {
  return (line & 1) === 1;
}

/** The page's own folder, that at the top, and the site. */
function countedFolders(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return [...new Set([parts.join("/"), parts.slice(0, 1).join("/"), ""])];
}
