import { stringAt } from "../segment/strings.ts";
import type { Utf8 } from "../utf8.ts";
import type { InvertedIndex } from "./postings-builder.ts";
import { compareBytes } from "./postings-builder.ts";

/** Number of terms in a dictionary. */
export function termCount(index: InvertedIndex): number {
  return index.termOffsets.length - 1;
}

/** The term at a rank. */
export function termAt(index: InvertedIndex, rank: number, utf8: Utf8): string {
  return stringAt({ bytes: index.termBytes, offsets: index.termOffsets }, rank, utf8);
}

/** Rank of a term, or -1. O(log terms). */
export function findTerm(index: InvertedIndex, term: Uint8Array): number {
  const rank = lowerBound(index, term);
  return rank < termCount(index) && compareBytes(bytesAt(index, rank), term) === 0 ? rank : -1;
}

/** Half-open range of ranks of the terms that begin with `prefix`. O(log terms + matches). */
export function prefixRange(index: InvertedIndex, prefix: Uint8Array): [start: number, end: number] {
  const start = lowerBound(index, prefix);
  let end = start;
  while (end < termCount(index) && startsWith(bytesAt(index, end), prefix)) end++;
  return [start, end];
}

function lowerBound(index: InvertedIndex, term: Uint8Array): number {
  let low = 0;
  let high = termCount(index);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareBytes(bytesAt(index, middle), term) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function bytesAt(index: InvertedIndex, rank: number): Uint8Array {
  return index.termBytes.subarray(index.termOffsets[rank], index.termOffsets[rank + 1]);
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  if (bytes.length < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) if (bytes[i] !== prefix[i]) return false;
  return true;
}
