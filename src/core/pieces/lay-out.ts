import type { AttributeSource } from "../filter/attribute-table.ts";
import type { SegmentReader } from "../segment/reader.ts";
import type { QuantizedRows } from "../vector/quantize.ts";
import { compareKeys } from "./key-list.ts";
import { orderDocuments } from "./order-documents.ts";
import { leavesPerNode } from "./places.ts";
import { meanOfRows } from "./residual-codes.ts";

/** Passages of a leaf: as many as one fetch should bring when one of them is asked for. */
const leafPassages = 16;
/** A leaf takes another document whole up to this many passages. */
const maxLeafPassages = 24;

/** What is read of a document that has a place: a `SegmentReader` gives it, and `GoneDocuments` where there was one. */
export interface PlacedReader
  extends
    AttributeSource,
    Pick<SegmentReader, "passageRange" | "passageText" | "places" | "sectionOf" | "sectionWeight" | "weight"> {
  readonly vectors: QuantizedRows | null;
}

/** A document where it will stand. */
export interface Place<Reader extends PlacedReader = PlacedReader> {
  readonly reader: Reader;
  readonly document: number;
  /** Ordinal of its first passage in the new order. */
  first: number;
}

/** Live documents, in order of their urls. */
export function listPlaces(readers: readonly SegmentReader[]): Place<SegmentReader>[] {
  const places: Place<SegmentReader>[] = readers.flatMap((reader) =>
    Array.from({ length: reader.documentCount }, (_, document) => ({ reader, document, first: 0 })).filter(
      (place) => !reader.isRemoved(place.document),
    ),
  );
  const urls = new Map(places.map((place) => [place, place.reader.url(place.document)]));
  return places.sort((a, b) => compareKeys(urls.get(a)!, urls.get(b)!));
}

/**
 * Puts documents in an order in which neighbours are about the same.
 *
 * @param places - in order of urls.
 * @param dim - of their vectors; 0 where there are none: they stay as they are.
 */
export function orderPlaces<Reader extends PlacedReader>(
  places: readonly Place<Reader>[],
  dim: number,
): Place<Reader>[] {
  if (dim === 0) return [...places];
  const means = new Float32Array(places.length * dim);
  places.forEach((place, i) => {
    const [start, end] = place.reader.passageRange(place.document);
    means.set(meanOfRows(readVectors(place.reader, start, end, dim), dim), i * dim);
  });
  return Array.from(orderDocuments(means, dim), (i) => places[i]!);
}

/** Vectors [end - start, dim] of consecutive passages. */
export function readVectors(reader: PlacedReader, start: number, end: number, dim: number): Float32Array {
  const { codes, scales } = reader.vectors!;
  const rows = new Float32Array((end - start) * dim);
  for (let passage = start; passage < end; passage++) {
    const scale = Math.max(0, scales[passage]!);
    if (scale === 0) continue;
    for (let i = 0; i < dim; i++) rows[(passage - start) * dim + i] = codes[passage * dim + i]! * scale;
  }
  return rows;
}

/** Passages of a document. */
export function countPassages({ reader, document }: Pick<Place, "reader" | "document">): number {
  const [start, end] = reader.passageRange(document);
  return end - start;
}

/** Numbers the passages in the order of their documents. @returns how many there are. */
export function numberPassages(places: readonly Place[]): number {
  let next = 0;
  for (const place of places) {
    place.first = next;
    next += countPassages(place);
  }
  return next;
}

/** Consecutive passages of one document. */
export interface Span {
  readonly place: Place;
  /** Index of the document in the new order. */
  readonly document: number;
  readonly start: number;
  readonly end: number;
}

/** Passages whose vectors are one block. */
export type LeafSpans = readonly Span[];

/**
 * Cuts the passages into leaves, and these into nodes: short documents together, long ones in parts of equal length.
 *
 * @param batches - documents that were placed together; no leaf has documents of two batches.
 * @returns nodes of leaves.
 */
export function cutNodes(batches: readonly (readonly Place[])[]): LeafSpans[][] {
  const nodes: LeafSpans[][] = [];
  let documents = 0;
  for (const places of batches) {
    const leaves = cutLeaves(places, documents);
    for (let at = 0; at < leaves.length; at += leavesPerNode) nodes.push(leaves.slice(at, at + leavesPerNode));
    documents += places.length;
  }
  return nodes;
}

function cutLeaves(places: readonly Place[], firstDocument: number): LeafSpans[] {
  const leaves: LeafSpans[] = [];
  let open: Span[] = [];
  let count = 0;
  const close = (): void => {
    if (open.length > 0) leaves.push(open);
    open = [];
    count = 0;
  };
  places.forEach((place, i) => {
    const [start, end] = place.reader.passageRange(place.document);
    if (end === start) return;
    if (count + end - start > maxLeafPassages) close();
    const parts = end - start > maxLeafPassages ? Math.ceil((end - start) / leafPassages) : 1;
    for (let part = 0; part < parts; part++) {
      const from = start + Math.round(((end - start) * part) / parts);
      const to = start + Math.round(((end - start) * (part + 1)) / parts);
      open.push({ place, document: firstDocument + i, start: from, end: to });
      count += to - from;
      if (parts > 1 || count >= leafPassages) close();
    }
  });
  close();
  return leaves;
}
