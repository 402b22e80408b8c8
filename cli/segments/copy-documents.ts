import { decodeBlock, encodeBlock } from "../../src/core/segment/codec.ts";
import { type PassageColumns, readPassages, type SegmentReader } from "../../src/core/segment/reader.ts";
import {
  columnCounts,
  contentId,
  encodeDocuments,
  encodeIndex,
  encodePassages,
  packText,
  type StoredDocument,
  type WrittenSegment,
} from "../../src/core/segment/writer.ts";
import type { Utf8 } from "../../src/core/utf8.ts";
import { copyPostings } from "./copy-postings.ts";

/** A stored document. */
export interface StoredPlace {
  readonly reader: SegmentReader;
  /** Its number in the segment. */
  readonly document: number;
}

/** Gives the verified bytes of a block of text that a segment names. */
export type ReadText = (reader: SegmentReader, block: number) => Promise<Uint8Array>;

/** A segment that was copied together. */
export interface CopiedSegment {
  readonly written: WrittenSegment;
  /** The block of vectors; null where a segment that was copied from has none. */
  readonly vectors: Uint8Array | null;
}

/**
 * Copies documents out of segments into one: column by column, so that nothing is cut, analysed or embedded again. The result is,
 * byte for byte, what writing the documents anew would give.
 *
 * @param places - in the order they are to have.
 */
export async function copyDocuments(
  places: readonly StoredPlace[],
  readText: ReadText,
  utf8: Utf8,
): Promise<CopiedSegment> {
  const copy = new SegmentCopy(readText);
  for (const place of places) await copy.add(place);
  return copy.finish(utf8);
}

class SegmentCopy {
  readonly #readText: ReadText;
  readonly #columns = new Map<SegmentReader, PassageColumns>();
  /** The last block of text that was read, and whose it is: documents of a segment come one after the other. */
  #text: { readonly reader: SegmentReader; readonly block: number; readonly bytes: Uint8Array } | undefined;
  readonly #documents: StoredDocument[] = [];
  readonly #sectionStarts = [0];
  readonly #passageStarts = [0];
  readonly #sections: number[] = [];
  readonly #spans: number[] = [];
  readonly #hashes: number[] = [];
  readonly #lengths: number[] = [];
  readonly #lengthSums: [number, number, number] = [0, 0, 0];
  readonly #pieces: Uint8Array[] = [];
  readonly #ordinals = new Map<SegmentReader, Int32Array>();
  /** [passages] where its vector is. */
  readonly #rows: { readonly reader: SegmentReader; readonly passage: number }[] = [];

  constructor(readText: ReadText) {
    this.#readText = readText;
  }

  async add({ reader, document }: StoredPlace): Promise<void> {
    const sections = reader.sectionHeads(document);
    const firstSection = this.#sectionStarts.at(-1)!;
    const [start, end] = reader.passageRange(document);
    for (let passage = start; passage < end; passage++) {
      this.#addPassage(reader, passage, firstSection);
      this.#pieces.push(await this.#readPiece(reader, passage));
    }
    this.#documents.push({
      url: reader.url(document),
      title: reader.title(document),
      lang: reader.lang(document),
      attributes: reader.attributesJson(document),
      hash: reader.documentHash(document),
      sections,
    });
    this.#sectionStarts.push(firstSection + sections.length);
    this.#passageStarts.push(this.#passageStarts.at(-1)! + end - start);
  }

  #addPassage(reader: SegmentReader, passage: number, firstSection: number): void {
    const { hashes, lengths } = this.#columnsOf(reader);
    this.#ordinalsOf(reader)[passage] = this.#rows.length;
    this.#rows.push({ reader, passage });
    this.#sections.push(firstSection + reader.sectionOf(passage));
    this.#spans.push(...reader.span(passage));
    this.#hashes.push(hashes[passage * 2]!, hashes[passage * 2 + 1]!);
    for (const field of [0, 1, 2] as const) {
      const length = lengths[passage * 3 + field]!;
      this.#lengths.push(length);
      this.#lengthSums[field] += length;
    }
  }

  #columnsOf(reader: SegmentReader): PassageColumns {
    const known = this.#columns.get(reader);
    if (known !== undefined) return known;
    const columns = readPassages(reader.bytes.passages, reader.reference.blocks.passages.name);
    this.#columns.set(reader, columns);
    return columns;
  }

  #ordinalsOf(reader: SegmentReader): Int32Array {
    let ordinals = this.#ordinals.get(reader);
    if (ordinals === undefined) this.#ordinals.set(reader, (ordinals = new Int32Array(reader.passageCount).fill(-1)));
    return ordinals;
  }

  async #readPiece(reader: SegmentReader, passage: number): Promise<Uint8Array> {
    const { textBlocks, textOffsets } = this.#columnsOf(reader);
    let block = this.#text?.reader === reader ? this.#text.block : 0;
    while (textBlocks[block]! > passage) block--;
    while (textBlocks[block + 1]! <= passage) block++;
    if (this.#text?.reader !== reader || this.#text.block !== block) {
      const stored = await this.#readText(reader, block);
      const [bytes] = decodeBlock(stored, reader.reference.blocks.text[block]!.name, columnCounts.text);
      this.#text = { reader, block, bytes: bytes as Uint8Array };
    }
    const base = textOffsets[textBlocks[block]!]!;
    return this.#text.bytes.subarray(textOffsets[passage]! - base, textOffsets[passage + 1]! - base);
  }

  finish(utf8: Utf8): CopiedSegment {
    const text = packText(this.#pieces);
    const rows = { sections: this.#sections, spans: this.#spans, hashes: this.#hashes, lengths: this.#lengths };
    const written: WrittenSegment = {
      id: contentId(this.#documents, utf8),
      documents: this.#documents.length,
      passages: this.#rows.length,
      fieldLengths: this.#lengthSums,
      blocks: {
        documents: encodeDocuments(this.#documents, this.#sectionStarts, this.#passageStarts, utf8),
        passages: encodePassages(rows, text),
        ...encodeIndex(copyPostings(this.#ordinals, utf8)),
        text: text.blocks,
      },
    };
    return { written, vectors: this.#copyVectors() };
  }

  #copyVectors(): Uint8Array | null {
    const readers = [...this.#ordinals.keys()];
    if (readers.some(({ vectors }) => vectors === null)) return null;
    const model = readers[0]?.reference.vectors?.model ?? "";
    const dim = Number(model.slice(model.lastIndexOf("/") + 1));
    const codes = new Int8Array(this.#rows.length * dim);
    const scales = new Float32Array(this.#rows.length);
    this.#rows.forEach(({ reader, passage }, row) => {
      const { vectors } = reader;
      codes.set(vectors!.codes.subarray(passage * dim, (passage + 1) * dim), row * dim);
      scales[row] = vectors!.scales[passage]!;
    });
    return encodeBlock([codes, scales]);
  }
}
