import { encodeStrings } from "../../src/core/segment/strings.ts";
import type { SegmentReader } from "../../src/core/segment/reader.ts";
import { VarintWriter } from "../../src/core/segment/varint.ts";
import { forEachPosting, writePosting } from "../../src/core/lexical/postings.ts";
import { type InvertedIndex, sortTerms } from "../../src/core/lexical/postings-builder.ts";
import { placesOfTerms } from "../../src/core/segment/term-places.ts";
import type { Utf8 } from "../../src/core/utf8.ts";

/** Where a passage of a segment goes: [passages] its new ordinal, or -1. */
export type NewOrdinals = ReadonlyMap<SegmentReader, Int32Array>;

/** Postings of some passages under their new ordinals: what analysing their text again would give, without doing so. */
export function copyPostings(ordinals: NewOrdinals, utf8: Utf8): InvertedIndex {
  const places = placesOfTerms(ordinals.keys(), utf8);
  const entries = new Entries();
  const writer = new VarintWriter();
  const terms: string[] = [];
  const offsets = [0];
  const frequencies: number[] = [];
  for (const term of sortTerms([...places.keys()], utf8)) {
    entries.clear();
    for (const { reader, rank } of places.get(term)!) entries.read(reader, rank, ordinals.get(reader)!);
    if (entries.count === 0) continue;
    entries.write(writer);
    terms.push(term);
    offsets.push(writer.length);
    frequencies.push(entries.count);
  }
  const { bytes, offsets: termOffsets } = encodeStrings(terms, utf8);
  return {
    termBytes: bytes,
    termOffsets,
    postingOffsets: Uint32Array.from(offsets),
    documentFrequencies: Uint32Array.from(frequencies),
    postings: writer.finish(),
  };
}

/** Numbers of one posting: passage, title, headings, body. */
const width = 4;

/** Postings of one term, from all segments that have it. */
class Entries {
  #numbers = new Uint32Array(1024 * width);
  #isSorted = true;
  count = 0;

  clear(): void {
    this.count = 0;
    this.#isSorted = true;
  }

  read({ index }: SegmentReader, rank: number, ordinals: Int32Array): void {
    forEachPosting(index, rank, (passage, title, headings, body) => {
      const ordinal = ordinals[passage]!;
      if (ordinal < 0) return;
      const at = this.count++ * width;
      if (at === this.#numbers.length) this.#grow();
      if (at > 0 && this.#numbers[at - width]! > ordinal) this.#isSorted = false;
      this.#numbers[at] = ordinal;
      this.#numbers[at + 1] = title;
      this.#numbers[at + 2] = headings;
      this.#numbers[at + 3] = body;
    });
  }

  write(writer: VarintWriter): void {
    const numbers = this.#numbers;
    const order = Uint32Array.from({ length: this.count }, (_, i) => i * width);
    if (!this.#isSorted) order.sort((a, b) => numbers[a]! - numbers[b]!);
    let previous = 0;
    for (const at of order) {
      const passage = numbers[at]!;
      writePosting(writer, passage - previous, numbers[at + 1]!, numbers[at + 2]!, numbers[at + 3]!);
      previous = passage;
    }
  }

  #grow(): void {
    const larger = new Uint32Array(this.#numbers.length * 2);
    larger.set(this.#numbers);
    this.#numbers = larger;
  }
}
