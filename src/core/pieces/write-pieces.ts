import type { SegmentReader } from "../segment/reader.ts";
import type { Utf8 } from "../utf8.ts";
import { writeAttributes } from "./attribute-list.ts";
import { type PiecesEntry, type PiecesModel, piecesFormat } from "./entry.ts";
import type { KeyList } from "./key-list.ts";
import { countPassages, cutNodes, listPlaces, numberPassages, orderPlaces, type Place } from "./lay-out.ts";
import { noteDocuments, type PiecesLayout, vectorsKey } from "./placed-documents.ts";
import type { PutPiece } from "./put-piece.ts";
import { rowBitsOf } from "./residual-codes.ts";
import { encodeWordsRoot } from "./roots.ts";
import { listNodes, sampleTexts, writeDocuments, writeNode, type WrittenNode } from "./write-leaves.ts";
import { type TokenTable, writeMeaning, writeTable, type WrittenTokens } from "./write-meaning.ts";
import { averageLengths, writeTerms } from "./write-terms.ts";

export type { PutPiece } from "./put-piece.ts";
export type { TokenTable } from "./write-meaning.ts";

/** Sizes and names for the entry file, but for the sizes that only the shell knows. */
export type WrittenPieces = Omit<PiecesEntry, "blocks" | "bytes" | "analysis">;

/** An index in pieces, and what is to be known of it for bringing it up to date. */
export interface LaidOutPieces {
  readonly written: WrittenPieces;
  readonly layout: PiecesLayout;
}

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
  return (await layOutPieces(readers, table, put, utf8)).written;
}

/** Like `writePieces`, with what `updatePieces` needs. */
export async function layOutPieces(
  readers: readonly SegmentReader[],
  table: TokenTable | null,
  put: PutPiece,
  utf8: Utf8,
): Promise<LaidOutPieces> {
  const hasVectors = table !== null && readers.length > 0 && readers.every(({ vectors }) => vectors !== null);
  const dim = hasVectors ? table.model.dim : 0;
  const places = orderPlaces(listPlaces(readers), dim);
  const rowBits = rowBitsOf(numberPassages(places));
  const spans = cutNodes([places]);
  const dictionary = await sampleTexts(spans.flat(), utf8);
  const nodes: WrittenNode[] = [];
  for (const leaves of spans) nodes.push(await writeNode(leaves, { dim, rowBits, dictionary, put, utf8 }));
  const averages = averageLengths(readers);
  const written = writeRoots(
    {
      places,
      nodes,
      terms: writeTerms(places, averages, put, utf8),
      dictionary: put(dictionary),
      model: hasVectors ? table.model : null,
      tokens: hasVectors ? writeTable(table, put, utf8) : null,
      removed: { documents: 0, passages: 0 },
    },
    put,
    utf8,
  );
  const batches = [places.length];
  const documents = noteDocuments(places);
  return { written, layout: { vectors: vectorsKey(readers), batches, documents, averages, nodes } };
}

/** What the roots of an index name. */
export interface RootParts {
  /** Of all documents, also of those that are gone. */
  readonly places: readonly Place[];
  readonly nodes: readonly WrittenNode[];
  readonly terms: KeyList;
  /** Block that blocks of texts are compressed with reference to. */
  readonly dictionary: string;
  /** Null where the index has no vectors. */
  readonly model: PiecesModel | null;
  readonly tokens: WrittenTokens | null;
  /** How many of the places are empty. */
  readonly removed: { readonly documents: number; readonly passages: number };
}

/** Writes what leads to everything else. */
export function writeRoots(parts: RootParts, put: PutPiece, utf8: Utf8): WrittenPieces {
  const { places, nodes, terms, dictionary, model, tokens, removed } = parts;
  const passages = places.reduce((sum, place) => sum + countPassages(place), 0);
  const words = encodeWordsRoot(
    { terms, places: listNodes(nodes), documents: writeDocuments(places, put, utf8), dictionary },
    utf8,
  );
  const live = passages - removed.passages;
  return {
    format: piecesFormat,
    documents: places.length,
    passages,
    ...(removed.documents === 0 ? {} : { removed }),
    words: put(words),
    meaning: model === null || tokens === null ? null : writeMeaning(nodes, live, model.dim, tokens, put, utf8),
    attributes: writeAttributes(places, put, utf8),
    model,
  };
}
