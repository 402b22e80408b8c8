import { deflateRawSync, inflateRawSync } from "node:zlib";
import { decodeAttributeList } from "../../../../src/core/pieces/attribute-list.ts";
import { PayloadReader } from "../../../../src/core/pieces/bytes.ts";
import type { PiecesEntry } from "../../../../src/core/pieces/entry.ts";
import { readKeyList } from "../../../../src/core/pieces/key-list.ts";
import { pieceName } from "../../../../src/core/pieces/piece-name.ts";
import { decodeDocuments, decodePlaces } from "../../../../src/core/pieces/places.ts";
import type { PieceStore } from "../../../../src/core/pieces/put-piece.ts";
import { decodeLeaf, scoreLeaf } from "../../../../src/core/pieces/residual-codes.ts";
import { decodeMeaningRoot, decodeWordsRoot } from "../../../../src/core/pieces/roots.ts";
import { decodePostings, decodeTermBlock } from "../../../../src/core/pieces/term-block.ts";
import { decodeTexts } from "../../../../src/core/pieces/text-block.ts";
import { utf8 } from "../../../../worker/utf8.ts";

/** Blocks in memory, and how many things name each. */
export class MemoryPieces implements PieceStore {
  readonly uses: Map<string, number> = new Map();
  readonly blocks: Map<string, Uint8Array> = new Map();
  /** Names of the blocks that were put since the last look. */
  readonly fresh: string[] = [];

  readonly put = (payload: Uint8Array, dictionary?: Uint8Array): string => {
    const bytes = deflateRawSync(payload, dictionary === undefined ? {} : { dictionary });
    const name = pieceName(bytes);
    if (!this.blocks.has(name)) this.fresh.push(name);
    this.blocks.set(name, bytes);
    this.uses.set(name, (this.uses.get(name) ?? 0) + 1);
    return name;
  };

  readonly read = (name: string, dictionary?: Uint8Array): Uint8Array =>
    new Uint8Array(inflateRawSync(this.blocks.get(name)!, dictionary === undefined ? {} : { dictionary }));

  readonly release = (name: string): void => {
    const uses = (this.uses.get(name) ?? 0) - 1;
    if (uses > 0) this.uses.set(name, uses);
    else this.uses.delete(name);
  };
}

/** What an index in pieces says of a passage. */
export interface DumpedPassage {
  readonly key: string;
  readonly title: string;
  readonly path: readonly string[];
  readonly attributes: string;
  readonly weight: number;
  readonly continues: boolean;
  /** What its coded vector scores for its true one: about 1; null where it has none. */
  readonly likeness: number | null;
}

/** All that an index in pieces says, by content and not by ordinal; and which blocks it names, each as often as it is named. */
export interface Dump {
  readonly passages: readonly DumpedPassage[];
  /** Term -> passage -> level. */
  readonly terms: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly named: ReadonlyMap<string, number>;
}

/** Passages by name: page, anchor and text. */
export function keyOf(url: string, anchor: string, text: string): string {
  return `${url}#${anchor} ${text}`;
}

/**
 * Reads a whole index.
 *
 * @param vectors - true ones, by the keys of their passages.
 */
export function dumpPieces(
  entry: Pick<PiecesEntry, "words" | "meaning" | "attributes" | "model">,
  pieces: MemoryPieces,
  vectors: ReadonlyMap<string, Float32Array>,
): Dump {
  const named = new Map<string, number>();
  const read = (name: string, dictionary?: Uint8Array): Uint8Array => {
    named.set(name, (named.get(name) ?? 0) + 1);
    return pieces.read(name, dictionary);
  };
  const root = decodeWordsRoot(read(entry.words), utf8);
  const dictionary = read(root.dictionary);
  const lists = root.documents.names.map((name, i) => decodeDocuments(read(name), root.documents.starts[i]!, utf8));
  const weights = new Map<number, number>();
  for (const { starts, weights: given } of lists)
    for (let i = 0; i + 1 < starts.length; i++)
      for (let passage = starts[i]!; passage < starts[i + 1]!; passage++) weights.set(passage, given.get(i) ?? 1);
  const meaning = entry.meaning === null ? null : decodeMeaningRoot(read(entry.meaning), entry.model!.dim, utf8);
  for (const name of meaning?.centroidBlocks ?? []) read(name);
  for (const name of meaning?.tokens.names ?? [])
    for (const block of readKeyList(new PayloadReader(read(name), utf8)).names) read(block);
  if (entry.attributes !== null) for (const name of decodeAttributeList(read(entry.attributes), utf8).names) read(name);
  const keys: string[] = [];
  const passages: DumpedPassage[] = [];
  root.places.names.forEach((name, node) => {
    for (const leaf of decodePlaces(read(name), root.places.starts[node]!, utf8)) {
      const rows = leaf.vectors === "" ? null : decodeLeaf(read(leaf.vectors), entry.model!.dim, utf8);
      if (rows !== null && rows.codes.length !== leaf.count) throw new Error("a leaf has another number of vectors");
      const texts = leaf.texts.flatMap((block) => decodeTexts(read(block, dictionary), utf8));
      texts.forEach(({ url, text, title, path, attributes, anchor, continues }, i) => {
        if (continues !== leaf.continues(i)) throw new Error("places and texts do not agree on sections");
        keys[leaf.first + i] = url === "" ? "" : keyOf(url, anchor, text);
        if (url === "") return;
        const weight = weights.get(leaf.first + i)!;
        const key = keys[leaf.first + i]!;
        const vector = vectors.get(key);
        const likeness = vector === undefined ? null : scoreLeaf(rows!, vector)[i]!;
        passages.push({ key, title, path, attributes, weight, continues, likeness });
      });
    }
  });
  const terms = new Map<string, Map<string, number>>();
  for (const name of root.terms.names) {
    for (const block of readKeyList(new PayloadReader(read(name), utf8)).names) {
      for (const { term, head, tiers, frequency } of decodeTermBlock(read(block), utf8)) {
        const parts = [head, ...tiers.map((tier) => decodePostings(read(tier.name), utf8))];
        const found = new Map(
          parts.flatMap((part) => Array.from(part.passages, (at, i) => [keys[at]!, part.levels[i]!] as const)),
        );
        if (found.has("")) throw new Error(`"${term}" is said to be in a passage that is gone`);
        if (parts.reduce((sum, part) => sum + part.passages.length, 0) !== frequency)
          throw new Error(`"${term}" has another number of postings than it says`);
        terms.set(term, found);
      }
    }
  }
  return { passages: passages.toSorted((a, b) => (a.key < b.key ? -1 : 1)), terms, named };
}
