import type { SegmentReader } from "../segment/reader.ts";
import { contextText } from "../segment/prepare.ts";
import { analyze } from "../text/analyzer.ts";
import type { Utf8 } from "../utf8.ts";
import { decodeAttributeList } from "./attribute-list.ts";
import { unreadable } from "./bytes.ts";
import { type PiecesEntry, piecesFormat } from "./entry.ts";
import {
  countPassages,
  cutNodes,
  type LeafSpans,
  listPlaces,
  numberPassages,
  orderPlaces,
  type Place,
} from "./lay-out.ts";
import { hashOf, noteDocuments, type PiecesLayout, type PlacedDocument, vectorsKey } from "./placed-documents.ts";
import type { KeyList } from "./key-list.ts";
import { decodePlaces, type Leaf, type LeafEntry } from "./places.ts";
import type { PieceStore } from "./put-piece.ts";
import { rowBitsOf } from "./residual-codes.ts";
import { decodeMeaningRoot, decodeWordsRoot, type WordsRoot } from "./roots.ts";
import type { PostingList } from "./term-block.ts";
import { decodeTexts } from "./text-block.ts";
import { type NodeTools, writeNode, type WrittenNode } from "./write-leaves.ts";
import { type LaidOutPieces, type WrittenPieces, writeRoots } from "./write-pieces.ts";
import { gatherPostings } from "./write-terms.ts";
import { GoneDocuments } from "./gone-documents.ts";
import { TermChanges } from "./update-terms.ts";

/** An index in pieces as it was written last. */
export interface PreviousPieces {
  readonly entry: PiecesEntry;
  readonly layout: PiecesLayout;
}

/** How far an index may go from one that is laid out anew. */
export interface UpdateLimits {
  /** Share of the passages that may have been placed later than the others, or be gone. Default 0.1. */
  readonly share?: number;
  /** Changes of few passages, after which their documents are placed once more, together. Default 8. */
  readonly smallBatches?: number;
}

/** A batch of so many passages is small: about a node. */
const smallBatchPassages = 512;

/**
 * Brings an index in pieces up to date by writing what has changed: documents that are gone leave their ordinals empty, new ones get
 * ordinals behind all others and nodes of their own, and terms, texts and vectors of all others stay as they are. Levels of
 * postings go by the mean lengths of when all was laid out, and so does the common dictionary of texts.
 *
 * @returns null where the index has to be laid out anew: too much has changed since, it is of an earlier format, or vectors of another
 * model are there.
 * @throws {IndexFormatError} where a block of the index is damaged.
 */
export async function updatePieces(
  previous: PreviousPieces,
  readers: readonly SegmentReader[],
  store: PieceStore,
  utf8: Utf8,
  { share = 0.1, smallBatches = 8 }: UpdateLimits = {},
): Promise<LaidOutPieces | null> {
  const { layout, entry } = previous;
  if (entry.format !== piecesFormat) return null;
  const plan = planUpdate(layout, readers, smallBatches);
  const live = readers.reduce((sum, reader) => sum + reader.livePassageCount, 0);
  if (vectorsKey(readers) !== layout.vectors || plan.drift > share * live) return null;
  if (plan.fresh.length === 0 && plan.gone.size === 0) return { written: entry, layout };
  // Why: a dictionary without a block has no place for a term.
  if (decodeWordsRoot(store.read(entry.words), utf8).terms.keys.length === 0) return null;
  return new PiecesUpdate(entry, layout, plan, store, utf8).run();
}

interface UpdatePlan {
  /** Batches that stay where they are. */
  readonly batches: readonly number[];
  /** Of each document of these: where it is now, or undefined. */
  readonly kept: readonly (Place<SegmentReader> | undefined)[];
  /** Documents of the layout that were somewhere and are so no more. */
  readonly gone: ReadonlySet<number>;
  /** Documents that are to be placed, in order of urls. */
  readonly fresh: readonly Place<SegmentReader>[];
  /** Passages that will be gone, or placed later than the others. */
  readonly drift: number;
}

function planUpdate(layout: PiecesLayout, readers: readonly SegmentReader[], smallBatches: number): UpdatePlan {
  const live = listPlaces(readers);
  const byUrl = new Map(live.map((place) => [place.reader.url(place.document), place]));
  const batches = cutSmallBatches(layout, smallBatches);
  const keptDocuments = batches.reduce((sum, count) => sum + count, 0);
  const gone = new Set<number>();
  const fresh = new Set(live);
  const kept: (Place<SegmentReader> | undefined)[] = [];
  let drift = 0;
  layout.documents.forEach((document, i) => {
    const place = document.url === "" ? undefined : byUrl.get(document.url);
    const isKept = i < keptDocuments && place !== undefined && isSame(document, place);
    if (i < keptDocuments) kept.push(isKept ? place : undefined);
    if (i < keptDocuments && !(isKept && i < batches[0]!)) drift += document.passages;
    if (isKept) fresh.delete(place);
    else if (document.url !== "") gone.add(i);
  });
  for (const place of fresh) drift += countPassages(place);
  return { batches, kept, gone, fresh: [...fresh], drift };
}

function isSame({ hash, passages }: PlacedDocument, place: Place<SegmentReader>): boolean {
  return hashOf(place) === hash && countPassages(place) === passages;
}

/**
 * The batches without the small ones at the end, where these are too many: each has a node of its own, whose centroid every visitor
 * reads. Their documents are placed once more, under the same ordinals.
 */
function cutSmallBatches({ batches, documents }: PiecesLayout, most: number): readonly number[] {
  let kept = batches.length;
  let end = documents.length;
  for (; kept > 1; kept--) {
    const start = end - batches[kept - 1]!;
    const passages = documents.slice(start, end).reduce((sum, document) => sum + document.passages, 0);
    if (passages > smallBatchPassages) break;
    end = start;
  }
  return batches.length - kept < most ? batches : batches.slice(0, kept);
}

class PiecesUpdate {
  readonly #entry: PiecesEntry;
  readonly #layout: PiecesLayout;
  readonly #plan: UpdatePlan;
  readonly #store: PieceStore;
  readonly #utf8: Utf8;
  readonly #root: WordsRoot;
  readonly #tools: NodeTools;
  /** Terms of documents whose place becomes empty. */
  readonly #goneTerms = new Set<string>();

  constructor(entry: PiecesEntry, layout: PiecesLayout, plan: UpdatePlan, store: PieceStore, utf8: Utf8) {
    this.#entry = entry;
    this.#layout = layout;
    this.#plan = plan;
    this.#store = store;
    this.#utf8 = utf8;
    this.#root = decodeWordsRoot(store.read(entry.words), utf8);
    const dictionary = store.read(this.#root.dictionary);
    const dim = entry.meaning === null ? 0 : entry.model!.dim;
    this.#tools = { dim, rowBits: rowBitsOf(entry.passages), dictionary, put: store.put, utf8 };
  }

  async run(): Promise<LaidOutPieces> {
    const { documents } = this.#layout;
    const empty = new GoneDocuments(documents.length, longestOf(documents), (i) => documents[i]!.passages);
    const kept = this.#plan.kept.map((place, document): Place => place ?? { reader: empty, document, first: 0 });
    const fresh = orderPlaces(this.#plan.fresh, this.#tools.dim);
    const places = [...kept, ...fresh];
    numberPassages(places);
    const batches = fresh.length === 0 ? this.#plan.batches : [...this.#plan.batches, fresh.length];
    const nodes = await this.#writeNodes(cutNodes(splitBatches(places, batches)), fresh);
    const notes = [
      ...this.#plan.kept.map((place, i) => (place === undefined ? emptied(documents[i]!) : documents[i]!)),
      ...noteDocuments(fresh),
    ];
    const written = this.#writeRoots(places, nodes, fresh, notes);
    return { written, layout: { ...this.#layout, batches, documents: notes, nodes } };
  }

  #writeRoots(
    places: readonly Place[],
    nodes: readonly WrittenNode[],
    fresh: readonly Place<SegmentReader>[],
    notes: readonly PlacedDocument[],
  ): WrittenPieces {
    const { meaning, model } = this.#entry;
    const tokens = meaning === null ? null : decodeMeaningRoot(this.#store.read(meaning), model!.dim, this.#utf8);
    const removed = notes.filter(({ url }) => url === "");
    this.#releaseRoots();
    return writeRoots(
      {
        places,
        nodes,
        terms: this.#changeTerms(fresh),
        dictionary: this.#root.dictionary,
        model,
        tokens,
        removed: { documents: removed.length, passages: removed.reduce((sum, { passages }) => sum + passages, 0) },
      },
      this.#store.put,
      this.#utf8,
    );
  }

  /** Says that the roots, and what they name and is written anew each time, are not named any more. */
  #releaseRoots(): void {
    const { words, meaning, attributes } = this.#entry;
    for (const name of [words, meaning, attributes, ...this.#root.documents.names])
      if (name !== null) this.#store.release(name);
    if (attributes === null) return;
    for (const name of decodeAttributeList(this.#store.read(attributes), this.#utf8).names) this.#store.release(name);
  }

  /** Writes nodes of fresh documents, and those in which a document is gone; the others stay. */
  async #writeNodes(nodes: readonly LeafSpans[][], fresh: readonly Place[]): Promise<WrittenNode[]> {
    const isFresh = new Set(fresh);
    const written: WrittenNode[] = [];
    let next = 0;
    for (const leaves of nodes) {
      if (isFresh.has(leaves[0]![0]!.place)) {
        written.push(await writeNode(leaves, this.#tools));
        continue;
      }
      const known = this.#layout.nodes[next];
      // Why: a version that cuts nodes in another way cannot go on with these.
      if (known?.passages !== countOf(leaves)) throw unreadable("its nodes are cut in another way");
      const first = this.#root.places.starts[next++]!;
      const isChanged = leaves.some((spans) => this.#hasGone(spans));
      written.push(isChanged ? await this.#rewriteNode(leaves, known, first) : known);
    }
    for (; next < this.#layout.nodes.length; next++)
      this.#readNode(this.#layout.nodes[next]!, this.#root.places.starts[next]!).forEach((leaf) =>
        this.#readGone(leaf),
      );
    return written;
  }

  /** Leaves of a node that is not named any more. */
  #readNode({ places, centroids }: WrittenNode, first: number): Leaf[] {
    for (const name of [places, centroids]) if (name !== null) this.#store.release(name);
    return decodePlaces(this.#store.read(places), first, this.#utf8);
  }

  async #rewriteNode(leaves: readonly LeafSpans[], known: WrittenNode, first: number): Promise<WrittenNode> {
    const before = this.#readNode(known, first);
    const kept = leaves.map((spans, i) => {
      if (!this.#hasGone(spans)) return toEntry(before[i]!);
      this.#readGone(before[i]!);
      return null;
    });
    return writeNode(leaves, this.#tools, (i) => kept[i]!);
  }

  #hasGone(spans: LeafSpans): boolean {
    return spans.some(({ document }) => this.#plan.gone.has(document));
  }

  /** Notes the terms of documents that are gone out of a leaf, which is written anew. */
  #readGone({ texts, vectors }: Leaf): void {
    for (const name of texts) {
      for (const passage of decodeTexts(this.#store.read(name, this.#tools.dictionary), this.#utf8)) {
        if (!this.#plan.gone.has(passage.document)) continue;
        const { hidden } = this.#layout.documents[passage.document]!;
        const searched = [contextText([passage.title]), contextText(passage.path), passage.text, hidden];
        for (const { term } of searched.flatMap(analyze)) this.#goneTerms.add(term);
      }
      this.#store.release(name);
    }
    if (vectors !== "") this.#store.release(vectors);
  }

  #changeTerms(fresh: readonly Place<SegmentReader>[]): KeyList {
    const gone = markPassages(this.#layout.documents, this.#plan.gone);
    const changes = new TermChanges(this.#root.terms, gone, this.#store, this.#utf8);
    for (const { term, list } of gatherPostings(fresh, this.#layout.averages, this.#utf8)) {
      changes.change(term, list);
      this.#goneTerms.delete(term);
    }
    for (const term of this.#goneTerms) changes.change(term, nothing);
    return changes.finish();
  }
}

const nothing: PostingList = { passages: new Uint32Array(), levels: new Uint8Array() };

function emptied({ passages }: PlacedDocument): PlacedDocument {
  return { url: "", hash: "", passages, hidden: "" };
}

function longestOf(documents: readonly PlacedDocument[]): number {
  return documents.reduce((most, { passages }) => Math.max(most, passages), 0);
}

function splitBatches(places: readonly Place[], batches: readonly number[]): Place[][] {
  let first = 0;
  return batches.map((count) => places.slice(first, (first += count)));
}

function countOf(leaves: readonly LeafSpans[]): number {
  return leaves.flat().reduce((sum, { start, end }) => sum + end - start, 0);
}

function toEntry({ count, continues, texts, vectors }: Leaf): LeafEntry {
  return {
    continues: Array.from({ length: count }, (_, i) => continues(i)),
    texts,
    vectors: vectors === "" ? null : vectors,
  };
}

/** [passages] 1 for those of some documents. */
function markPassages(documents: readonly PlacedDocument[], wanted: ReadonlySet<number>): Uint8Array {
  const marks = new Uint8Array(documents.reduce((sum, { passages }) => sum + passages, 0));
  let first = 0;
  documents.forEach(({ passages }, i) => {
    if (wanted.has(i)) marks.fill(1, first, first + passages);
    first += passages;
  });
  return marks;
}
