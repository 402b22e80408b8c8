import { hex64 } from "../segment/checksum.ts";
import type { SegmentReader } from "../segment/reader.ts";
import { countPassages, type Place } from "./lay-out.ts";
import type { WrittenNode } from "./write-leaves.ts";
import type { FieldAverages } from "./write-terms.ts";

/** A document that has its place in an index in pieces. */
export interface PlacedDocument {
  /** `""` where the document is gone: its ordinals stay empty. */
  readonly url: string;
  /** Of all that it says, 16 hex digits. */
  readonly hash: string;
  readonly passages: number;
  /** What is searched of its passages and never shown. */
  readonly hidden: string;
}

/** How an index in pieces was laid out: what has to be known to change a part of it. */
export interface PiecesLayout {
  /** Model of the vectors, as in a manifest; `""` where there are none, or of several models. */
  readonly vectors: string;
  /** Documents that were placed together: all at first, then those of each change. */
  readonly batches: readonly number[];
  /** In order of their ordinals. */
  readonly documents: readonly PlacedDocument[];
  /** By which the levels of postings were made. */
  readonly averages: FieldAverages;
  readonly nodes: readonly WrittenNode[];
}

/** Notes documents in the order of their places. */
export function noteDocuments(places: readonly Place<SegmentReader>[]): PlacedDocument[] {
  return places.map((place) => ({
    url: place.reader.url(place.document),
    hash: hashOf(place),
    passages: countPassages(place),
    hidden: readHidden(place),
  }));
}

/** Hash of what a document says. */
export function hashOf({ reader, document }: Place<SegmentReader>): string {
  return hex64(...reader.documentHash(document));
}

function readHidden({ reader, document }: Place<SegmentReader>): string {
  return reader
    .sectionHeads(document)
    .flatMap(({ hidden }) => hidden ?? [])
    .filter((text) => text !== "")
    .join("\n");
}

/** The model that made the vectors of all segments; `""` where there are none, or of several. */
export function vectorsKey(readers: readonly SegmentReader[]): string {
  const models = new Set(readers.map(({ vectors, reference }) => (vectors === null ? "" : reference.vectors!.model)));
  return models.size === 1 ? [...models][0]! : "";
}
