import { checksum } from "../../src/core/segment/checksum.ts";
import type { BlockReference } from "../../src/core/segment/manifest.ts";
import { prepareDocument } from "../../src/core/segment/prepare.ts";
import { SegmentReader } from "../../src/core/segment/reader.ts";
import { SegmentWriter, type WrittenSegment } from "../../src/core/segment/writer.ts";
import type { Document } from "../../src/types.ts";
import { utf8 } from "../../worker/utf8.ts";

/** A segment without vectors, written in one go. */
export function writeSegment(documents: readonly Document[]): WrittenSegment {
  const writer = new SegmentWriter(utf8);
  for (const document of documents) {
    const prepared = prepareDocument(document, utf8);
    writer.beginDocument(prepared);
    prepared.passages.forEach((_, i) => writer.addPassage(prepared, i));
  }
  return writer.finish();
}

/** A reader of documents that were written into one segment in memory. */
export function makeReader(documents: readonly Document[]): SegmentReader {
  const written = writeSegment(documents);
  const blocks = new Map<string, Uint8Array>();
  const refer = (name: string, bytes: Uint8Array): BlockReference => {
    blocks.set(name, bytes);
    return { name, bytes: bytes.length, checksum: checksum(bytes) };
  };
  const { documents: documentBlock, passages, terms, postings, text } = written.blocks;
  const reference = {
    id: written.id,
    documents: written.documents,
    passages: written.passages,
    fieldLengths: written.fieldLengths,
    blocks: {
      documents: refer("documents", documentBlock),
      passages: refer("passages", passages),
      terms: refer("terms", terms),
      postings: refer("postings", postings),
      text: text.map((block, i) => refer(`text-${i}`, block)),
    },
    vectors: null,
    tombstones: null,
  };
  const bytes = { documents: documentBlock, passages, terms, postings, vectors: null, tombstones: null };
  return new SegmentReader(reference, bytes, utf8, async (name) => blocks.get(name)!);
}
