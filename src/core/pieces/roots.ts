import type { Utf8 } from "../utf8.ts";
import { PayloadReader, PayloadWriter, unreadable } from "./bytes.ts";
import { type Centroids, readCentroids, writeCentroids } from "./centroids.ts";
import { type KeyList, readKeyList, writeKeyList } from "./key-list.ts";
import { decodeTokens, encodeTokens, type TokenRow } from "./token-block.ts";

/** Names of blocks of consecutive things, and the number of passages up to each. */
export interface Runs {
  /** [names] ordinal of the first passage of each. */
  readonly starts: readonly number[];
  readonly names: readonly string[];
}

/** What answers by words begin with. */
export interface WordsRoot {
  /** Lists of blocks of terms, by their first term. */
  readonly terms: KeyList;
  /** Blocks of leaves. */
  readonly places: Runs;
  /** Blocks of the list of documents. */
  readonly documents: Runs;
  /** Block that blocks of texts are compressed with reference to. */
  readonly dictionary: string;
}

/** What answers by meaning begin with. */
export interface MeaningRoot {
  /** Mean of all vectors [dim]: its dot product with a query is the mean score. */
  readonly mean: Float32Array;
  /** One centroid for each block of centroids. */
  readonly centroids: Centroids;
  readonly centroidBlocks: readonly string[];
  /** Lists of blocks of tokens, by their first token. */
  readonly tokens: KeyList;
  /** Rows of tokens that most questions have. */
  readonly common: readonly TokenRow[];
}

function writeRuns(writer: PayloadWriter, { starts, names }: Runs): void {
  writer.number(names.length);
  names.forEach((name, i) => {
    writer.number(starts[i]! - (starts[i - 1] ?? 0));
    writer.name(name);
  });
}

function readRuns(reader: PayloadReader): Runs {
  const starts: number[] = [];
  const names: string[] = [];
  for (let i = reader.count(); i > 0; i--) {
    starts.push((starts.at(-1) ?? 0) + reader.number());
    names.push(reader.name());
  }
  return { starts, names };
}

export function encodeWordsRoot({ terms, places, documents, dictionary }: WordsRoot, utf8: Utf8): Uint8Array {
  const writer = new PayloadWriter(utf8);
  writeKeyList(writer, terms);
  writeRuns(writer, places);
  writeRuns(writer, documents);
  writer.name(dictionary);
  return writer.finish();
}

export function decodeWordsRoot(payload: Uint8Array, utf8: Utf8): WordsRoot {
  const reader = new PayloadReader(payload, utf8);
  return {
    terms: readKeyList(reader),
    places: readRuns(reader),
    documents: readRuns(reader),
    dictionary: reader.name(),
  };
}

/** What a root of meaning is written from. */
export interface MeaningSource extends Omit<MeaningRoot, "centroids"> {
  readonly centroids: readonly Float32Array[];
}

export function encodeMeaningRoot(root: MeaningSource, dim: number, utf8: Utf8): Uint8Array {
  const writer = new PayloadWriter(utf8);
  writer.bytes(new Uint8Array(Float32Array.from(root.mean).buffer));
  writeCentroids(writer, root.centroids, dim);
  for (const name of root.centroidBlocks) writer.name(name);
  writeKeyList(writer, root.tokens);
  writer.bytes(encodeTokens({ beginnings: [], rows: root.common }, utf8));
  return writer.finish();
}

/** @param dim - of the model. */
export function decodeMeaningRoot(payload: Uint8Array, dim: number, utf8: Utf8): MeaningRoot {
  const reader = new PayloadReader(payload, utf8);
  const mean = new Float32Array(reader.bytes(4 * dim).slice().buffer);
  const centroids = readCentroids(reader);
  if (centroids.center.length > dim) throw unreadable("its centroids are longer than its vectors");
  const centroidBlocks = Array.from(centroids.codes, () => reader.name());
  return {
    mean,
    centroids,
    centroidBlocks,
    tokens: readKeyList(reader),
    common: decodeTokens(reader.rest(), utf8).rows,
  };
}
