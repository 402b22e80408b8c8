import type { Utf8 } from "../utf8.ts";
import { encodeCentroids } from "./centroids.ts";
import { countPassages, type LeafSpans, type Place, readVectors, type Span } from "./lay-out.ts";
import { documentsPerBlock, encodeDocuments, encodePlaces, type LeafEntry, textPassages } from "./places.ts";
import type { PutPiece } from "./put-piece.ts";
import { type CodeBits, encodeLeaf, joinRows, meanOfRows } from "./residual-codes.ts";
import type { Runs } from "./roots.ts";
import { encodeTexts, type PassageText } from "./text-block.ts";

/** Texts that the dictionary of texts is made of, what is taken of each in UTF-16 code units, and its bytes: a deflate window. */
const dictionarySamples = 96;
const sampleLength = 240;
const dictionaryBytes = 24_000;

/** A node that was written. */
export interface WrittenNode {
  /** Ordinals of passages that it has. */
  readonly passages: number;
  /** Block that says where the texts and vectors of its leaves are. */
  readonly places: string;
  /** Block of the centroids of its leaves; null where there are no vectors. */
  readonly centroids: string | null;
  /** Mean of these centroids, and sum of all vectors: [dim], empty without vectors. */
  readonly mean: Float32Array;
  readonly sum: Float32Array;
}

/** What nodes are written with. */
export interface NodeTools {
  /** Of the vectors; 0: none are written. */
  readonly dim: number;
  /** Of the vectors' numbers. */
  readonly rowBits: CodeBits;
  /** What blocks of texts are compressed with reference to. */
  readonly dictionary: Uint8Array;
  readonly put: PutPiece;
  readonly utf8: Utf8;
}

/**
 * Writes texts and vectors of a node's leaves, and where they are.
 *
 * @param known - where those of a leaf are that need not be written, by its place in the node.
 */
export async function writeNode(
  leaves: readonly LeafSpans[],
  tools: NodeTools,
  known: (leaf: number) => LeafEntry | null = () => null,
): Promise<WrittenNode> {
  const { dim, put, utf8 } = tools;
  const entries: LeafEntry[] = [];
  const centroids: Float32Array[] = [];
  const sum = new Float32Array(dim);
  for (const [i, spans] of leaves.entries()) {
    const rows =
      dim === 0 ? null : joinRows(spans.map((span) => readVectors(span.place.reader, span.start, span.end, dim)));
    rows?.forEach((value, at) => (sum[at % dim]! += value));
    if (rows !== null) centroids.push(meanOfRows(rows, dim));
    entries.push(known(i) ?? (await writeLeaf(spans, rows, tools)));
  }
  return {
    passages: entries.reduce((total, { continues }) => total + continues.length, 0),
    places: put(encodePlaces(entries, utf8)),
    centroids: dim === 0 ? null : put(encodeCentroids(centroids, dim, utf8)),
    mean: dim === 0 ? sum : meanOfRows(joinRows(centroids), dim),
    sum,
  };
}

async function writeLeaf(
  spans: LeafSpans,
  rows: Float32Array | null,
  { dim, rowBits, dictionary, put, utf8 }: NodeTools,
): Promise<LeafEntry> {
  const texts: PassageText[] = [];
  for (const span of spans) texts.push(...(await readTexts(span)));
  const names = Array.from({ length: Math.ceil(texts.length / textPassages) }, (_, i) =>
    put(encodeTexts(texts.slice(i * textPassages, (i + 1) * textPassages), utf8), dictionary),
  );
  const vectors = rows === null ? null : put(encodeLeaf(rows, dim, rowBits, utf8));
  return { continues: texts.map(({ continues }) => continues), texts: names, vectors };
}

/** Names of the nodes' blocks, and where each begins. */
export function listNodes(nodes: readonly WrittenNode[]): Runs {
  let passages = 0;
  const starts = nodes.map((node) => {
    passages += node.passages;
    return passages - node.passages;
  });
  return { starts, names: nodes.map(({ places }) => places) };
}

/**
 * What blocks of texts are compressed with reference to: texts from all over the index. Why: a block of 2 KB has little in it
 * that it could refer to.
 */
export async function sampleTexts(leaves: readonly LeafSpans[], utf8: Utf8): Promise<Uint8Array> {
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

async function readTexts({ place: { reader, document }, document: ordinal, start, end }: Span): Promise<PassageText[]> {
  const places = reader.places(document);
  const [first] = reader.passageRange(document);
  const texts: PassageText[] = [];
  for (let passage = start; passage < end; passage++) {
    const section = reader.sectionOf(passage);
    const { path, anchor, lang } = places[section]!;
    texts.push({
      document: ordinal,
      url: reader.url(document),
      title: reader.title(document),
      attributes: reader.attributesJson(document),
      path,
      anchor,
      lang: lang ?? reader.lang(document),
      continues: passage > first && reader.sectionOf(passage - 1) === section,
      text: await reader.passageText(passage),
    });
  }
  return texts;
}

/** Writes how many passages each document has, and the weights of documents and of sections. */
export function writeDocuments(places: readonly Place[], put: PutPiece, utf8: Utf8): Runs {
  const starts: number[] = [];
  const names: string[] = [];
  for (let at = 0; at < places.length; at += documentsPerBlock) {
    const block = places.slice(at, at + documentsPerBlock);
    const counts = block.map(countPassages);
    const weights = block.map(({ reader, document }, i) => [i, reader.weight(document)] as const);
    starts.push(block[0]!.first);
    names.push(
      put(encodeDocuments({ counts, weights: unlikeOne(weights), sectionWeights: readSectionWeights(block) }, utf8)),
    );
  }
  return { starts, names };
}

/** Passage of some consecutive documents -> weight of its section. */
function readSectionWeights(places: readonly Place[]): Map<number, number> {
  const weights = places.flatMap(({ reader, document, first }) => {
    const [start, end] = reader.passageRange(document);
    return Array.from({ length: end - start }, (_, i) => {
      return [first - places[0]!.first + i, reader.sectionWeight(start + i)] as const;
    });
  });
  return unlikeOne(weights);
}

function unlikeOne(weights: readonly (readonly [ordinal: number, weight: number])[]): Map<number, number> {
  return new Map(weights.filter(([, weight]) => weight !== 1));
}
