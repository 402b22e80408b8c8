import { prepareDocument, type PreparedDocument } from "../src/core/segment/prepare.ts";
import { encodeBlock } from "../src/core/segment/codec.ts";
import type { PartialVectors, SegmentReference, VectorsReference } from "../src/core/segment/manifest.ts";
import type { SegmentReader } from "../src/core/segment/reader.ts";
import { SegmentWriter, type WrittenSegment } from "../src/core/segment/writer.ts";
import type { AddResult, AddWarning, CallOptions, Document, RemoveResult } from "../src/types.ts";
import { type Change, type IndexState, putBlock } from "./index-state.ts";
import type { Models } from "./models.ts";
import type { Snapshot } from "./snapshot.ts";
import { utf8 } from "./utf8.ts";
import { type VectorSets, withPartial, withVectors } from "./vector-sets.ts";
import { encodePart, encodeWhole, findKnownVectors, type KnownVector, type PendingPassage } from "./vectors.ts";
import { createPacer } from "./yield.ts";

/** Passages of the first segment of a call; each later one is twice as large: the first answers come soon, segments stay few. */
const firstBatchPassages = 256;
const lastBatchPassages = 4096;

/** Attempts to merge while vectors come in for the same segments. */
const maxMerges = 3;

/** Above this many segments the smallest ones are merged into one, so many more than needed at a time. */
const defaultMaxSegments = 8;
const mergedAtOnce = 4;

/** Counts of one `add` call so far. */
interface AddCounts {
  added: number;
  replaced: number;
  unchanged: number;
  passages: number;
  readonly warnings: AddWarning[];
}

/**
 * Writes documents into segments, and takes them out. Vectors are copied where a passage is known already; new ones are made
 * by a `VectorRun`. Calls must not overlap: the engine queues them.
 */
export class Indexer {
  readonly #state: IndexState;
  readonly #sets: VectorSets;
  readonly #models: Models;

  readonly #onWritten: () => void;
  readonly #maxSegments: number;

  /** @param onWritten - called after each commit of documents: some of their passages may lack vectors. */
  constructor(
    state: IndexState,
    sets: VectorSets,
    models: Models,
    onWritten: () => void,
    maxSegments: number = defaultMaxSegments,
  ) {
    this.#state = state;
    this.#sets = sets;
    this.#models = models;
    this.#onWritten = onWritten;
    this.#maxSegments = maxSegments;
  }

  /**
   * Adds checked documents, in several commits. Cancelling keeps what is committed.
   */
  async add(
    documents: readonly Document[],
    options: CallOptions,
  ): Promise<Omit<AddResult, "embedded" | "withoutVector">> {
    const pace = createPacer(options.signal);
    const counts: AddCounts = { added: 0, replaced: 0, unchanged: 0, passages: 0, warnings: [] };
    let batch: PreparedDocument[] = [];
    let batchPassages = 0;
    let limit = firstBatchPassages;
    // Why read anew: storage may have been deleted by the browser or by another page, and "unchanged" must mean stored.
    await this.#state.reload();
    const live = locateDocuments(this.#state.snapshot.readers);
    for (const [i, document] of documents.entries()) {
      const prepared = prepareDocument(document, utf8);
      counts.warnings.push(...prepared.warnings);
      if (isUnchanged(live, prepared)) counts.unchanged++;
      else {
        batch.push(prepared);
        batchPassages += prepared.passages.length;
      }
      await pace();
      if (batchPassages < limit && i + 1 < documents.length) continue;
      options.onProgress?.({ phase: "index", done: i + 1 - batch.length, total: documents.length });
      await this.#writeBatch(batch, counts, pace);
      // Why not after the last one: segments are merged next, and the call waits for its vectors by itself.
      if (i + 1 < documents.length) this.#onWritten();
      options.onProgress?.({ phase: "index", done: i + 1, total: documents.length });
      batch = [];
      batchPassages = 0;
      limit = Math.min(limit * 2, lastBatchPassages);
    }
    await this.#mergeSmallSegments(pace);
    return counts;
  }

  async #writeBatch(
    documents: readonly PreparedDocument[],
    counts: AddCounts,
    pace: () => Promise<void>,
  ): Promise<void> {
    if (documents.length === 0) return;
    const { written, passages } = await writeSegment(documents, pace);
    // Why now: what is replaced may take the last passages of a segment with it, and with them their vectors.
    const copies = await this.#copyVectors(this.#state.snapshot.readers, passages);
    let replaced = 0;
    await this.#state.commit(async (snapshot) => {
      const change = removeDocuments(snapshot, new Set(documents.map((document) => document.url)));
      replaced = change.removed;
      const put = new Map(change.put);
      return { segments: [...change.segments, this.#placeSegment(snapshot, written, copies, put)], put };
    });
    counts.replaced += replaced;
    counts.added += documents.length - replaced;
    counts.passages += written.passages;
  }

  /** Removes documents by url. Urls that are not there are no error. */
  async remove(urls: readonly string[]): Promise<RemoveResult> {
    let removed = 0;
    await this.#state.commit(async (snapshot) => {
      const change = removeDocuments(snapshot, new Set(urls));
      removed = change.removed;
      return removed === 0 ? null : change;
    });
    return { removed };
  }

  /** Removes everything; the generation goes on, so that other tabs notice. */
  async clear(): Promise<void> {
    await this.#state.commit(async () => ({ segments: [], put: new Map() }));
  }

  /** What is read of stored text, or null where it is damaged: its segment is left out then. */
  async #readOrLeaveOut<T>(snapshot: Snapshot, read: () => Promise<T>): Promise<T | null> {
    try {
      return await read();
    } catch (error) {
      await this.#state.recover(snapshot, error);
      return null;
    }
  }

  /** Keeps segments few: copies the live documents of the smallest ones into one, with their vectors. */
  async #mergeSmallSegments(pace: () => Promise<void>): Promise<void> {
    // Why again: a segment that got vectors or lost documents meanwhile must not lose them again. It can wait, too.
    for (let attempt = 0; attempt < maxMerges; attempt++) {
      const snapshot = this.#state.snapshot;
      const surplus = snapshot.readers.length - this.#maxSegments;
      if (surplus <= 0) return;
      const smallest = snapshot.readers
        .toSorted((a, b) => a.passageCount - b.passageCount)
        .slice(0, surplus + mergedAtOnce);
      const documents = await this.#readOrLeaveOut(snapshot, () => readDocuments(smallest, pace));
      if (documents !== null) await this.#merge(smallest, documents, pace);
    }
  }

  async #merge(
    smallest: readonly SegmentReader[],
    documents: readonly PreparedDocument[],
    pace: () => Promise<void>,
  ): Promise<void> {
    const { written, passages } = await writeSegment(documents, pace);
    const copies = await this.#copyVectors(smallest, passages);
    await this.#state.commit(async (snapshot) => {
      if (!smallest.every((reader) => snapshot.readers.includes(reader))) return null;
      const kept = snapshot.readers.filter((reader) => !smallest.includes(reader)).map((reader) => reader.reference);
      const put = new Map<string, Uint8Array>();
      return { segments: [...kept, this.#placeSegment(snapshot, written, copies, put)], put };
    });
  }

  /** Vectors that segments have, of whatever model, for the passages of a new segment. */
  async #copyVectors(readers: readonly SegmentReader[], passages: readonly PendingPassage[]): Promise<CopiedVectors[]> {
    const stored = readers.flatMap((reader) => [
      ...this.#sets.whole(reader).map(({ model }) => model),
      ...(reader.reference.partialVectors === undefined ? [] : [reader.reference.partialVectors.model]),
    ]);
    const models = new Set(stored.filter((model) => this.#models.worth(model) !== "superseded"));
    return Promise.all([...models].map((model) => this.#copyVectorsOf(model, readers, passages)));
  }

  async #copyVectorsOf(
    model: string,
    readers: readonly SegmentReader[],
    passages: readonly PendingPassage[],
  ): Promise<CopiedVectors> {
    const known = await findKnownVectors(this.#sets, readers, model, passages);
    const found = passages.map(({ hash }, ordinal) => [ordinal, known.get(hash)] as const);
    const vectors = new Map(found.filter((entry): entry is [number, KnownVector] => entry[1] !== undefined));
    const dim = Number(model.slice(model.lastIndexOf("/") + 1));
    const isWhole = vectors.size === passages.length;
    const block = isWhole ? encodeWhole(vectors, passages.length, dim) : encodePart(vectors, dim);
    return { model, isWhole, passages: vectors.size, block };
  }

  #placeSegment(
    snapshot: Snapshot,
    written: WrittenSegment,
    copies: readonly CopiedVectors[],
    put: Map<string, Uint8Array>,
  ): SegmentReference {
    let segment = nameBlocks(snapshot, written, put);
    copies.forEach(({ model, isWhole, block }, i) => {
      if (!isWhole) return;
      const set: VectorsReference = { model, block: putBlock(put, `${segment.id}/vectors-${i}`, block) };
      segment = withVectors(segment, set, this.#models.place(model, snapshot.readers));
    });
    const parts = copies.filter(({ isWhole, passages }) => !isWhole && passages > 0);
    const part = parts.find(({ model }) => this.#models.isSecond(model)) ?? parts[0];
    if (part === undefined) return segment;
    const blocks = [putBlock(put, `${segment.id}/part`, part.block)];
    const partial: PartialVectors = { model: part.model, passages: part.passages, blocks };
    return withPartial(segment, partial);
  }
}

/** Vectors of a model for a segment that is merged from others, or for some of its passages. */
interface CopiedVectors {
  readonly model: string;
  readonly isWhole: boolean;
  readonly passages: number;
  readonly block: Uint8Array;
}

/** Runs a task that is made of steps, with a chance to answer queries after each. */
async function runPaced<Result>(steps: Generator<void, Result>, pace: () => Promise<void>): Promise<Result> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    await pace();
  }
}

/** Url -> where its live document is. */
type Locations = ReadonlyMap<string, { readonly reader: SegmentReader; readonly document: number }>;

function locateDocuments(readers: readonly SegmentReader[]): Locations {
  const locations = new Map<string, { reader: SegmentReader; document: number }>();
  for (const reader of readers) {
    for (let document = 0; document < reader.documentCount; document++) {
      if (!reader.isRemoved(document)) locations.set(reader.url(document), { reader, document });
    }
  }
  return locations;
}

function isUnchanged(live: Locations, prepared: PreparedDocument): boolean {
  const found = live.get(prepared.url);
  if (found === undefined) return false;
  const [high, low] = found.reader.documentHash(found.document);
  return high === prepared.hash[0] && low === prepared.hash[1];
}

async function writeSegment(
  documents: readonly PreparedDocument[],
  pace: () => Promise<void>,
): Promise<{ written: WrittenSegment; passages: PendingPassage[] }> {
  const writer = new SegmentWriter(utf8);
  const passages: PendingPassage[] = [];
  for (const document of documents) {
    writer.beginDocument(document);
    for (let i = 0; i < document.passages.length; i++) {
      passages.push(writer.addPassage(document, i));
      await pace();
    }
  }
  return { written: await runPaced(writer.finishInSteps(), pace), passages };
}

/** A segment's id, with the generation added where the same content is stored already (added, removed and added again). */
function segmentName(snapshot: Snapshot, id: string): string {
  return snapshot.manifest.segments.some((segment) => segment.id === id)
    ? `${id}-${snapshot.manifest.generation + 1}`
    : id;
}

/** Names the blocks of a new segment and enters them into a change. */
function nameBlocks(snapshot: Snapshot, written: WrittenSegment, put: Map<string, Uint8Array>): SegmentReference {
  const name = segmentName(snapshot, written.id);
  const { documents, passages, terms, postings, text } = written.blocks;
  return {
    id: name,
    documents: written.documents,
    passages: written.passages,
    fieldLengths: written.fieldLengths,
    blocks: {
      documents: putBlock(put, `${name}/documents`, documents),
      passages: putBlock(put, `${name}/passages`, passages),
      terms: putBlock(put, `${name}/terms`, terms),
      postings: putBlock(put, `${name}/postings`, postings),
      text: text.map((block, i) => putBlock(put, `${name}/text-${i}`, block)),
    },
    vectors: null,
    tombstones: null,
  };
}

/** Sets tombstones; a segment without live documents goes. Segments that cannot be read go, too: nothing in them can be found. */
function removeDocuments(snapshot: Snapshot, urls: ReadonlySet<string>): Change & { removed: number } {
  const put = new Map<string, Uint8Array>();
  let removed = 0;
  const segments = snapshot.readers.flatMap((reader) => {
    const gone = documentsWithUrl(reader, urls);
    if (gone.length === 0) return [reader.reference];
    removed += gone.length;
    const tombstones = reader.copyTombstones();
    for (const document of gone) tombstones[document >> 3]! |= 1 << (document & 7);
    if (countBits(tombstones) === reader.documentCount) return [];
    const name = `${reader.reference.id}/tombstones-${snapshot.manifest.generation + 1}`;
    return [{ ...reader.reference, tombstones: putBlock(put, name, encodeBlock([tombstones])) }];
  });
  return { segments, put, removed };
}

function documentsWithUrl(reader: SegmentReader, urls: ReadonlySet<string>): number[] {
  const found: number[] = [];
  for (let document = 0; document < reader.documentCount; document++) {
    if (!reader.isRemoved(document) && urls.has(reader.url(document))) found.push(document);
  }
  return found;
}

function countBits(bits: Uint8Array): number {
  let count = 0;
  for (const byte of bits) for (let rest = byte; rest > 0; rest &= rest - 1) count++;
  return count;
}

async function readDocuments(
  readers: readonly SegmentReader[],
  pace: () => Promise<void>,
): Promise<PreparedDocument[]> {
  const documents: PreparedDocument[] = [];
  for (const reader of readers) {
    for (let document = 0; document < reader.documentCount; document++) {
      if (reader.isRemoved(document)) continue;
      const prepared = prepareDocument(await readDocument(reader, document), utf8);
      documents.push({ ...prepared, hash: reader.documentHash(document) });
      await pace();
    }
  }
  return documents;
}

async function readDocument(reader: SegmentReader, document: number): Promise<Document> {
  return {
    url: reader.url(document),
    title: reader.title(document),
    lang: reader.lang(document),
    ...(reader.attributesJson(document) === "" ? {} : { attributes: reader.attributes(document) }),
    sections: await reader.readSections(document),
  };
}
