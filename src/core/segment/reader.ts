import type { Attributes } from "../../types.ts";
import type { InvertedIndex } from "../lexical/postings-builder.ts";
import { termAt } from "../lexical/term-dictionary.ts";
import { placeSections, type SectionPlace } from "../text/heading-path.ts";
import { stem } from "../text/stem.ts";
import type { Utf8 } from "../utf8.ts";
import type { QuantizedRows } from "../vector/quantize.ts";
import { type CreateScanner, createPlainScanner, type RowScanner } from "../vector/scan.ts";
import { hex64 } from "./checksum.ts";
import { damaged, decodeBlock } from "./codec.ts";
import type { BlockReference, SegmentReference } from "./manifest.ts";
import type { EnrichedSection } from "./prepare.ts";
import { decodeOverrides, maxWeight, type SectionOverrides } from "./section-overrides.ts";
import { type StringColumn, stringAt } from "./strings.ts";
import { columnCounts } from "./writer.ts";

/** Gives a block's bytes, verified. */
export type ReadBlock = (name: string) => Promise<Uint8Array>;

/** The bytes of a segment's columns, as they were stored; vectors also as another reader of the same ones prepared them. */
export interface SegmentBytes {
  readonly documents: Uint8Array;
  readonly passages: Uint8Array;
  readonly terms: Uint8Array;
  readonly postings: Uint8Array;
  readonly vectors: Uint8Array | RowScanner | null;
  readonly tombstones: Uint8Array | null;
}

/** The columns of a block of documents. */
export interface DocumentColumns {
  readonly urls: StringColumn;
  readonly titles: StringColumn;
  readonly langs: StringColumn;
  readonly attributes: StringColumn;
  readonly hashes: Uint32Array;
  readonly sections: Uint32Array;
  readonly passages: Uint32Array;
  readonly headings: StringColumn;
  readonly anchors: StringColumn;
  /** [sections], and behind them the overrides of sections as text. */
  readonly levels: Uint8Array;
}

/** The columns of a block of passages. */
export interface PassageColumns {
  readonly sections: Uint32Array;
  readonly spans: Uint32Array;
  readonly hashes: Uint32Array;
  readonly lengths: Uint16Array;
  readonly textOffsets: Uint32Array;
  readonly textBlocks: Uint32Array;
}

/** Reads one segment: columns from memory, text block by block when it is asked for. Ordinals are the segment's own. */
export class SegmentReader {
  readonly reference: SegmentReference;
  /** What the reader was made of, for a reader of the same segment with other vectors or tombstones. */
  readonly bytes: SegmentBytes;
  readonly index: InvertedIndex;
  /** Codes [passages, dim] row-major and scales [passages]. */
  readonly vectors: RowScanner | null;
  /** [passages] document ordinal. */
  readonly passageDocuments: Uint32Array;
  /** [documents]: weights read so far, -1 for the others. */
  #weights: Float64Array | undefined;
  /** Of sections that have any. */
  readonly #overrides: ReadonlyMap<number, SectionOverrides>;
  readonly #documents: DocumentColumns;
  readonly #passages: PassageColumns;
  readonly #tombstones: Uint8Array | null;
  readonly #utf8: Utf8;
  readonly #readBlock: ReadBlock;

  /** @throws {IndexFormatError} if a block cannot be read. */
  constructor(
    reference: SegmentReference,
    bytes: SegmentBytes,
    utf8: Utf8,
    readBlock: ReadBlock,
    createScanner: CreateScanner = createPlainScanner,
  ) {
    this.reference = reference;
    this.#utf8 = utf8;
    this.#readBlock = readBlock;
    this.#documents = readDocuments(bytes.documents, reference.blocks.documents.name);
    const { levels, sections } = this.#documents;
    this.#overrides = decodeOverrides(utf8.decode(levels.subarray(sections.at(-1))));
    this.#passages = readPassages(bytes.passages, reference.blocks.passages.name);
    this.index = readIndex(bytes.terms, bytes.postings, reference);
    this.vectors =
      bytes.vectors instanceof Uint8Array ? createScanner(readVectors(bytes.vectors, reference)) : bytes.vectors;
    // Why not the stored bytes of the vectors: a scanner may hold a copy, and one is enough.
    this.bytes = { ...bytes, vectors: this.vectors };
    this.#tombstones = bytes.tombstones && readTombstones(bytes.tombstones, reference);
    this.#checkCounts();
    this.passageDocuments = expandPassages(this.#documents.passages, reference.passages);
  }

  /** Columns of a length that the manifest does not lead one to expect would be read past their end, or for ever. */
  #checkCounts(): void {
    const { documents, passages, blocks, vectors, tombstones } = this.reference;
    const check = (block: BlockReference, found: number, expected: number): void => {
      if (found !== expected) throw damaged(block.name, `it has ${found} rows, expected ${expected}`);
    };
    check(blocks.documents, this.#documents.passages.length, documents + 1);
    check(blocks.passages, this.#passages.sections.length, passages);
    check(blocks.terms, this.index.postingOffsets.length, this.index.termOffsets.length);
    if (this.vectors !== null) check(vectors!.block, this.vectors.scales.length, passages);
    if (this.#tombstones !== null) check(tombstones!, this.#tombstones.length, Math.ceil(documents / 8));
  }

  get documentCount(): number {
    return this.reference.documents;
  }

  get passageCount(): number {
    return this.reference.passages;
  }

  /** Documents without those removed. */
  get liveDocumentCount(): number {
    return this.#countLive(() => 1);
  }

  /** Passages without those of removed documents. */
  get livePassageCount(): number {
    return this.#countLive((document) => this.#documents.passages[document + 1]! - this.#documents.passages[document]!);
  }

  #countLive(weight: (document: number) => number): number {
    let count = 0;
    for (let document = 0; document < this.documentCount; document++)
      if (!this.isRemoved(document)) count += weight(document);
    return count;
  }

  /** Whether a document has a tombstone. */
  isRemoved(document: number): boolean {
    return this.#tombstones !== null && (this.#tombstones[document >> 3]! & (1 << (document & 7))) !== 0;
  }

  /** A copy of the tombstones, to be changed by the caller: one bit a document. */
  copyTombstones(): Uint8Array {
    return this.#tombstones?.slice() ?? new Uint8Array(Math.ceil(this.documentCount / 8));
  }

  url(document: number): string {
    return stringAt(this.#documents.urls, document, this.#utf8);
  }

  title(document: number): string {
    return stringAt(this.#documents.titles, document, this.#utf8);
  }

  lang(document: number): string {
    return stringAt(this.#documents.langs, document, this.#utf8);
  }

  attributes(document: number): Attributes {
    const json = stringAt(this.#documents.attributes, document, this.#utf8);
    return json === "" ? {} : (JSON.parse(json) as Attributes);
  }

  /** Attributes as they are stored: JSON, or `""`. */
  attributesJson(document: number): string {
    return stringAt(this.#documents.attributes, document, this.#utf8);
  }

  /** What a page's score is multiplied by: its attribute `weight`, cut to 0 to 10; 1 where it has none, or one that is no number. */
  weight(document: number): number {
    // Why kept: reading the attributes of every candidate anew would cost as much as ranking them.
    this.#weights ??= new Float64Array(this.documentCount).fill(-1);
    if (this.#weights[document]! < 0) this.#weights[document] = this.#readWeight(document);
    return this.#weights[document]!;
  }

  #readWeight(document: number): number {
    const { weight } = this.attributesJson(document).includes('"weight":') ? this.attributes(document) : {};
    return typeof weight === "number" ? Math.min(maxWeight, Math.max(0, weight)) : 1;
  }

  documentHash(document: number): readonly [number, number] {
    return [this.#documents.hashes[document * 2]!, this.#documents.hashes[document * 2 + 1]!];
  }

  /** The low half of a passage's content hash: a number to look up before the whole is compared. */
  passageHashLow(passage: number): number {
    return this.#passages.hashes[passage * 2 + 1]!;
  }

  /** Content hash of a passage, 16 hex digits. */
  passageHash(passage: number): string {
    return hex64(this.#passages.hashes[passage * 2]!, this.#passages.hashes[passage * 2 + 1]!);
  }

  /** Half-open range of a document's passages. */
  passageRange(document: number): readonly [start: number, end: number] {
    return [this.#documents.passages[document]!, this.#documents.passages[document + 1]!];
  }

  /** Stem of the term at a rank of the dictionary. */
  termStem(rank: number): string {
    return stem(termAt(this.index, rank, this.#utf8));
  }

  /** Lengths in words of the fields title, headings, body: [passages, 3] row-major. */
  get fieldLengths(): Uint16Array {
    return this.#passages.lengths;
  }

  /** Offsets of a passage in its section's text. */
  span(passage: number): readonly [start: number, end: number] {
    return [this.#passages.spans[passage * 2]!, this.#passages.spans[passage * 2 + 1]!];
  }

  /** Section of a passage, counted from the start of its document. */
  sectionOf(passage: number): number {
    return this.#passages.sections[passage]! - this.#documents.sections[this.passageDocuments[passage]!]!;
  }

  /** Document and section of a passage. */
  passagePlace(passage: number): { document: number; section: number } {
    return { document: this.passageDocuments[passage]!, section: this.#passages.sections[passage]! };
  }

  /** What is stored of a document's sections; their text is left out. */
  sectionHeads(document: number): EnrichedSection[] {
    const start = this.#documents.sections[document]!;
    const end = this.#documents.sections[document + 1]!;
    return Array.from({ length: end - start }, (_, i) => {
      const [heading = "", ...hidden] = this.#headingOf(start + i);
      const anchor = stringAt(this.#documents.anchors, start + i, this.#utf8);
      const level = this.#documents.levels[start + i]!;
      const head = { heading, level, anchor, ...this.#overrides.get(start + i), text: "" };
      return hidden.length > 0 ? { ...head, hidden } : head;
    });
  }

  /** What a passage's score is multiplied by, beside the weight of its page: that of its section, 0 to 10. */
  sectionWeight(passage: number): number {
    return this.#overrides.get(this.#passages.sections[passage]!)?.weight ?? 1;
  }

  /** What is searched of a passage and never shown; `""` where there is nothing. */
  hiddenText(passage: number): string {
    const section = this.#passages.sections[passage]!;
    const hidden = this.#headingOf(section).slice(1);
    let first = passage;
    if (hidden.length > 0) while (this.#passages.sections[first - 1] === section) first--;
    return hidden[passage - first] ?? "";
  }

  /** A section's heading, and the hidden text of each of its passages, if any. */
  #headingOf(section: number): string[] {
    return stringAt(this.#documents.headings, section, this.#utf8).split("\0");
  }

  /** Heading paths and anchors of a document's sections. O(sections). */
  places(document: number): SectionPlace[] {
    return placeSections(this.sectionHeads(document), this.title(document));
  }

  /** Text of a passage. Reads one or two text blocks. */
  async passageText(passage: number): Promise<string> {
    const [start, end] = this.span(passage);
    if (start === end) return "";
    const section = this.#passages.sections[passage]!;
    let text = await this.#piece(passage);
    const first = this.#isFirstOfSection(passage) ? start : 0;
    const length = end - start;
    for (let next = passage + 1; text.length - first < length && this.#passages.sections[next] === section; next++) {
      text += await this.#piece(next);
    }
    return text.slice(first, first + length);
  }

  /** Whole sections of a document, as they were added. */
  async readSections(document: number): Promise<EnrichedSection[]> {
    const texts = new Map<number, string>();
    const [start, end] = this.passageRange(document);
    for (let passage = start; passage < end; passage++) {
      const section = this.sectionOf(passage);
      texts.set(section, (texts.get(section) ?? "") + (await this.#piece(passage)));
    }
    return this.sectionHeads(document).map((section, i) => ({ ...section, text: texts.get(i) ?? "" }));
  }

  #isFirstOfSection(passage: number): boolean {
    return this.#passages.sections[passage] !== this.#passages.sections[passage - 1];
  }

  async #piece(passage: number): Promise<string> {
    const block = findBlock(this.#passages.textBlocks, passage);
    const name = this.reference.blocks.text[block]!.name;
    const bytes = decodeBlock(await this.#readBlock(name), name, columnCounts.text)[0] as Uint8Array;
    const base = this.#passages.textOffsets[this.#passages.textBlocks[block]!]!;
    const start = this.#passages.textOffsets[passage]! - base;
    const end = this.#passages.textOffsets[passage + 1]! - base;
    return this.#utf8.decode(bytes.subarray(start, end));
  }
}

/** Reads a block of documents. @throws {IndexFormatError} if it cannot be read. */
export function readDocuments(bytes: Uint8Array, name: string): DocumentColumns {
  const columns = decodeBlock(bytes, name, columnCounts.documents);
  const strings = (i: number): StringColumn => ({
    bytes: columns[i] as Uint8Array,
    offsets: columns[i + 1] as Uint32Array,
  });
  return {
    urls: strings(0),
    titles: strings(2),
    langs: strings(4),
    attributes: strings(6),
    hashes: columns[8] as Uint32Array,
    sections: columns[9] as Uint32Array,
    passages: columns[10] as Uint32Array,
    headings: strings(11),
    anchors: strings(13),
    levels: columns[15] as Uint8Array,
  };
}

/** Reads a block of passages. @throws {IndexFormatError} if it cannot be read. */
export function readPassages(bytes: Uint8Array, name: string): PassageColumns {
  const columns = decodeBlock(bytes, name, columnCounts.passages);
  return {
    sections: columns[0] as Uint32Array,
    spans: columns[1] as Uint32Array,
    hashes: columns[2] as Uint32Array,
    lengths: columns[3] as Uint16Array,
    textOffsets: columns[4] as Uint32Array,
    textBlocks: columns[5] as Uint32Array,
  };
}

function readIndex(terms: Uint8Array, postings: Uint8Array, reference: SegmentReference): InvertedIndex {
  const columns = decodeBlock(terms, reference.blocks.terms.name, columnCounts.terms);
  return {
    termBytes: columns[0] as Uint8Array,
    termOffsets: columns[1] as Uint32Array,
    postingOffsets: columns[2] as Uint32Array,
    documentFrequencies: columns[3] as Uint32Array,
    postings: decodeBlock(postings, reference.blocks.postings.name, columnCounts.postings)[0] as Uint8Array,
  };
}

function readVectors(bytes: Uint8Array, reference: SegmentReference): QuantizedRows {
  const columns = decodeBlock(bytes, reference.vectors!.block.name, columnCounts.vectors);
  return { codes: columns[0] as Int8Array, scales: columns[1] as Float32Array };
}

function readTombstones(bytes: Uint8Array, reference: SegmentReference): Uint8Array {
  return decodeBlock(bytes, reference.tombstones!.name, columnCounts.tombstones)[0] as Uint8Array;
}

/** [documents + 1] passage offsets to [passages] document ordinals. */
function expandPassages(offsets: Uint32Array, passages: number): Uint32Array {
  const documents = new Uint32Array(passages);
  for (let document = 0; document + 1 < offsets.length; document++) {
    documents.fill(document, offsets[document], offsets[document + 1]);
  }
  return documents;
}

/** Index of the text block that holds a passage: the last one that starts at or before it. */
function findBlock(firstPassages: Uint32Array, passage: number): number {
  let low = 0;
  let high = firstPassages.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (firstPassages[middle]! <= passage) low = middle;
    else high = middle - 1;
  }
  return low;
}
