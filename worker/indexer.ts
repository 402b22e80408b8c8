import { embeddingText, prepareDocument, type PreparedDocument } from "../src/core/segment/prepare.ts";
import { encodeBlock } from "../src/core/segment/codec.ts";
import type { SegmentReference } from "../src/core/segment/manifest.ts";
import type { SegmentReader } from "../src/core/segment/reader.ts";
import { SegmentWriter, type WrittenSegment } from "../src/core/segment/writer.ts";
import type { AddResult, AddWarning, CallOptions, Document, RemoveResult } from "../src/types.ts";
import { type Change, type IndexState, putBlock } from "./index-state.ts";
import type { Embedder } from "./ports.ts";
import type { Snapshot } from "./snapshot.ts";
import { utf8 } from "./utf8.ts";
import {
  type BuiltVectors,
  buildVectors,
  findKnownVectors,
  hasVectors,
  modelKey,
  type PendingPassage,
} from "./vectors.ts";
import { createPacer } from "./yield.ts";

/** Passages of the first segment of a call; each later one is twice as large: the first answers come soon, segments stay few. */
const firstBatchPassages = 256;
const lastBatchPassages = 4096;

/** Above this many segments the smallest ones are merged into one. */
const maxSegments = 8;

/** Gives the embedder if the model is ready at this moment. */
export type GetEmbedder = () => Embedder | null;

/** Counts of one `add` call so far. */
interface AddCounts {
  added: number;
  replaced: number;
  unchanged: number;
  passages: number;
  readonly warnings: AddWarning[];
}

/** Writes documents into segments, and takes them out. Calls must not overlap: the engine queues them. */
export class Indexer {
  /** Passages that went through the model since this indexer was made. */
  embedded = 0;
  private readonly state: IndexState;
  private readonly getEmbedder: GetEmbedder;

  constructor(state: IndexState, getEmbedder: GetEmbedder) {
    this.state = state;
    this.getEmbedder = getEmbedder;
  }

  /**
   * Adds checked documents, in several commits. Cancelling keeps what is committed.
   * Passages get vectors at once if the model is ready; else `embedMissing` gives them theirs.
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
    await this.state.reload();
    const live = locateDocuments(this.state.snapshot.readers);
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
      await this.writeBatch(batch, counts, pace, (share) =>
        options.onProgress?.({
          phase: "index",
          done: i + 1 - Math.round(batch.length * (1 - share)),
          total: documents.length,
        }),
      );
      batch = [];
      batchPassages = 0;
      limit = Math.min(limit * 2, lastBatchPassages);
    }
    await this.mergeSmallSegments(pace);
    return counts;
  }

  private async writeBatch(
    documents: readonly PreparedDocument[],
    counts: AddCounts,
    pace: () => Promise<void>,
    onShare: (share: number) => void,
  ): Promise<void> {
    if (documents.length === 0) return onShare(1);
    const { written, passages } = await writeSegment(documents, pace);
    const embedder = this.getEmbedder();
    let done = 0;
    const vectors =
      embedder &&
      (await this.buildVectors(passages, embedder, pace, (count) =>
        onShare((done += count) / Math.max(1, passages.length)),
      ));
    let replaced = 0;
    await this.state.commit(async (snapshot) => {
      const change = removeDocuments(snapshot, new Set(documents.map((document) => document.url)));
      replaced = change.removed;
      const put = new Map(change.put);
      return { segments: [...change.segments, placeSegment(snapshot, written, vectors, put)], put };
    });
    counts.replaced += replaced;
    counts.added += documents.length - replaced;
    counts.passages += written.passages;
    onShare(1);
  }

  private async buildVectors(
    passages: readonly PendingPassage[],
    embedder: Embedder,
    pace: () => Promise<void>,
    onEmbedded: (count: number) => void,
  ): Promise<BuiltVectors> {
    const known = findKnownVectors(this.state.snapshot.readers, modelKey(embedder.fingerprint), passages);
    const vectors = await buildVectors(passages, embedder, known, pace, onEmbedded);
    this.embedded += vectors.embedded;
    return vectors;
  }

  /** Removes documents by url. Urls that are not there are no error. */
  async remove(urls: readonly string[]): Promise<RemoveResult> {
    let removed = 0;
    await this.state.commit(async (snapshot) => {
      const change = removeDocuments(snapshot, new Set(urls));
      removed = change.removed;
      return removed === 0 ? null : change;
    });
    return { removed };
  }

  /** Removes everything; the generation goes on, so that other tabs notice. */
  async clear(): Promise<void> {
    await this.state.commit(async () => ({ segments: [], put: new Map() }));
  }

  /**
   * Gives vectors to every segment that has none of this model: those added while it was loading, or written by another one.
   */
  async embedMissing(embedder: Embedder, options: CallOptions = {}): Promise<void> {
    const pace = createPacer(options.signal);
    const key = modelKey(embedder.fingerprint);
    const tried = new Set<string>();
    for (;;) {
      const snapshot = await this.state.refresh();
      // Why only once each: storage that gives back damaged bytes would keep this going for ever.
      const reader = snapshot.readers.find(
        (candidate) => !hasVectors(candidate, key) && !tried.has(candidate.reference.id),
      );
      if (reader === undefined) return;
      const passages = await this.readOrLeaveOut(snapshot, () => readPassages(reader, pace));
      if (passages === null) continue;
      tried.add(reader.reference.id);
      const total = passages.length;
      let done = 0;
      const vectors = await this.buildVectors(passages, embedder, pace, (count) =>
        options.onProgress?.({ phase: "embed", done: (done += count), total }),
      );
      await this.state.commit(async (snapshot) => attachVectors(snapshot, reader, vectors));
    }
  }

  /** What is read of stored text, or null where it is damaged: its segment is left out then. */
  private async readOrLeaveOut<T>(snapshot: Snapshot, read: () => Promise<T>): Promise<T | null> {
    try {
      return await read();
    } catch (error) {
      await this.state.recover(snapshot, error);
      return null;
    }
  }

  /** Keeps segments few: copies the live documents of the smallest ones into one, with their vectors. */
  private async mergeSmallSegments(pace: () => Promise<void>): Promise<void> {
    const snapshot = this.state.snapshot;
    const { readers } = snapshot;
    if (readers.length <= maxSegments) return;
    const smallest = readers
      .toSorted((a, b) => a.passageCount - b.passageCount)
      .slice(0, readers.length - maxSegments / 2);
    const embedder = this.getEmbedder();
    // Why wait: without the model, the vectors of what is merged would be lost and made again later.
    if (embedder === null && smallest.some((reader) => reader.vectors !== null)) return;
    const documents = await this.readOrLeaveOut(snapshot, () => readDocuments(smallest, pace));
    if (documents === null) return;
    const { written, passages } = await writeSegment(documents, pace);
    const vectors = embedder && (await this.buildVectors(passages, embedder, pace, () => {}));
    await this.state.commit(async (snapshot) => {
      const merged = new Set(smallest);
      // Why: another tab may have changed one of the segments since; merging can wait, losing its change could not be undone.
      if (!smallest.every((reader) => snapshot.readers.includes(reader))) return null;
      const kept = snapshot.readers.filter((reader) => !merged.has(reader)).map((reader) => reader.reference);
      const put = new Map<string, Uint8Array>();
      return { segments: [...kept, placeSegment(snapshot, written, vectors, put)], put };
    });
  }
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
function placeSegment(
  snapshot: Snapshot,
  written: WrittenSegment,
  vectors: BuiltVectors | null,
  put: Map<string, Uint8Array>,
): SegmentReference {
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
    vectors: vectors && { model: vectors.model, block: putBlock(put, `${name}/vectors`, vectors.block) },
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

async function attachVectors(
  snapshot: Snapshot,
  reader: SegmentReader,
  { model, block }: BuiltVectors,
): Promise<Change | null> {
  const current = snapshot.readers.find((candidate) => candidate.reference.id === reader.reference.id);
  if (current === undefined || hasVectors(current, model)) return null;
  const put = new Map<string, Uint8Array>();
  const name = `${reader.reference.id}/vectors-${snapshot.manifest.generation + 1}`;
  const vectors = { model, block: putBlock(put, name, block) };
  const segments = snapshot.readers.map(({ reference }) =>
    reference.id === reader.reference.id ? { ...reference, vectors } : reference,
  );
  return { segments, put };
}

/** Hashes and texts of a stored segment's passages, as they were when it was written. */
async function readPassages(reader: SegmentReader, pace: () => Promise<void>): Promise<PendingPassage[]> {
  const passages: PendingPassage[] = [];
  for (let document = 0; document < reader.documentCount; document++) {
    const title = reader.title(document);
    const places = reader.places(document);
    const [start, end] = reader.passageRange(document);
    for (let passage = start; passage < end; passage++) {
      const text = embeddingText(title, places[reader.sectionOf(passage)]!.path, await reader.passageText(passage));
      passages.push({ hash: reader.passageHash(passage), text });
      await pace();
    }
  }
  return passages;
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
