import { analyze } from "../text/analyzer.ts";
import { type FieldIndex, type InvertedIndex, PostingsBuilder } from "../lexical/postings-builder.ts";
import { concatenate } from "../concatenate.ts";
import { runSteps } from "../steps.ts";
import type { Utf8 } from "../utf8.ts";
import { hash64, hex64 } from "./checksum.ts";
import { encodeBlock } from "./codec.ts";
import { contextText, embeddingText, type PreparedDocument, searchedText } from "./prepare.ts";
import { encodeOverrides } from "./section-overrides.ts";
import { encodeStrings } from "./strings.ts";

/** A finished segment without vectors: its columns as blocks, not yet named. */
export interface WrittenSegment {
  /** Hash of the documents' content, 16 hex digits. */
  readonly id: string;
  readonly documents: number;
  readonly passages: number;
  readonly fieldLengths: readonly [title: number, headings: number, body: number];
  readonly blocks: {
    readonly documents: Uint8Array;
    readonly passages: Uint8Array;
    readonly terms: Uint8Array;
    readonly postings: Uint8Array;
    readonly text: readonly Uint8Array[];
  };
}

/** Aimed size of a text block, in bytes: an answer reads a few of them, not the whole text. */
const textBlockBytes = 65_536;

/** Terms of a field that all passages of a section share. */
interface SharedTerms {
  readonly ids: readonly number[];
  readonly length: number;
}

/**
 * Lays documents out as the columns of one segment. Use: `beginDocument`, then `addPassage` for each of its passages in order,
 * then the next document; at last `finish`. Why in such small steps: the caller answers queries in between.
 */
export class SegmentWriter {
  readonly #utf8: Utf8;
  readonly #postings: PostingsBuilder = new PostingsBuilder();
  readonly #documents: PreparedDocument[] = [];
  readonly #documentSections: number[] = [0];
  readonly #documentPassages: number[] = [0];
  readonly #sections: number[] = [];
  readonly #spans: number[] = [];
  readonly #hashes: number[] = [];
  readonly #lengths: number[] = [];
  readonly #lengthSums: [number, number, number] = [0, 0, 0];
  readonly #pieces: Uint8Array[] = [];
  #title: SharedTerms = { ids: [], length: 0 };
  #headings: SharedTerms = { ids: [], length: 0 };
  #headingsOf = -1;
  /** Passages of the section at hand that were added before. */
  #passagesOfSection = 0;

  constructor(utf8: Utf8) {
    this.#utf8 = utf8;
  }

  /** Passages added so far; the next one gets this ordinal. */
  get passageCount(): number {
    return this.#sections.length;
  }

  /** Starts a document; its passages follow. */
  beginDocument(document: PreparedDocument): void {
    this.#documents.push(document);
    this.#documentSections.push(this.#documentSections.at(-1)! + document.sections.length);
    this.#documentPassages.push(this.#documentPassages.at(-1)!);
    this.#title = this.#readTerms(contextText([document.title]));
    this.#headingsOf = -1;
  }

  /**
   * Adds a passage of the document begun last; passages come in order.
   *
   * @param index - of the passage within the document.
   * @returns its content hash and the text to embed: title, headings and the passage.
   */
  addPassage(document: PreparedDocument, index: number): { hash: string; text: string } {
    const passage = document.passages[index]!;
    const place = document.places[passage.section]!;
    const section = document.sections[passage.section]!;
    if (this.#headingsOf !== passage.section) {
      this.#headings = this.#readTerms(contextText(place.path));
      this.#headingsOf = passage.section;
      this.#passagesOfSection = 0;
    }
    const hidden = section.hidden?.[this.#passagesOfSection++] ?? "";
    const body = searchedText(section.text.slice(passage.start, passage.end), hidden);
    this.#countTerms(body);
    const text = embeddingText(document.title, place.path, body);
    const hash = hash64(this.#utf8.encode(text));
    this.#hashes.push(...hash);
    this.#sections.push(this.#documentSections.at(-2)! + passage.section);
    this.#spans.push(passage.start, passage.end);
    this.#pieces.push(this.#encodePiece(document, index));
    this.#documentPassages[this.#documentPassages.length - 1]!++;
    return { hash: hex64(...hash), text };
  }

  #readTerms(text: string): SharedTerms {
    const tokens = analyze(text);
    return {
      ids: tokens.map((token) => this.#postings.termId(token.term)),
      length: tokens.filter((token) => token.kind === "word").length,
    };
  }

  #countTerms(body: string): void {
    const ordinal = this.passageCount;
    const bodyTerms = this.#readTerms(body);
    [this.#title, this.#headings, bodyTerms].forEach((shared, field) => {
      for (const id of shared.ids) this.#postings.add(ordinal, id, field as FieldIndex);
      const length = Math.min(shared.length, 0xffff);
      this.#lengths.push(length);
      this.#lengthSums[field as FieldIndex] += length;
    });
  }

  /**
   * The text from this passage's start to the next one's: no character is stored twice, and every text can be restored.
   * The first piece of a section begins at 0, the last one ends with the section.
   */
  #encodePiece(document: PreparedDocument, index: number): Uint8Array {
    const passage = document.passages[index]!;
    const next = document.passages[index + 1];
    const text = document.sections[passage.section]!.text;
    const start = document.passages[index - 1]?.section === passage.section ? passage.start : 0;
    const end = next?.section === passage.section ? next.start : text.length;
    return this.#utf8.encode(text.slice(start, end));
  }

  /** Freezes the columns. The writer is not used afterwards. */
  finish(): WrittenSegment {
    return runSteps(this.finishInSteps());
  }

  /** Like `finish`, with a stop after each few ms of work. */
  *finishInSteps(): Generator<void, WrittenSegment> {
    const index = yield* this.#postings.finishInSteps(this.#utf8);
    yield;
    const text = packText(this.#pieces);
    yield;
    return {
      id: contentId(this.#documents, this.#utf8),
      documents: this.#documents.length,
      passages: this.passageCount,
      fieldLengths: this.#lengthSums,
      blocks: {
        documents: encodeDocuments(this.#documents, this.#documentSections, this.#documentPassages, this.#utf8),
        passages: encodePassages(
          { sections: this.#sections, spans: this.#spans, hashes: this.#hashes, lengths: this.#lengths },
          text,
        ),
        ...encodeIndex(index),
        text: text.blocks,
      },
    };
  }
}

/** What a block of documents holds of one. */
export type StoredDocument = Pick<PreparedDocument, "url" | "title" | "lang" | "attributes" | "hash" | "sections">;

/** Id of a segment: the hash of what its documents say, 16 hex digits. */
export function contentId(documents: readonly StoredDocument[], utf8: Utf8): string {
  return hex64(...hash64(utf8.encode(documents.map((document) => hex64(...document.hash)).join(""))));
}

/**
 * The block of documents.
 *
 * @param sectionStarts - [documents + 1] sections before each.
 * @param passageStarts - [documents + 1] passages before each.
 */
export function encodeDocuments(
  documents: readonly StoredDocument[],
  sectionStarts: readonly number[],
  passageStarts: readonly number[],
  utf8: Utf8,
): Uint8Array {
  const strings = (values: string[]): [Uint8Array, Uint32Array] => {
    const column = encodeStrings(values, utf8);
    return [column.bytes, column.offsets];
  };
  const sections = documents.flatMap((document) => document.sections);
  return encodeBlock([
    ...strings(documents.map((document) => document.url)),
    ...strings(documents.map((document) => document.title)),
    ...strings(documents.map((document) => document.lang)),
    ...strings(documents.map((document) => document.attributes)),
    Uint32Array.from(documents.flatMap((document) => document.hash)),
    Uint32Array.from(sectionStarts),
    Uint32Array.from(passageStarts),
    // Why together: NUL is in no text, and only few indexes have any that is hidden.
    ...strings(sections.map(({ heading = "", hidden = [] }) => [heading, ...hidden].join("\0"))),
    ...strings(sections.map((section) => section.anchor ?? "")),
    // Why behind the levels: readers that know of no overrides look no further than these.
    concatenate([
      Uint8Array.from(sections.map((section) => section.level ?? 2)),
      utf8.encode(encodeOverrides(sections)),
    ]),
  ]);
}

/** What a block of passages holds of them, but for where their texts are. */
export interface PassageRows {
  /** [passages] section of each, counted over all documents. */
  readonly sections: readonly number[];
  /** [passages, 2] offsets in the section's text. */
  readonly spans: readonly number[];
  /** [passages, 2] halves of the content hash. */
  readonly hashes: readonly number[];
  /** [passages, 3] lengths of the fields in words. */
  readonly lengths: readonly number[];
}

/** The block of passages. */
export function encodePassages({ sections, spans, hashes, lengths }: PassageRows, text: PackedText): Uint8Array {
  return encodeBlock([
    Uint32Array.from(sections),
    Uint32Array.from(spans),
    Uint32Array.from(hashes),
    Uint16Array.from(lengths),
    text.offsets,
    text.firstPassages,
  ]);
}

/** Numbers of columns in each kind of block, for `decodeBlock`. */
export const columnCounts = {
  documents: 16,
  passages: 6,
  terms: 4,
  postings: 1,
  text: 1,
  vectors: 2,
  partialVectors: 3,
  tombstones: 1,
} as const;

/** Texts of passages, cut into blocks. */
export interface PackedText {
  readonly blocks: readonly Uint8Array[];
  /** [passages + 1] byte offsets into the joined pieces. */
  readonly offsets: Uint32Array;
  /** [blocks + 1] first passage of each block. */
  readonly firstPassages: Uint32Array;
}

/** The blocks of terms and postings. */
export function encodeIndex(index: InvertedIndex): { terms: Uint8Array; postings: Uint8Array } {
  return {
    terms: encodeBlock([index.termBytes, index.termOffsets, index.postingOffsets, index.documentFrequencies]),
    postings: encodeBlock([index.postings]),
  };
}

/** Joins pieces into blocks of about `textBlockBytes`; a piece never crosses two blocks. */
export function packText(pieces: readonly Uint8Array[]): PackedText {
  const offsets = new Uint32Array(pieces.length + 1);
  pieces.forEach((piece, i) => (offsets[i + 1] = offsets[i]! + piece.length));
  const firstPassages = [0];
  for (let i = 1; i < pieces.length; i++) {
    if (offsets[i + 1]! - offsets[firstPassages.at(-1)!]! > textBlockBytes) firstPassages.push(i);
  }
  if (pieces.length > 0) firstPassages.push(pieces.length);
  const blocks = Array.from({ length: firstPassages.length - 1 }, (_, block) =>
    encodeBlock([concatenate(pieces.slice(firstPassages[block], firstPassages[block + 1]))]),
  );
  return { blocks, offsets, firstPassages: Uint32Array.from(firstPassages) };
}
