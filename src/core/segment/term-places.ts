import { termAt, termCount } from "../lexical/term-dictionary.ts";
import type { Utf8 } from "../utf8.ts";
import type { SegmentReader } from "./reader.ts";

/** Where a term stands: a segment, and the rank in its dictionary. */
export interface TermPlace {
  readonly reader: SegmentReader;
  readonly rank: number;
}

/** All terms of some segments, each with the places where it stands, in the order of the segments. */
export function placesOfTerms(readers: Iterable<SegmentReader>, utf8: Utf8): Map<string, TermPlace[]> {
  const terms = new Map<string, TermPlace[]>();
  for (const reader of readers) {
    for (let rank = 0; rank < termCount(reader.index); rank++) {
      const term = termAt(reader.index, rank, utf8);
      const places = terms.get(term);
      if (places === undefined) terms.set(term, [{ reader, rank }]);
      else places.push({ reader, rank });
    }
  }
  return terms;
}
