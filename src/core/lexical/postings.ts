import type { VarintWriter } from "../segment/varint.ts";
import type { InvertedIndex } from "./postings-builder.ts";

/** Receives the passage and how often the term stands in each field. */
export type OnPosting = (passage: number, title: number, headings: number, body: number) => void;

/**
 * Reads the postings of the term at a rank, in ascending order of passages.
 *
 * Coding, all LEB128: distance to the previous passage; body frequency · 4 + 2 if in headings + 1 if in title;
 * then the headings' and the title's frequency where the bits say so.
 */
export function forEachPosting(index: InvertedIndex, rank: number, onPosting: OnPosting): void {
  const bytes = index.postings;
  const end = index.postingOffsets[rank + 1] ?? 0;
  let at = index.postingOffsets[rank] ?? 0;
  let passage = 0;

  const read = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  };

  while (at < end) {
    passage += read();
    const packed = read();
    const headings = packed & 2 ? read() : 0;
    const title = packed & 1 ? read() : 0;
    onPosting(passage, title, headings, packed >>> 2);
  }
}

/** Writes one posting as `forEachPosting` reads it. @param distance - to the previous passage of the term. */
export function writePosting(
  writer: VarintWriter,
  distance: number,
  title: number,
  headings: number,
  body: number,
): void {
  writer.write(distance);
  writer.write((body << 2) | (headings > 0 ? 2 : 0) | (title > 0 ? 1 : 0));
  if (headings > 0) writer.write(headings);
  if (title > 0) writer.write(title);
}
