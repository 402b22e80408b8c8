import type { TextRange } from "../../types.ts";
import { analyze, type Token } from "./analyzer.ts";
import { stem } from "./stem.ts";

/** A part of a passage's text and the query's words in it. */
export interface Excerpt {
  readonly text: string;
  /** Offsets into `text`, sorted, without overlap. */
  readonly ranges: readonly TextRange[];
}

/**
 * Cuts the part of a passage that holds most of the query's words, at word boundaries.
 *
 * @param weights - stem -> weight >= 0 of the query's terms; the rarer, the heavier. Empty: the beginning is shown.
 * @param prefix - a word still being typed: words that begin with it match. Empty for none.
 * @param maxLength - of the excerpt, in UTF-16 code units, >= 1.
 */
export function makeExcerpt(
  text: string,
  weights: ReadonlyMap<string, number>,
  prefix: string,
  maxLength: number,
): Excerpt {
  const matches = findMatches(text, weights, prefix);
  const start = text.length <= maxLength ? 0 : bestStart(text, matches, maxLength);
  const end = endOfWord(text, start, Math.min(text.length, start + maxLength));
  const inside = matches.filter((match) => match.start >= start && match.end <= end);
  return { text: text.slice(start, end), ranges: mergeRanges(inside, start) };
}

interface Match {
  readonly start: number;
  readonly end: number;
  readonly stem: string;
  readonly weight: number;
}

function findMatches(text: string, weights: ReadonlyMap<string, number>, prefix: string): Match[] {
  const matches: Match[] = [];
  for (const token of analyze(text)) {
    const stemmed = stem(token.term);
    const weight = weights.get(stemmed) ?? weights.get(token.term) ?? (startsWithPrefix(token, prefix) ? 1 : undefined);
    if (weight !== undefined) matches.push({ start: token.start, end: token.end, stem: stemmed, weight });
  }
  return matches;
}

function startsWithPrefix(token: Token, prefix: string): boolean {
  return prefix !== "" && token.term.startsWith(prefix);
}

/** Slides a window from match to match; different words count in full, repeats a little. */
function bestStart(text: string, matches: readonly Match[], maxLength: number): number {
  let best = 0;
  let bestScore = 0;
  for (let i = 0; i < matches.length; i++) {
    const score = windowScore(matches, i, maxLength);
    if (score > bestScore) {
      bestScore = score;
      best = matches[i]!.start;
    }
  }
  return bestScore === 0 ? 0 : startOfContext(text, best, maxLength);
}

const repeatWeight = 0.1;

function windowScore(matches: readonly Match[], first: number, maxLength: number): number {
  const seen = new Set<string>();
  const limit = matches[first]!.start + maxLength * 0.8;
  let score = 0;
  for (let i = first; i < matches.length && matches[i]!.end <= limit; i++) {
    const match = matches[i]!;
    score += seen.has(match.stem) ? match.weight * repeatWeight : match.weight;
    seen.add(match.stem);
  }
  return score;
}

/** Shows some text before the first match: from the start of its sentence when that is near, else from a word. */
function startOfContext(text: string, position: number, maxLength: number): number {
  const earliest = Math.max(0, position - Math.floor(maxLength * 0.2));
  if (earliest === 0) return 0;
  for (let i = position; i > earliest; i--) if (endsSentence(text, i)) return skipSpace(text, i);
  for (let i = earliest; i < position; i++) if (/\s/.test(text[i - 1] ?? "")) return i;
  return position;
}

/** A full stop counts only before white space: `node.js` is no sentence end. */
function endsSentence(text: string, position: number): boolean {
  const last = text[position - 1] ?? "";
  return last === "\n" || (/[.!?]/.test(last) && /\s/.test(text[position] ?? ""));
}

function skipSpace(text: string, position: number): number {
  let i = position;
  while (i < text.length && /\s/.test(text[i] ?? "")) i++;
  return i;
}

function endOfWord(text: string, start: number, limit: number): number {
  if (limit >= text.length) return text.length;
  for (let i = limit; i > start + (limit - start) / 2; i--) if (/\s/.test(text[i] ?? "")) return i;
  return isLowSurrogate(text.charCodeAt(limit)) ? limit - 1 : limit;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

function mergeRanges(matches: readonly Match[], offset: number): TextRange[] {
  const ranges: [number, number][] = [];
  for (const match of matches.toSorted((a, b) => a.start - b.start)) {
    const last = ranges[ranges.length - 1];
    if (last !== undefined && match.start - offset <= last[1]) last[1] = Math.max(last[1], match.end - offset);
    else ranges.push([match.start - offset, match.end - offset]);
  }
  return ranges;
}
