import type { Utf8 } from "../utf8.ts";
import { PayloadReader, PayloadWriter } from "./bytes.ts";
import { readShared, writeShared } from "./key-list.ts";

/** Postings in ascending order of passages. */
export interface PostingList {
  /** [count] ordinals of passages in the whole index. */
  readonly passages: Uint32Array;
  /** [count] see `levelOf`. */
  readonly levels: Uint8Array;
}

/** A part of a long posting list in a block of its own: the best postings stand in the dictionary, the next best in the first tier. */
export interface Tier {
  readonly count: number;
  readonly name: string;
}

/** A term with what is known of it at once. */
export interface TermEntry {
  readonly term: string;
  /** Passages that hold it. */
  readonly frequency: number;
  /** All of its postings, or the best ones. */
  readonly head: PostingList;
  /** The others, the better ones first. */
  readonly tiers: readonly Tier[];
}

/** Longest list that stands in the dictionary whole. */
export const maxInlinePostings = 256;
/** Postings of a longer list that do, and those of its tiers; the last size again and again. */
export const headPostings = 128;
const tierPostings = [1024, 4096, 16_384] as const;

/** Postings of a tier, counted from 0. */
export function tierSize(tier: number): number {
  return tierPostings[Math.min(tier, tierPostings.length - 1)]!;
}

/** Cuts a list by level: the best postings, the next best, and so on, each part in order of passages. */
export function cutByLevel(list: PostingList): PostingList[] {
  const count = list.passages.length;
  if (count <= maxInlinePostings) return [list];
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  order.sort((a, b) => list.levels[b]! - list.levels[a]! || a - b);
  const parts: PostingList[] = [];
  for (let start = 0; start < count;) {
    const size = parts.length === 0 ? headPostings : tierSize(parts.length - 1);
    const part = order.subarray(start, start + size).sort();
    parts.push({
      passages: Uint32Array.from(part, (i) => list.passages[i]!),
      levels: Uint8Array.from(part, (i) => list.levels[i]!),
    });
    start += size;
  }
  return parts;
}

/** Writes a list: distances, then levels, each kind together because that is how they compress. */
function writePostings(writer: PayloadWriter, { passages, levels }: PostingList): void {
  writer.number(passages.length);
  let previous = 0;
  for (const passage of passages) {
    writer.number(passage - previous);
    previous = passage;
  }
  writer.bytes(levels);
}

function readPostings(reader: PayloadReader): PostingList {
  const count = reader.count();
  const passages = new Uint32Array(count);
  let previous = 0;
  for (let i = 0; i < count; i++) passages[i] = previous += reader.number();
  return { passages, levels: reader.bytes(count) };
}

/** Payload of a tier. */
export function encodePostings(list: PostingList, utf8: Utf8): Uint8Array {
  const writer = new PayloadWriter(utf8);
  writePostings(writer, list);
  return writer.finish();
}

export function decodePostings(payload: Uint8Array, utf8: Utf8): PostingList {
  return readPostings(new PayloadReader(payload, utf8));
}

/** Collects terms in their order and freezes them into the payload of one block of the dictionary. */
export class TermBlockWriter {
  readonly #strings: PayloadWriter;
  readonly #postings: PayloadWriter;
  #count = 0;
  #previous = "";
  #first = "";

  constructor(utf8: Utf8) {
    this.#strings = new PayloadWriter(utf8);
    this.#postings = new PayloadWriter(utf8);
  }

  get length(): number {
    return this.#strings.length + this.#postings.length;
  }

  get count(): number {
    return this.#count;
  }

  /** The first term: the block's key. */
  get first(): string {
    return this.#first;
  }

  add({ term, frequency, head, tiers }: TermEntry): void {
    if (this.#count++ === 0) this.#first = term;
    writeShared(this.#strings, this.#previous, term);
    this.#previous = term;
    this.#strings.number(frequency * 2 + (tiers.length > 0 ? 1 : 0));
    if (tiers.length > 0) this.#strings.number(tiers.length);
    for (const { count, name } of tiers) {
      this.#strings.number(count);
      this.#strings.name(name);
    }
    writePostings(this.#postings, head);
  }

  finish(utf8: Utf8): Uint8Array {
    const writer = new PayloadWriter(utf8);
    writer.number(this.#count);
    writer.bytes(this.#strings.finish());
    writer.bytes(this.#postings.finish());
    return writer.finish();
  }
}

/** The terms of a block, in order. */
export function decodeTermBlock(payload: Uint8Array, utf8: Utf8): TermEntry[] {
  const reader = new PayloadReader(payload, utf8);
  const count = reader.count();
  const heads: Omit<TermEntry, "head">[] = [];
  for (let i = 0; i < count; i++) {
    const term = readShared(reader, heads[i - 1]?.term ?? "");
    const packed = reader.number();
    const tiers = Array.from({ length: packed & 1 ? reader.count() : 0 }, () => ({
      count: reader.number(),
      name: reader.name(),
    }));
    heads.push({ term, frequency: packed >>> 1, tiers });
  }
  return heads.map((entry) => ({ ...entry, head: readPostings(reader) }));
}
