import { decodeCentroids, scoreCentroids } from "../../src/core/pieces/centroids.ts";
import { type Bitset, createBitset, hasBit, hasBitWithin, setBit } from "../../src/core/filter/bitset.ts";
import { decodeAttributeList } from "../../src/core/pieces/attribute-list.ts";
import { checkEntry, entryName, type PiecesEntry } from "../../src/core/pieces/entry.ts";
import {
  decodeDocuments,
  decodePlaces,
  type DocumentList,
  documentsPerBlock,
  lastStart,
  type Leaf,
  textPassages,
} from "../../src/core/pieces/places.ts";
import { decodeLeaf, type LeafRows } from "../../src/core/pieces/residual-codes.ts";
import { decodeMeaningRoot, decodeWordsRoot, type MeaningRoot, type WordsRoot } from "../../src/core/pieces/roots.ts";
import { decodePostings, decodeTermBlock, type PostingList, type Tier } from "../../src/core/pieces/term-block.ts";
import { decodeTexts, type PassageText } from "../../src/core/pieces/text-block.ts";
import { analysisVersion } from "../../src/core/text/analyzer.ts";
import { IndexFormatError } from "../../src/errors.ts";
import { utf8 } from "../utf8.ts";
import { QueryEmbedder } from "./embed-query.ts";
import { openPieceCache, type PieceCache } from "./piece-cache.ts";
import { fetchPatiently, isPage, PieceFetcher } from "./piece-fetcher.ts";
import { PieceLists } from "./piece-lists.ts";

/** Lists of documents that are fetched at once: all, but of very large indexes. Nearly every question touches each of them. */
const warmDocumentLists = 4;

/** Where a passage belongs. */
export interface PassageDocument {
  readonly document: number;
  /** What its score is multiplied by: the weight of its document times that of its section. */
  readonly weight: number;
}

/** What answers by meaning work with. */
export interface Meaning {
  readonly root: MeaningRoot;
  readonly embedder: QueryEmbedder;
}

/** An index on a static host: what its blocks hold, fetched as it is asked for. Knows nothing of ranking. */
export class LoadedIndex {
  readonly url: string;
  readonly entry: PiecesEntry;
  readonly fetcher: PieceFetcher;
  readonly terms: PieceLists;
  /** Whether the entry file is one that was kept, because the host did not answer. */
  readonly isOffline: boolean;
  /** What could not be read, by block: whatever else there is was searched. */
  readonly failures: Map<string, IndexFormatError> = new Map();
  /** Whether the entry file was looked at again because blocks are gone. */
  isChecked = false;
  readonly #words: WordsRoot;
  readonly #cache: PieceCache;
  /** Blocks of leaves that were read: small, and asked for again by most queries. */
  readonly #nodes: Map<number, readonly Leaf[]> = new Map();
  #meaning: Meaning | null = null;
  #meaningLoading: Promise<Meaning | null> | undefined;

  private constructor(url: string, opened: OpenedEntry, words: WordsRoot, fetcher: PieceFetcher, cache: PieceCache) {
    this.url = url;
    this.entry = opened.entry;
    this.isOffline = opened.isOffline;
    this.fetcher = fetcher;
    this.#cache = cache;
    this.#words = words;
    this.terms = new PieceLists(words.terms, (name) => fetcher.read(name));
  }

  /**
   * Opens the index of an address: reads the entry file and the block that leads to words.
   *
   * @param url - absolute, of the folder with the entry file, with its closing slash.
   * @throws {IndexFormatError} `index/missing`, `index/newer-format`, `index/format` or `index/unreachable`.
   */
  static async open(url: string): Promise<LoadedIndex> {
    // Why at the same time: neither needs the other, and on a slow line every round trip counts.
    const opening = openPieceCache(url);
    try {
      const [cache, opened] = await Promise.all([opening, readEntry(url, opening)]);
      const { entry } = opened;
      const fetcher = new PieceFetcher(url, cache);
      const words = decodeWordsRoot(await fetcher.read(entry.words), utf8);
      fetcher.warm([words.dictionary, ...words.documents.names.slice(0, warmDocumentLists)]);
      // Why not waited for: nothing depends on it before the next visit, and closing waits for it.
      cache.writeEntry(entry).catch(() => {});
      return new LoadedIndex(url, opened, words, fetcher, cache);
    } catch (error) {
      await (await opening).close();
      throw error;
    }
  }

  /** What answers by meaning need, once it is there. */
  get meaning(): Meaning | null {
    return this.#meaning;
  }

  /** Reads what answers by meaning need; null where the index has no vectors. */
  loadMeaning(): Promise<Meaning | null> {
    this.#meaningLoading ??= this.#readMeaning().catch((error: unknown) => {
      this.#meaningLoading = undefined;
      throw error;
    });
    return this.#meaningLoading;
  }

  async #readMeaning(): Promise<Meaning | null> {
    const { meaning, model } = this.entry;
    if (meaning === null || model === null) return null;
    const root = decodeMeaningRoot(await this.fetcher.read(meaning), model.dim, utf8);
    const lists = new PieceLists(root.tokens, (name) => this.fetcher.read(name));
    this.#meaning = { root, embedder: new QueryEmbedder(model, lists, root.common) };
    return this.#meaning;
  }

  async readTier({ name }: Tier): Promise<PostingList> {
    return decodePostings(await this.fetcher.read(name), utf8);
  }

  /** Index of the block of leaves in which a passage is: the index of its block of centroids, too. */
  nodeOf(passage: number): number {
    return lastStart(this.#words.places.starts, passage);
  }

  async leaves(node: number): Promise<readonly Leaf[]> {
    const known = this.#nodes.get(node);
    if (known !== undefined) return known;
    const { starts, names } = this.#words.places;
    const leaves = decodePlaces(await this.fetcher.read(names[node]!), starts[node]!, utf8);
    this.#nodes.set(node, leaves);
    return leaves;
  }

  /** The leaf of a passage, if its block of leaves was read. */
  leafOf(passage: number): Leaf | undefined {
    return this.#nodes.get(this.nodeOf(passage))?.findLast(({ first }) => first <= passage);
  }

  /** About how a query scores in each leaf of a block. */
  async scoreLeaves(node: number, query: Float32Array): Promise<Float32Array> {
    const payload = await this.fetcher.read(this.#meaning!.root.centroidBlocks[node]!);
    return scoreCentroids(decodeCentroids(payload, utf8), query);
  }

  async vectors({ vectors }: Leaf): Promise<LeafRows> {
    return decodeLeaf(await this.fetcher.read(vectors), this.entry.model!.dim, utf8);
  }

  /** Texts that are one block with that of a passage, by ordinal. */
  async texts(leaf: Leaf, passage: number): Promise<ReadonlyMap<number, PassageText>> {
    const block = Math.floor((passage - leaf.first) / textPassages);
    const dictionary = await this.fetcher.read(this.#words.dictionary);
    const texts = decodeTexts(await this.fetcher.read(leaf.texts[block]!, dictionary), utf8);
    return new Map(texts.map((text, i) => [leaf.first + block * textPassages + i, text]));
  }

  /** Gives the documents of passages, after reading the lists that tell. */
  async documentsOf(passages: Iterable<number>): Promise<(passage: number) => PassageDocument> {
    const { starts, names } = this.#words.documents;
    const needed = new Set(Array.from(passages, (passage) => lastStart(starts, passage)));
    const lists = new Map<number, DocumentList>();
    await Promise.all(
      Array.from(needed, async (block) => {
        lists.set(block, decodeDocuments(await this.fetcher.read(names[block]!), starts[block]!, utf8));
      }),
    );
    return (passage) => {
      const block = lastStart(starts, passage);
      const list = lists.get(block)!;
      const document = lastStart(list.starts, passage);
      const weight = (list.weights.get(document) ?? 1) * (list.sectionWeights.get(passage) ?? 1);
      return { document: block * documentsPerBlock + document, weight };
    };
  }

  /** The passages of some documents. Reads the whole list of documents. */
  async passagesOf(documents: Bitset): Promise<Bitset> {
    const starts = await this.passageStarts();
    const passages = createBitset(this.entry.passages);
    for (let document = 0; document < this.entry.documents; document++) {
      if (!hasBit(documents, document)) continue;
      for (let passage = starts[document]!; passage < starts[document + 1]!; passage++) setBit(passages, passage);
    }
    return passages;
  }

  /** [documents + 1]: ordinals of first passages. Reads the whole list of documents. */
  async passageStarts(): Promise<Uint32Array> {
    const { starts, names } = this.#words.documents;
    const all = new Uint32Array(this.entry.documents + 1);
    await Promise.all(
      names.map(async (name, block) => {
        const list = decodeDocuments(await this.fetcher.read(name), starts[block]!, utf8);
        list.starts.forEach((start, i) => (all[block * documentsPerBlock + i] = start));
      }),
    );
    return all;
  }

  /** Whether any passage of a block of leaves is among some. */
  hasAny(node: number, passages: Bitset): boolean {
    const { starts } = this.#words.places;
    return hasBitWithin(passages, starts[node]!, starts[node + 1] ?? this.entry.passages);
  }

  /** Runs a read that the answer can do without. @returns undefined where it failed, which `failures` then tells. */
  async attempt<Value>(read: () => Promise<Value>): Promise<Value | undefined> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof IndexFormatError)) throw error;
      this.failures.set(String(error.details["url"] ?? error.message), error);
      return undefined;
    }
  }

  /** Names of all blocks, by reading those that name others. */
  async *listBlocks(): AsyncGenerator<string> {
    const { words, meaning, attributes } = this.entry;
    yield words;
    if (attributes !== null) {
      yield attributes;
      yield* decodeAttributeList(await this.fetcher.read(attributes), utf8).names;
    }
    yield this.#words.dictionary;
    yield* this.#words.documents.names;
    yield* this.terms.listNames;
    for await (const name of this.terms.names()) {
      yield name;
      for (const { tiers } of decodeTermBlock(await this.fetcher.read(name), utf8))
        yield* tiers.map((tier) => tier.name);
    }
    for (let node = 0; node < this.#words.places.names.length; node++) {
      yield this.#words.places.names[node]!;
      for (const { texts, vectors } of await this.leaves(node)) {
        yield* texts;
        if (vectors !== "") yield vectors;
      }
    }
    if (meaning === null) return;
    yield meaning;
    const { root, embedder } = (await this.loadMeaning())!;
    yield* root.centroidBlocks;
    yield* embedder.blocks();
  }

  /** Forgets what is kept of it between visits; it goes on answering. */
  clearKept(): Promise<void> {
    return this.fetcher.clearKept();
  }

  /** Resolves when the blocks that were read are kept for later visits, or cannot be. */
  close(): Promise<void> {
    return this.#cache.close();
  }
}

interface OpenedEntry {
  readonly entry: PiecesEntry;
  readonly isOffline: boolean;
}

/** The entry file of the host, or the one that was kept where the host does not answer. */
async function readEntry(url: string, cache: Promise<PieceCache>): Promise<OpenedEntry> {
  const entryUrl = url + entryName;
  try {
    // Why asked again each time: it is the only file that changes.
    const { bytes } = await fetchPatiently(entryUrl, "no-cache");
    return { entry: checkEntry(parseEntry(bytes, entryUrl), entryUrl, analysisVersion), isOffline: false };
  } catch (error) {
    const kept =
      error instanceof IndexFormatError && error.code === "index/unreachable"
        ? await (await cache).readEntry()
        : undefined;
    if (kept !== undefined) return { entry: checkEntry(kept, entryUrl, analysisVersion), isOffline: true };
    throw error instanceof IndexFormatError && error.code === "index/missing-block" ? noIndex(entryUrl, error) : error;
  }
}

function parseEntry(bytes: Uint8Array, url: string): unknown {
  try {
    return JSON.parse(utf8.decode(bytes)) as unknown;
  } catch (error) {
    throw noIndex(url, error, isPage(bytes) ? "a web page" : "what is no JSON");
  }
}

function noIndex(url: string, cause: unknown, found = "nothing"): IndexFormatError {
  return new IndexFormatError(
    "index/missing",
    `There is no index in pieces at ${url}: found ${found}. Give load() the folder that "inkling build" wrote, and see that the host serves all files of it.`,
    { url },
    cause,
  );
}
