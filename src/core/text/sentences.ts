import type { TextRange } from "../../types.ts";

/**
 * Ends of sentences and lines. Why not `Intl.Segmenter`: browsers disagree on its breaks, and the same text must give
 * the same passages everywhere. A full stop ends a sentence only before white space, so `node.js` and `3.5` stay whole.
 */
const boundary = /[.!?…]["'”’)\]]*\s+|[。！？｡؟।]\s*|\n\s*/gu;

/**
 * Spans of the sentences of a text, in order, without gaps: together they cover it. White space belongs to the sentence before it.
 *
 * @param maxLength - a longer sentence is cut, at white space where there is some in its second half, never inside a surrogate pair.
 */
export function splitSentences(text: string, maxLength: number): TextRange[] {
  const spans: TextRange[] = [];
  let start = 0;
  for (const match of text.matchAll(boundary)) {
    const end = match.index + match[0].length;
    pushSpans(spans, text, start, end, maxLength);
    start = end;
  }
  pushSpans(spans, text, start, text.length, maxLength);
  return spans;
}

function pushSpans(spans: TextRange[], text: string, start: number, end: number, maxLength: number): void {
  let from = start;
  while (end - from > maxLength) {
    const cut = findCut(text, from, from + maxLength);
    spans.push([from, cut]);
    from = cut;
  }
  if (from < end) spans.push([from, end]);
}

function findCut(text: string, start: number, limit: number): number {
  const middle = start + ((limit - start) >> 1);
  for (let i = limit; i > middle; i--) if (/\s/.test(text[i - 1] ?? "")) return i;
  return isHighSurrogate(text.charCodeAt(limit - 1)) ? limit - 1 : limit;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
