import type { TextRange } from "../../types.ts";
import { splitSentences } from "./sentences.ts";

/** How long passages are, in UTF-16 code units. */
export interface ChunkOptions {
  /** Longest passage, >= 2. */
  readonly maxLength: number;
  /** At most this much of a passage's end begins the next one, in whole sentences; < maxLength. */
  readonly overlap: number;
}

/** Chosen by measurement, see `docs/ARCHITECTURE.md`; part of `analysisVersion`. */
export const defaultChunkOptions: ChunkOptions = { maxLength: 1000, overlap: 120 };

/**
 * Cuts the text of one section into passages: whole sentences, of similar length, with overlap.
 *
 * Passages never cross a section, so each has one heading and one anchor. They are trimmed of white space; together
 * they cover every other character. A blank text gives none. O(length).
 */
export function chunk(text: string, options: ChunkOptions = defaultChunkOptions): TextRange[] {
  const sentences = splitSentences(text, options.maxLength);
  const end = text.trimEnd().length;
  const passages: TextRange[] = [];
  let first = 0;
  while (first < sentences.length) {
    // Why anew for each passage: whole sentences fall short of the target, and what they leave would add up to a short tail.
    const last = packSentences(sentences, first, targetLength(end - sentences[first]![0], options));
    const passage = trim(text, sentences[first]![0], sentences[last]![1]);
    if (passage !== undefined) passages.push(passage);
    first = last + 1 < sentences.length ? overlapStart(sentences, first, last, end, options) : sentences.length;
  }
  return passages;
}

/** Target for the next passage of what is left. Equal shares instead of full passages and a rest: a short tail would rank by accident. */
function targetLength(length: number, options: ChunkOptions): number {
  if (length <= options.maxLength) return options.maxLength;
  const step = options.maxLength - options.overlap;
  const count = Math.ceil((length - options.overlap) / step);
  return Math.ceil((length - options.overlap) / count) + options.overlap;
}

/** Index of the last sentence that fits with `first` into `target`; at least `first` itself. */
function packSentences(sentences: readonly TextRange[], first: number, target: number): number {
  const start = sentences[first]![0];
  let last = first;
  while (last + 1 < sentences.length && sentences[last + 1]![1] - start <= target) last++;
  return last;
}

/**
 * First sentence of the next passage: as many of the last ones as fit into `overlap`, always later than `first`, and only
 * where a new sentence fits beside them: else the next passage would repeat the end of this one and nothing more.
 */
function overlapStart(
  sentences: readonly TextRange[],
  first: number,
  last: number,
  textEnd: number,
  options: ChunkOptions,
): number {
  const [end, newEnd] = [sentences[last]![1], sentences[last + 1]![1]];
  const fits = (start: number): boolean =>
    end - start <= options.overlap && newEnd - start <= targetLength(textEnd - start, options);
  let next = last + 1;
  while (next - 1 > first && fits(sentences[next - 1]![0])) next--;
  return next;
}

function trim(text: string, start: number, end: number): TextRange | undefined {
  let from = start;
  let to = end;
  while (from < to && isSpace(text.charCodeAt(from))) from++;
  while (to > from && isSpace(text.charCodeAt(to - 1))) to--;
  return from < to ? [from, to] : undefined;
}

function isSpace(unit: number): boolean {
  return unit <= 32 || (unit >= 0xa0 && /\s/.test(String.fromCharCode(unit)));
}
