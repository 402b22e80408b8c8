import { encodeStrings } from "../segment/strings.ts";
import { VarintWriter } from "../segment/varint.ts";
import type { Utf8 } from "../utf8.ts";

/** Fields of a passage, in the order in which lengths and frequencies are kept. */
export const fields = ["title", "headings", "body"] as const;

/** Index into `fields`. */
export type FieldIndex = 0 | 1 | 2;

/** Terms sorted by their UTF-8 bytes, and their postings. */
export interface InvertedIndex {
  readonly termBytes: Uint8Array;
  /** [terms + 1] offsets into `termBytes`. */
  readonly termOffsets: Uint32Array;
  /** [terms + 1] offsets into `postings`. */
  readonly postingOffsets: Uint32Array;
  /** [terms] passages that hold the term. */
  readonly documentFrequencies: Uint32Array;
  /** See `forEachPosting` for the coding. */
  readonly postings: Uint8Array;
}

/**
 * Collects (passage, term, field) occurrences in typed arrays, one entry for each passage and term, and sorts them into postings.
 *
 * Passages must come in ascending order.
 */
export class PostingsBuilder {
  private readonly termIds: Map<string, number> = new Map();
  private terms: Uint32Array = new Uint32Array(4096);
  private passages: Uint32Array = new Uint32Array(4096);
  /** [capacity, fields] frequencies, capped at 65,535. */
  private frequencies: Uint16Array = new Uint16Array(4096 * fields.length);
  private count = 0;
  /** Term id -> its latest entry + 1; 0 = none. */
  private latest: Uint32Array = new Uint32Array(4096);

  /** Stable number of a term within this builder. */
  termId(term: string): number {
    let id = this.termIds.get(term);
    if (id === undefined) {
      id = this.termIds.size;
      this.termIds.set(term, id);
      if (id >= this.latest.length) this.latest = enlarge(this.latest);
    }
    return id;
  }

  /** Counts one occurrence. */
  add(passage: number, termId: number, field: FieldIndex): void {
    let entry = this.latest[termId]! - 1;
    if (entry < 0 || this.passages[entry] !== passage) entry = this.append(passage, termId);
    const at = entry * fields.length + field;
    if (this.frequencies[at]! < 0xffff) this.frequencies[at]!++;
  }

  private append(passage: number, termId: number): number {
    if (this.count === this.terms.length) {
      this.terms = enlarge(this.terms);
      this.passages = enlarge(this.passages);
      this.frequencies = enlarge(this.frequencies);
    }
    const entry = this.count++;
    this.terms[entry] = termId;
    this.passages[entry] = passage;
    this.latest[termId] = entry + 1;
    return entry;
  }

  /** Sorts and codes what was collected. O(entries + terms log terms). */
  finish(utf8: Utf8): InvertedIndex {
    const terms = [...this.termIds.keys()];
    const order = sortByBytes(terms.map((term) => utf8.encode(term)));
    const entries = this.entriesByTerm(terms.length);
    const { bytes, offsets } = encodeStrings(
      order.map((id) => terms[id]!),
      utf8,
    );
    const writer = new VarintWriter();
    const postingOffsets = new Uint32Array(terms.length + 1);
    const documentFrequencies = new Uint32Array(terms.length);
    order.forEach((id, rank) => {
      this.writePostings(writer, entries.sorted.subarray(entries.starts[id], entries.starts[id + 1]));
      documentFrequencies[rank] = entries.starts[id + 1]! - entries.starts[id]!;
      postingOffsets[rank + 1] = writer.length;
    });
    return { termBytes: bytes, termOffsets: offsets, postingOffsets, documentFrequencies, postings: writer.finish() };
  }

  /** Counting sort, stable: within a term, entries stay in order of passages. */
  private entriesByTerm(terms: number): { starts: Uint32Array; sorted: Uint32Array } {
    const starts = new Uint32Array(terms + 1);
    for (let i = 0; i < this.count; i++) starts[this.terms[i]! + 1]!++;
    for (let i = 0; i < terms; i++) starts[i + 1]! += starts[i]!;
    const next = starts.slice();
    const sorted = new Uint32Array(this.count);
    for (let i = 0; i < this.count; i++) sorted[next[this.terms[i]!]!++] = i;
    return { starts, sorted };
  }

  private writePostings(writer: VarintWriter, entries: Uint32Array): void {
    let previous = 0;
    for (const entry of entries) {
      const passage = this.passages[entry]!;
      const [title, headings, body] = this.frequencies.subarray(entry * fields.length, (entry + 1) * fields.length);
      writer.write(passage - previous);
      writer.write((body! << 2) | (headings! > 0 ? 2 : 0) | (title! > 0 ? 1 : 0));
      if (headings! > 0) writer.write(headings!);
      if (title! > 0) writer.write(title!);
      previous = passage;
    }
  }
}

function enlarge<T extends Uint32Array | Uint16Array>(array: T): T {
  const larger = new (array.constructor as new (length: number) => T)(array.length * 2);
  larger.set(array);
  return larger;
}

function sortByBytes(encoded: readonly Uint8Array[]): number[] {
  return Array.from(encoded, (_, i) => i).sort((a, b) => compareBytes(encoded[a]!, encoded[b]!));
}

/** Order of two byte strings: negative, zero or positive. The order of the term dictionary. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}
