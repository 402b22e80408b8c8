import { forEachPosting } from "../lexical/postings.ts";
import { lengthNorm } from "../lexical/bm25f.ts";
import { termAt, termCount } from "../lexical/term-dictionary.ts";
import { defaultParameters } from "../retrieval/parameters.ts";
import type { SegmentReader } from "../segment/reader.ts";
import type { Utf8 } from "../utf8.ts";
import { writeAttributes } from "./attribute-list.ts";
import { encodeCentroids } from "./centroids.ts";
import type { PiecesEntry, PiecesModel } from "./entry.ts";
import { piecesFormat } from "./entry.ts";
import { levelOf } from "./impacts.ts";
import { compareKeys, cutKeyList, encodeKeyList, type KeyList } from "./key-list.ts";
import { orderDocuments } from "./order-documents.ts";
import {
  documentsPerBlock,
  encodeDocuments,
  encodePlaces,
  type LeafEntry,
  leavesPerNode,
  textPassages,
} from "./places.ts";
import { encodeLeaf, meanOfRows } from "./residual-codes.ts";
import { encodeMeaningRoot, encodeWordsRoot, type Runs } from "./roots.ts";
import { cutByLevel, encodePostings, type PostingList, type Tier, TermBlockWriter } from "./term-block.ts";
import { encodeTexts, type PassageText } from "./text-block.ts";
import { encodeTokens, type TokenBlock, type TokenRow } from "./token-block.ts";

/**
 * Stores the payload of a block, compressed.
 *
 * @param dictionary - what the payload may be compressed with reference to.
 * @returns the block's name, which its bytes decide.
 */
export type PutPiece = (payload: Uint8Array, dictionary?: Uint8Array) => string;

/** The model's table, to be cut into blocks. */
export interface TokenTable {
  readonly model: PiecesModel;
  /** The vocabulary, sorted by `compareKeys`. */
  readonly tokens: readonly TokenRow[];
  /** Tokens that most questions have. */
  readonly common: ReadonlySet<string>;
}

/** Passages of a leaf: as many as one fetch should bring when one of them is asked for. */
const leafPassages = 16;
/** A leaf takes another document whole up to this many passages. */
const maxLeafPassages = 24;
/** Payload of a block of terms, in bytes. */
const termBlockBytes = 2400;
/** Blocks named by one list. */
const blocksPerList = 64;
/** Rows of the model's table in one block. */
const tokensPerBlock = 16;
/** Texts that the dictionary of texts is made of, what is taken of each in UTF-16 code units, and its bytes: a deflate window. */
const dictionarySamples = 96;
const sampleLength = 240;
const dictionaryBytes = 24_000;
/** Numbers of a leaf's centroid; its vectors' leading ones. */
const centroidDim = 128;

/** A document where it will stand. */
interface Place {
  readonly reader: SegmentReader;
  readonly document: number;
  /** Ordinal of its first passage in the new order. */
  first: number;
}

/** Sizes and names for the entry file, but for the sizes that only the shell knows. */
export type WrittenPieces = Omit<PiecesEntry, "blocks" | "bytes" | "analysis">;

/**
 * Writes an index in pieces: blocks of a few KB, such that a query needs few of them. The same documents give the same bytes,
 * however they lie in segments.
 *
 * @param table - the model's, where the segments have vectors of it; null: words only.
 */
export async function writePieces(
  readers: readonly SegmentReader[],
  table: TokenTable | null,
  put: PutPiece,
  utf8: Utf8,
): Promise<WrittenPieces> {
  const dim = table?.model.dim ?? 0;
  const hasVectors = table !== null && readers.length > 0 && readers.every(({ vectors }) => vectors !== null);
  const places = orderPlaces(readers, hasVectors ? dim : 0);
  const passages = numberPassages(places);
  const leaves = cutLeaves(places);
  const dictionary = await sampleTexts(leaves, utf8);
  const written = await writeLeaves(leaves, hasVectors ? dim : 0, dictionary, put, utf8);
  const words = put(
    encodeWordsRoot(
      {
        terms: writeTerms(readers, places, put, utf8),
        places: writePlaces(written.entries, put, utf8),
        documents: writeDocuments(places, put, utf8),
        dictionary: put(dictionary),
      },
      utf8,
    ),
  );
  const meaning = hasVectors && table !== null ? writeMeaning(table, written, put, utf8) : null;
  return {
    format: piecesFormat,
    documents: places.length,
    passages,
    words,
    meaning,
    attributes: writeAttributes(places, put, utf8),
    model: meaning === null ? null : table!.model,
  };
}

/** Live documents, neighbours being about the same. */
function orderPlaces(readers: readonly SegmentReader[], dim: number): Place[] {
  const places: Place[] = readers.flatMap((reader) =>
    Array.from({ length: reader.documentCount }, (_, document) => ({ reader, document, first: 0 })).filter(
      (place) => !reader.isRemoved(place.document),
    ),
  );
  const urls = new Map(places.map((place) => [place, place.reader.url(place.document)]));
  places.sort((a, b) => compareKeys(urls.get(a)!, urls.get(b)!));
  if (dim === 0) return places;
  const means = new Float32Array(places.length * dim);
  places.forEach((place, i) => {
    const [start, end] = place.reader.passageRange(place.document);
    means.set(meanOfRows(readVectors(place.reader, start, end, dim), dim), i * dim);
  });
  return Array.from(orderDocuments(means, dim), (i) => places[i]!);
}

/** Vectors [end - start, dim] of consecutive passages. */
function readVectors(reader: SegmentReader, start: number, end: number, dim: number): Float32Array {
  const { codes, scales } = reader.vectors!;
  const rows = new Float32Array((end - start) * dim);
  for (let passage = start; passage < end; passage++) {
    const scale = Math.max(0, scales[passage]!);
    for (let i = 0; i < dim; i++) rows[(passage - start) * dim + i] = codes[passage * dim + i]! * scale;
  }
  return rows;
}

function numberPassages(places: readonly Place[]): number {
  let next = 0;
  for (const place of places) {
    place.first = next;
    const [start, end] = place.reader.passageRange(place.document);
    next += end - start;
  }
  return next;
}

/** Consecutive passages of one document. */
interface Span {
  readonly place: Place;
  /** Index of the document in the new order. */
  readonly document: number;
  readonly start: number;
  readonly end: number;
}

/** Cuts the passages into leaves: short documents together, long ones in parts of equal length. */
function cutLeaves(places: readonly Place[]): Span[][] {
  const leaves: Span[][] = [];
  let open: Span[] = [];
  let count = 0;
  const close = (): void => {
    if (open.length > 0) leaves.push(open);
    open = [];
    count = 0;
  };
  places.forEach((place, document) => {
    const [start, end] = place.reader.passageRange(place.document);
    if (end === start) return;
    if (count + end - start > maxLeafPassages) close();
    const parts = end - start > maxLeafPassages ? Math.ceil((end - start) / leafPassages) : 1;
    for (let part = 0; part < parts; part++) {
      const from = start + Math.round(((end - start) * part) / parts);
      const to = start + Math.round(((end - start) * (part + 1)) / parts);
      open.push({ place, document, start: from, end: to });
      count += to - from;
      if (parts > 1 || count >= leafPassages) close();
    }
  });
  close();
  return leaves;
}

interface WrittenLeaves {
  readonly entries: readonly LeafEntry[];
  /** One for each leaf; empty without vectors. */
  readonly centroids: readonly Float32Array[];
  /** Mean of all vectors. */
  readonly mean: Float32Array;
}

async function writeLeaves(
  leaves: readonly Span[][],
  dim: number,
  dictionary: Uint8Array,
  put: PutPiece,
  utf8: Utf8,
): Promise<WrittenLeaves> {
  const entries: LeafEntry[] = [];
  const centroids: Float32Array[] = [];
  const sums = new Float64Array(dim);
  let rowCount = 0;
  for (const spans of leaves) {
    const texts: PassageText[] = [];
    for (const span of spans) texts.push(...(await readTexts(span)));
    let vectors: string | null = null;
    if (dim > 0) {
      const rows = joinRows(spans.map(({ place, start, end }) => readVectors(place.reader, start, end, dim)));
      rows.forEach((value, i) => (sums[i % dim]! += value));
      rowCount += rows.length / dim;
      vectors = put(encodeLeaf(rows, dim, utf8));
      centroids.push(meanOfRows(rows, dim));
    }
    const names = Array.from({ length: Math.ceil(texts.length / textPassages) }, (_, i) =>
      put(encodeTexts(texts.slice(i * textPassages, (i + 1) * textPassages), utf8), dictionary),
    );
    entries.push({ continues: texts.map(({ continues }) => continues), texts: names, vectors });
  }
  return { entries, centroids, mean: Float32Array.from(sums, (sum) => sum / Math.max(1, rowCount)) };
}

/**
 * What blocks of texts are compressed with reference to: texts from all over the index. Why: a block of 2 KB has little in it
 * that it could refer to.
 */
async function sampleTexts(leaves: readonly Span[][], utf8: Utf8): Promise<Uint8Array> {
  const step = Math.max(1, Math.floor(leaves.length / dictionarySamples));
  const samples: string[] = [];
  for (let at = 0; at < leaves.length && samples.length < dictionarySamples; at += step) {
    const span = leaves[at]![0]!;
    const [text] = await readTexts({ ...span, end: span.start + 1 });
    const { url, title, path } = text!;
    samples.push([url, title, ...path, text!.text.slice(0, sampleLength)].join("\n"));
  }
  return utf8.encode(samples.join("\n")).slice(-dictionaryBytes);
}

function joinRows(parts: readonly Float32Array[]): Float32Array {
  const joined = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

async function readTexts({ place: { reader, document }, document: ordinal, start, end }: Span): Promise<PassageText[]> {
  const places = reader.places(document);
  const [first] = reader.passageRange(document);
  const texts: PassageText[] = [];
  for (let passage = start; passage < end; passage++) {
    const section = reader.sectionOf(passage);
    const { path, anchor } = places[section]!;
    texts.push({
      document: ordinal,
      url: reader.url(document),
      title: reader.title(document),
      attributes: reader.attributesJson(document),
      path,
      anchor,
      continues: passage > first && reader.sectionOf(passage - 1) === section,
      text: await reader.passageText(passage),
    });
  }
  return texts;
}

function writePlaces(entries: readonly LeafEntry[], put: PutPiece, utf8: Utf8): Runs {
  const starts: number[] = [];
  const names: string[] = [];
  let passages = 0;
  for (let at = 0; at < entries.length; at += leavesPerNode) {
    const node = entries.slice(at, at + leavesPerNode);
    starts.push(passages);
    names.push(put(encodePlaces(node, utf8)));
    passages += node.reduce((sum, { continues }) => sum + continues.length, 0);
  }
  return { starts, names };
}

function writeDocuments(places: readonly Place[], put: PutPiece, utf8: Utf8): Runs {
  const starts: number[] = [];
  const names: string[] = [];
  for (let at = 0; at < places.length; at += documentsPerBlock) {
    const block = places.slice(at, at + documentsPerBlock);
    const counts = block.map(({ reader, document }) => {
      const [start, end] = reader.passageRange(document);
      return end - start;
    });
    const weights = new Map(block.map(({ reader, document }, i) => [i, reader.weight(document)] as const));
    for (const [i, weight] of weights) if (weight === 1) weights.delete(i);
    starts.push(block[0]!.first);
    names.push(put(encodeDocuments(counts, weights, utf8)));
  }
  return { starts, names };
}

/** Writes dictionary and postings. @returns the lists of blocks of terms. */
function writeTerms(readers: readonly SegmentReader[], places: readonly Place[], put: PutPiece, utf8: Utf8): KeyList {
  const ordinals = new Map(readers.map((reader) => [reader, new Int32Array(reader.passageCount).fill(-1)]));
  for (const { reader, document, first } of places) {
    const [start, end] = reader.passageRange(document);
    const numbers = ordinals.get(reader)!;
    for (let passage = start; passage < end; passage++) numbers[passage] = first + passage - start;
  }
  const gather = createGatherer(readers, ordinals);
  const blocks = { keys: [] as string[], names: [] as string[] };
  let block = new TermBlockWriter(utf8);
  const close = (): void => {
    if (block.count === 0) return;
    blocks.keys.push(block.first);
    blocks.names.push(put(block.finish(utf8)));
    block = new TermBlockWriter(utf8);
  };
  const terms = listTerms(readers, utf8);
  for (const term of [...terms.keys()].sort(compareKeys)) {
    const list = gather(terms.get(term)!);
    if (list.passages.length === 0) continue;
    const [head, ...rest] = cutByLevel(list);
    const tiers: Tier[] = rest.map((part) => ({ count: part.passages.length, name: put(encodePostings(part, utf8)) }));
    block.add({ term, frequency: list.passages.length, head: head!, tiers });
    if (block.length >= termBlockBytes) close();
  }
  close();
  const lists = cutKeyList(blocks, blocksPerList);
  return { keys: lists.map(({ keys }) => keys[0]!), names: lists.map((list) => put(encodeKeyList(list, utf8))) };
}

/** Where a term stands: segments and ranks in their dictionaries. */
type TermPlaces = readonly { readonly reader: SegmentReader; readonly rank: number }[];

function listTerms(readers: readonly SegmentReader[], utf8: Utf8): Map<string, TermPlaces> {
  const terms = new Map<string, { reader: SegmentReader; rank: number }[]>();
  for (const reader of readers) {
    for (let rank = 0; rank < termCount(reader.index); rank++) {
      const term = termAt(reader.index, rank, utf8);
      const places = terms.get(term);
      if (places === undefined) terms.set(term, [{ reader, rank }]);
      else places.push({ reader, rank });
    }
  }
  return terms;
}

/** Gives the postings of a term, with what ranking makes of frequencies and lengths. */
function createGatherer(
  readers: readonly SegmentReader[],
  ordinals: ReadonlyMap<SegmentReader, Int32Array>,
): (places: TermPlaces) => PostingList {
  const { fieldWeights, fieldB } = defaultParameters;
  const passages = readers.reduce((sum, reader) => sum + reader.passageCount, 0);
  const averages = [0, 1, 2].map(
    (field) => readers.reduce((sum, { reference }) => sum + reference.fieldLengths[field]!, 0) / Math.max(1, passages),
  );
  return (places) => {
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
    found.sort((a, b) => a.ordinal - b.ordinal);
    return {
      passages: Uint32Array.from(found, ({ ordinal }) => ordinal),
      levels: Uint8Array.from(found, ({ level }) => level),
    };
  };
}

function writeMeaning(table: TokenTable, { centroids, mean }: WrittenLeaves, put: PutPiece, utf8: Utf8): string {
  const { dim } = table.model;
  const nodes: Float32Array[] = [];
  const centroidBlocks: string[] = [];
  for (let at = 0; at < centroids.length; at += leavesPerNode) {
    const node = centroids.slice(at, at + leavesPerNode);
    nodes.push(meanOfRows(joinRows(node), dim));
    centroidBlocks.push(put(encodeCentroids(node, Math.min(dim, centroidDim), utf8)));
  }
  const tokens = writeTokens(table, put, utf8);
  const common = table.tokens.filter(({ token }) => table.common.has(token));
  return put(encodeMeaningRoot({ mean, centroids: nodes, centroidBlocks, tokens, common }, dim, utf8));
}

function writeTokens({ tokens }: TokenTable, put: PutPiece, utf8: Utf8): KeyList {
  const blocks = { keys: [] as string[], names: [] as string[] };
  const known = new Set(tokens.map(({ token }) => token));
  for (let at = 0; at < tokens.length; at += tokensPerBlock) {
    const block: TokenBlock = {
      beginnings: listBeginnings(tokens[at]!.token, known),
      rows: tokens.slice(at, at + tokensPerBlock),
    };
    blocks.keys.push(tokens[at]!.token);
    blocks.names.push(put(encodeTokens(block, utf8)));
  }
  const lists = cutKeyList(blocks, blocksPerList);
  return { keys: lists.map(({ keys }) => keys[0]!), names: lists.map((list) => put(encodeKeyList(list, utf8))) };
}

function listBeginnings(token: string, known: ReadonlySet<string>): string[] {
  return Array.from({ length: token.length - 1 }, (_, i) => token.slice(0, i + 1)).filter((each) => known.has(each));
}
