import { lengthNorm } from "../lexical/bm25f.ts";
import { forEachPosting } from "../lexical/postings.ts";
import { defaultParameters } from "../retrieval/parameters.ts";
import type { SegmentReader } from "../segment/reader.ts";
import { placesOfTerms, type TermPlace } from "../segment/term-places.ts";
import type { Utf8 } from "../utf8.ts";
import { levelOf } from "./impacts.ts";
import { compareKeys, type KeyList, writeKeyLists } from "./key-list.ts";
import type { Place } from "./lay-out.ts";
import type { PutPiece } from "./put-piece.ts";
import {
  cutByLevel,
  encodePostings,
  type PostingList,
  TermBlockWriter,
  type TermEntry,
  type Tier,
} from "./term-block.ts";

/** Payload of a block of terms, in bytes. */
export const termBlockBytes = 1000;

/** Mean lengths of a passage's fields in words: title, headings, body. */
export type FieldAverages = readonly number[];

/** Mean lengths over all passages, also of documents that were removed. */
export function averageLengths(readers: readonly SegmentReader[]): FieldAverages {
  const passages = readers.reduce((sum, reader) => sum + reader.passageCount, 0);
  return [0, 1, 2].map(
    (field) => readers.reduce((sum, { reference }) => sum + reference.fieldLengths[field]!, 0) / Math.max(1, passages),
  );
}

/** Writes dictionary and postings. @returns the lists of blocks of terms. */
export function writeTerms(
  places: readonly Place<SegmentReader>[],
  averages: FieldAverages,
  put: PutPiece,
  utf8: Utf8,
): KeyList {
  const entries = writeEntries(gatherPostings(places, averages, utf8), put, utf8);
  return writeKeyLists(writeTermBlocks(entries, termBlockBytes, put, utf8), put, utf8);
}

/** A term and all its postings. */
export interface TermPostings {
  readonly term: string;
  readonly list: PostingList;
}

/** The postings of some documents, in order of terms, with what ranking makes of frequencies and lengths. */
export function* gatherPostings(
  places: readonly Place<SegmentReader>[],
  averages: FieldAverages,
  utf8: Utf8,
): Generator<TermPostings, void> {
  const ordinals = new Map<SegmentReader, Int32Array>();
  for (const place of places) {
    const { reader, first } = place;
    let numbers = ordinals.get(reader);
    if (numbers === undefined) ordinals.set(reader, (numbers = new Int32Array(reader.passageCount).fill(-1)));
    const [start, end] = reader.passageRange(place.document);
    for (let passage = start; passage < end; passage++) numbers[passage] = first + passage - start;
  }
  const terms = placesOfTerms(ordinals.keys(), utf8);
  for (const term of [...terms.keys()].sort(compareKeys)) {
    const list = gather(terms.get(term)!, ordinals, averages);
    if (list.passages.length > 0) yield { term, list };
  }
}

/** Cuts a long list, and writes the parts that do not stand in the dictionary. */
export function writeEntry({ term, list }: TermPostings, put: PutPiece, utf8: Utf8): TermEntry {
  const [head, ...rest] = cutByLevel(list);
  const tiers: Tier[] = rest.map((part) => ({ count: part.passages.length, name: put(encodePostings(part, utf8)) }));
  return { term, frequency: list.passages.length, head: head!, tiers };
}

function* writeEntries(terms: Iterable<TermPostings>, put: PutPiece, utf8: Utf8): Generator<TermEntry, void> {
  for (const each of terms) yield writeEntry(each, put, utf8);
}

/**
 * Writes terms in their order into blocks.
 *
 * @param bytes - of a payload, from which on the block is closed.
 */
export function writeTermBlocks(entries: Iterable<TermEntry>, bytes: number, put: PutPiece, utf8: Utf8): KeyList {
  const blocks = { keys: [] as string[], names: [] as string[] };
  let block = new TermBlockWriter(utf8);
  const close = (): void => {
    if (block.count === 0) return;
    blocks.keys.push(block.first);
    blocks.names.push(put(block.finish(utf8)));
    block = new TermBlockWriter(utf8);
  };
  for (const entry of entries) {
    block.add(entry);
    if (block.length >= bytes) close();
  }
  close();
  return blocks;
}

const nothing: PostingList = { passages: new Uint32Array(), levels: new Uint8Array() };

/** The postings of one term under the new ordinals. */
function gather(
  places: readonly TermPlace[],
  ordinals: ReadonlyMap<SegmentReader, Int32Array>,
  averages: FieldAverages,
): PostingList {
  const { fieldWeights, fieldB } = defaultParameters;
  const found: { ordinal: number; level: number }[] = [];
  for (const { reader, rank } of places) {
    const numbers = ordinals.get(reader)!;
    forEachPosting(reader.index, rank, (passage, ...frequencies) => {
      const ordinal = numbers[passage]!;
      if (ordinal < 0) return;
      let weighted = 0;
      frequencies.forEach((frequency, field) => {
        if (frequency === 0) return;
        const length = reader.fieldLengths[passage * 3 + field]!;
        weighted += (fieldWeights[field]! * frequency) / lengthNorm(length, averages[field]!, fieldB[field]!);
      });
      found.push({ ordinal, level: levelOf(weighted) });
    });
  }
  // Why at once: of a change, nearly all terms of its segments have no posting.
  if (found.length === 0) return nothing;
  found.sort((a, b) => a.ordinal - b.ordinal);
  return {
    passages: Uint32Array.from(found, ({ ordinal }) => ordinal),
    levels: Uint8Array.from(found, ({ level }) => level),
  };
}
