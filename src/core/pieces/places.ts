import type { Utf8 } from "../utf8.ts";
import { bitAt, packBits, PayloadReader, PayloadWriter } from "./bytes.ts";

/** Leaves in one block of places, and in one block of centroids. */
export const leavesPerNode = 32;

/** Passages whose texts are one block: a hit shows one of them, rarely more. */
export const textPassages = 4;

/** Documents in one block of the list of documents. */
export const documentsPerBlock = 8192;

/** A run of consecutive passages: their vectors are one block, their texts a few. */
export interface Leaf {
  /** Ordinal of its first passage. */
  readonly first: number;
  readonly count: number;
  /** For each passage, whether it goes on with the section of the passage before it. */
  readonly continues: (index: number) => boolean;
  /** Blocks of the texts, `textPassages` passages in each. */
  readonly texts: readonly string[];
  /** Block of the vectors; `""` where the index has none. */
  readonly vectors: string;
}

/** What a leaf is written from. */
export interface LeafEntry {
  readonly continues: readonly boolean[];
  readonly texts: readonly string[];
  readonly vectors: string | null;
}

const hasVectors = 1;

/** Payload of consecutive leaves. */
export function encodePlaces(leaves: readonly LeafEntry[], utf8: Utf8): Uint8Array {
  const writer = new PayloadWriter(utf8);
  const withVectors = leaves.every(({ vectors }) => vectors !== null);
  writer.number(leaves.length);
  writer.number(withVectors ? hasVectors : 0);
  for (const { continues, texts, vectors } of leaves) {
    writer.number(continues.length);
    writer.bytes(packBits(continues));
    for (const name of texts) writer.name(name);
    if (withVectors) writer.name(vectors!);
  }
  return writer.finish();
}

/** @param first - ordinal of the first passage of the first leaf. */
export function decodePlaces(payload: Uint8Array, first: number, utf8: Utf8): Leaf[] {
  const reader = new PayloadReader(payload, utf8);
  const leaves = reader.count();
  const withVectors = reader.number() === hasVectors;
  let next = first;
  return Array.from({ length: leaves }, () => {
    const count = reader.number();
    const bits = reader.bytes(Math.ceil(count / 8));
    const texts = Array.from({ length: Math.ceil(count / textPassages) }, () => reader.name());
    const leaf = { first: next, count, continues: (index: number) => bitAt(bits, index), texts };
    next += count;
    return { ...leaf, vectors: withVectors ? reader.name() : "" };
  });
}

/** Consecutive documents: how many passages each has, and what its scores are multiplied by. */
export interface DocumentList {
  /** [documents + 1] ordinals of first passages. */
  readonly starts: Uint32Array;
  /** Document -> weight, for those whose weight is not 1. Documents count from the first one of the list. */
  readonly weights: ReadonlyMap<number, number>;
  /** Passage -> weight of its section, for those whose weight is not 1. */
  readonly sectionWeights: ReadonlyMap<number, number>;
}

/** What a block of documents is written from. */
export interface DocumentEntries {
  /** Passages of each document. */
  readonly counts: readonly number[];
  /** As in `DocumentList`. */
  readonly weights: ReadonlyMap<number, number>;
  /** Passage -> weight, in ascending order; passages count from the first one of the list. */
  readonly sectionWeights: ReadonlyMap<number, number>;
}

/** Weights are written in steps of 1/1000. */
const weightSteps = 1000;

/** Payload of consecutive documents. */
export function encodeDocuments({ counts, weights, sectionWeights }: DocumentEntries, utf8: Utf8): Uint8Array {
  const writer = new PayloadWriter(utf8);
  writer.number(counts.length);
  for (const count of counts) writer.number(count);
  writer.number(weights.size);
  for (const [document, weight] of weights) {
    writer.number(document);
    writer.number(Math.round(weight * weightSteps));
  }
  if (sectionWeights.size > 0) writeSectionWeights(sectionWeights, writer);
  return writer.finish();
}

/** Why as the distance from the one before: passages of a section stand in a row. */
function writeSectionWeights(weights: ReadonlyMap<number, number>, writer: PayloadWriter): void {
  writer.number(weights.size);
  let previous = 0;
  for (const [passage, weight] of weights) {
    writer.number(passage - previous);
    writer.number(Math.round(weight * weightSteps));
    previous = passage;
  }
}

/** @param first - ordinal of the first passage of the first document. */
export function decodeDocuments(payload: Uint8Array, first: number, utf8: Utf8): DocumentList {
  const reader = new PayloadReader(payload, utf8);
  const starts = new Uint32Array(reader.count() + 1);
  starts[0] = first;
  for (let i = 1; i < starts.length; i++) starts[i] = starts[i - 1]! + reader.number();
  const weights = new Map(
    Array.from({ length: reader.count() }, () => [reader.number(), reader.number() / weightSteps] as const),
  );
  let passage = first;
  const sectionWeights = new Map(
    Array.from({ length: reader.isAtEnd ? 0 : reader.count() }, () => {
      passage += reader.number();
      return [passage, reader.number() / weightSteps] as const;
    }),
  );
  return { starts, weights, sectionWeights };
}

/** Index of the last start that is not greater than `ordinal`. */
export function lastStart(starts: ArrayLike<number>, ordinal: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (starts[middle]! <= ordinal) low = middle;
    else high = middle - 1;
  }
  return low;
}
