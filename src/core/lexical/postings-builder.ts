import { encodeStrings } from "../segment/strings.ts";
import { VarintWriter } from "../segment/varint.ts";
import { runSteps } from "../steps.ts";
import type { Utf8 } from "../utf8.ts";
import { writePosting } from "./postings.ts";

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
  readonly #termIds: Map<string, number> = new Map();
  #terms: Uint32Array = new Uint32Array(4096);
  #passages: Uint32Array = new Uint32Array(4096);
  /** [capacity, fields] frequencies, capped at 65,535. */
  #frequencies: Uint16Array = new Uint16Array(4096 * fields.length);
  #count = 0;
  /** Term id -> its latest entry + 1; 0 = none. */
  #latest: Uint32Array = new Uint32Array(4096);

  /** Stable number of a term within this builder. */
  termId(term: string): number {
    let id = this.#termIds.get(term);
    if (id === undefined) {
      id = this.#termIds.size;
      this.#termIds.set(term, id);
      if (id >= this.#latest.length) this.#latest = enlarge(this.#latest);
    }
    return id;
  }

  /** Counts one occurrence. */
  add(passage: number, termId: number, field: FieldIndex): void {
    let entry = this.#latest[termId]! - 1;
    if (entry < 0 || this.#passages[entry] !== passage) entry = this.#append(passage, termId);
    const at = entry * fields.length + field;
    if (this.#frequencies[at]! < 0xffff) this.#frequencies[at]!++;
  }

  #append(passage: number, termId: number): number {
    if (this.#count === this.#terms.length) {
      this.#terms = enlarge(this.#terms);
      this.#passages = enlarge(this.#passages);
      this.#frequencies = enlarge(this.#frequencies);
    }
    const entry = this.#count++;
    this.#terms[entry] = termId;
    this.#passages[entry] = passage;
    this.#latest[termId] = entry + 1;
    return entry;
  }

  /** Sorts and codes what was collected. O(entries + terms log terms). */
  finish(utf8: Utf8): InvertedIndex {
    return runSteps(this.finishInSteps(utf8));
  }

  /** Like `finish`, with a stop after each few ms of work. */
  *finishInSteps(utf8: Utf8): Generator<void, InvertedIndex> {
    const terms = sortTerms([...this.#termIds.keys()], utf8);
    yield;
    const entries = this.#entriesByTerm(terms.length);
    yield;
    const { bytes, offsets } = encodeStrings(terms, utf8);
    const writer = new VarintWriter();
    const postingOffsets = new Uint32Array(terms.length + 1);
    const documentFrequencies = new Uint32Array(terms.length);
    for (const [rank, term] of terms.entries()) {
      const id = this.#termIds.get(term)!;
      const [start, end] = [entries.starts[id]!, entries.starts[id + 1]!];
      this.#writePostings(writer, entries.sorted.subarray(start, end));
      documentFrequencies[rank] = end - start;
      postingOffsets[rank + 1] = writer.length;
      if (rank % termsPerStep === 0) yield;
    }
    return { termBytes: bytes, termOffsets: offsets, postingOffsets, documentFrequencies, postings: writer.finish() };
  }

  /** Counting sort, stable: within a term, entries stay in order of passages. */
  #entriesByTerm(terms: number): { starts: Uint32Array; sorted: Uint32Array } {
    const starts = new Uint32Array(terms + 1);
    for (let i = 0; i < this.#count; i++) starts[this.#terms[i]! + 1]!++;
    for (let i = 0; i < terms; i++) starts[i + 1]! += starts[i]!;
    const next = starts.slice();
    const sorted = new Uint32Array(this.#count);
    for (let i = 0; i < this.#count; i++) sorted[next[this.#terms[i]!]!++] = i;
    return { starts, sorted };
  }

  #writePostings(writer: VarintWriter, entries: Uint32Array): void {
    let previous = 0;
    for (const entry of entries) {
      const passage = this.#passages[entry]!;
      const title = this.#frequencies[entry * fields.length]!;
      const headings = this.#frequencies[entry * fields.length + 1]!;
      const body = this.#frequencies[entry * fields.length + 2]!;
      writePosting(writer, passage - previous, title, headings, body);
      previous = passage;
    }
  }
}

/** Terms coded between two stops. */
const termsPerStep = 2048;

function enlarge<T extends Uint32Array | Uint16Array>(array: T): T {
  const larger = new (array.constructor as new (length: number) => T)(array.length * 2);
  larger.set(array);
  return larger;
}

const surrogate = /[\ud800-\udfff]/;

/**
 * Sorts terms by their UTF-8 bytes. Why two ways: that is the order of JavaScript's own, much faster sort, except where
 * characters beyond U+FFFF occur, which UTF-16 puts before U+E000.
 */
export function sortTerms(terms: string[], utf8: Utf8): string[] {
  if (!terms.some((term) => surrogate.test(term))) return terms.sort();
  const encoded = terms.map((term) => ({ term, bytes: utf8.encode(term) }));
  return encoded.sort((a, b) => compareBytes(a.bytes, b.bytes)).map(({ term }) => term);
}

/** Order of two byte strings: negative, zero or positive. The order of the term dictionary. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}
