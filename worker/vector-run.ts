import type { SegmentReference } from "../src/core/segment/manifest.ts";
import type { SegmentReader } from "../src/core/segment/reader.ts";
import { quantizeInt8 } from "../src/core/vector/quantize.ts";
import type { Progress } from "../src/types.ts";
import { type Change, type IndexState, putBlock } from "./index-state.ts";
import type { Models } from "./models.ts";
import type { Embedder } from "./ports.ts";
import { readPassages, type TitledPassage } from "./read-passages.ts";
import type { Snapshot } from "./snapshot.ts";
import { type VectorSets, withPartial, withVectors } from "./vector-sets.ts";
import { encodePart, encodeWhole, findKnownVectors, type KnownVector, modelKey } from "./vectors.ts";
import { createPacer } from "./yield.ts";

/** Passages whose texts are read at once; within them the model gets texts of about the same length together. */
const readBatch = 1024;
/** Vectors of the second model wait no longer than this to be stored, in ms: so much work is lost at most when a tab is closed. */
const maxUnstoredMs = 2000;
/** Stored vectors that may turn out damaged in one run; storage that loses more is not worth embedding for. */
const maxDamages = 16;

/** What a run works on. */
export interface VectorHost {
  readonly state: IndexState;
  readonly sets: VectorSets;
  readonly models: Models;
}

/** How the two models differ. */
export interface RunOptions {
  readonly phase: "embed" | "upgrade";
  /** Passages given to the model at once. */
  readonly embedBatch: number;
  /** Whether vectors are stored as they come, not only when a segment has all: what took long is not made twice. */
  readonly storesParts: boolean;
  /** Whether they answer from the moment on when no passage lacks one. */
  readonly takesOver: boolean;
}

type FindVector = (reader: SegmentReader, passage: number) => KnownVector | undefined;

/**
 * Gives every passage a vector of a model that lacks one, while other vectors answer. What is stored already is not made
 * again, so it goes on where an earlier run was stopped.
 *
 * Documents are added and removed, and segments merged, while it runs. That is why vectors are kept by passage hash until they
 * are stored, and find their passages then.
 */
export class VectorRun {
  /** Passages that went through the model. */
  embedded = 0;
  /** Estimated rest in ms, or null. */
  remainingMs: number | null = null;
  readonly #host: VectorHost;
  readonly #embedder: Embedder;
  readonly #key: string;
  readonly #options: RunOptions;
  readonly #onProgress: (progress: Progress) => void;
  readonly #signal: AbortSignal;
  readonly #pace: () => Promise<void>;
  /** Segments that got all their vectors: one that lacks them again is damaged, and would keep this going for ever. */
  readonly #finished: Set<string> = new Set();
  /** Made or found, and not stored yet, by passage hash. */
  readonly #vectors: Map<string, KnownVector> = new Map();
  #embedMs = 0;
  #storedAt = 0;

  constructor(
    host: VectorHost,
    embedder: Embedder,
    options: RunOptions,
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
  ) {
    this.#host = host;
    this.#embedder = embedder;
    this.#key = modelKey(embedder.fingerprint);
    this.#options = options;
    this.#onProgress = onProgress;
    this.#signal = signal;
    this.#pace = createPacer(signal);
  }

  /**
   * Resolves when every passage has a vector of the model.
   *
   * @throws {ModelError} when the model fails, {StorageError} or {IndexFormatError} when storage does; what was stored stays.
   */
  async run(): Promise<void> {
    const { damages } = this.#host.sets;
    const damagesBefore = damages.size;
    this.#storedAt = performance.now();
    do {
      for (;;) {
        this.#signal.throwIfAborted();
        if (damages.size > damagesBefore + maxDamages) throw [...damages.values()].at(-1)!;
        const snapshot = await this.#host.state.refresh();
        const reader = snapshot.readers.find((candidate) => this.#lacksVectors(candidate));
        if (reader === undefined) break;
        await this.#fill(snapshot, reader);
      }
    } while (this.#options.takesOver && !(await this.#takeOver()));
  }

  #lacksVectors(reader: SegmentReader): boolean {
    return this.#host.sets.find(reader, this.#key) === null && !this.#finished.has(reader.reference.id);
  }

  /** Vectors for some passages of a segment; when it lacks none any more, they are stored. */
  async #fill(snapshot: Snapshot, reader: SegmentReader): Promise<void> {
    const passages = await this.#readBatch(snapshot, reader);
    if (passages === null) return;
    const { embedBatch } = this.#options;
    for (let start = 0; start < passages.length;) {
      const end = this.#embedder.isContextual
        ? endOfDocuments(passages, start, embedBatch)
        : Math.min(passages.length, start + embedBatch);
      await this.#embed(passages.slice(start, end));
      start = end;
      this.#report();
      await this.#pace();
      const isDue = this.#options.storesParts && performance.now() - this.#storedAt > maxUnstoredMs;
      if (isDue) await this.#store();
    }
    if (passages.length > 0) return;
    await this.#store();
    this.#report();
  }

  /** Passages to embed next, or null where vectors of some were found, or damaged text was. None: the segment lacks none. */
  async #readBatch(snapshot: Snapshot, reader: SegmentReader): Promise<readonly TitledPassage[] | null> {
    const made = await this.#madeOrdinals(reader);
    const ordinals = new Map<string, number>();
    for (const ordinal of livePassages(reader)) {
      if (ordinals.size === readBatch) break;
      const hash = made.has(ordinal) ? null : reader.passageHash(ordinal);
      if (hash !== null && !this.#vectors.has(hash)) ordinals.set(hash, ordinal);
    }
    const wanted = [...ordinals.keys()].map((hash) => ({ hash }));
    const known = await findKnownVectors(this.#host.sets, snapshot.readers, this.#key, wanted);
    for (const [hash, vector] of known) if (ordinals.delete(hash)) this.#vectors.set(hash, vector);
    if (ordinals.size === 0 && wanted.length > 0) return null;
    const { isContextual = false } = this.#embedder;
    const chosen = isContextual ? wholeDocuments(reader, [...ordinals.values()]) : [...ordinals.values()];
    try {
      const passages = await readPassages(reader, chosen, this.#pace);
      return isContextual ? passages : passages.toSorted((a, b) => a.text.length - b.text.length);
    } catch (error) {
      await this.#host.state.recover(snapshot, error);
      return null;
    }
  }

  async #embed(passages: readonly TitledPassage[]): Promise<void> {
    const begun = performance.now();
    const texts = passages.map(({ text }) => text);
    const titles = passages.map(({ title }) => title);
    const documents = passages.map(({ document }) => document);
    const vectors = await this.#embedder.embed(texts, titles, documents).catch(async (error: unknown) => {
      // Why: what is made is not lost with the model.
      await this.#store();
      throw error;
    });
    this.#signal.throwIfAborted();
    const rows = quantizeInt8(vectors, this.#embedder.fingerprint.dim);
    passages.forEach(({ hash }, row) => this.#vectors.set(hash, { rows, row }));
    this.embedded += passages.length;
    this.#embedMs += performance.now() - begun;
  }

  #report(): void {
    const counts = countVectors(this.#host.sets, this.#host.state.snapshot.readers, (model) => model === this.#key);
    const rest = Math.max(0, counts.total - counts.done - this.#vectors.size);
    this.remainingMs = Math.round((this.#embedMs / Math.max(1, this.embedded)) * rest);
    const { phase } = this.#options;
    this.#onProgress({ phase, done: counts.total - rest, total: counts.total, remainingMs: this.remainingMs });
  }

  async #madeOrdinals(reader: SegmentReader): Promise<Map<number, KnownVector>> {
    const made = new Map<number, KnownVector>();
    for (const part of await this.#host.sets.readParts(reader, this.#key))
      part.ordinals.forEach((ordinal, row) => made.set(ordinal, { rows: part, row }));
    return made;
  }

  /** Puts vectors where their passages are by now; without any, segments that lack none any more are still finished. */
  async #store(): Promise<void> {
    const { state, sets } = this.#host;
    const lows = new Set([...this.#vectors.keys()].map((hash) => parseInt(hash.slice(8), 16)));
    const find: FindVector = (reader, passage) =>
      lows.has(reader.passageHashLow(passage)) ? this.#vectors.get(reader.passageHash(passage)) : undefined;
    let finished: string[] = [];
    await state.commit(async (snapshot) => {
      finished = [];
      return this.#prepareStore(snapshot, find, finished);
    });
    for (const id of finished) this.#finished.add(id);
    sets.keepParts(state.snapshot.manifest.segments);
    this.#vectors.clear();
    this.#storedAt = performance.now();
  }

  async #prepareStore(snapshot: Snapshot, find: FindVector, finished: string[]): Promise<Change | null> {
    this.#signal.throwIfAborted();
    const put = new Map<string, Uint8Array>();
    const segments: SegmentReference[] = [];
    for (const reader of snapshot.readers) {
      const next = this.#lacksVectors(reader) ? await this.#extend(snapshot, reader, find, put) : reader.reference;
      if (next !== reader.reference && next.partialVectors?.model !== this.#key) finished.push(next.id);
      segments.push(next);
    }
    return changeTo(snapshot, segments, put);
  }

  async #extend(
    snapshot: Snapshot,
    reader: SegmentReader,
    find: FindVector,
    put: Map<string, Uint8Array>,
  ): Promise<SegmentReference> {
    const { sets, models } = this.#host;
    const { reference } = reader;
    const { dim } = this.#embedder.fingerprint;
    const made = await this.#madeOrdinals(reader);
    const added = new Map<number, KnownVector>();
    const missing = livePassages(reader).filter((passage) => {
      if (made.has(passage)) return false;
      const vector = find(reader, passage);
      if (vector !== undefined) added.set(passage, vector);
      return vector === undefined;
    });
    const generation = snapshot.manifest.generation + 1;
    if (missing.length === 0) {
      const bytes = encodeWhole(new Map([...made, ...added]), reader.passageCount, dim);
      const block = putBlock(put, `${reference.id}/vectors-${generation}`, bytes);
      return withVectors(reference, { model: this.#key, block }, models.place(this.#key, snapshot.readers));
    }
    if (added.size === 0 || !this.#options.storesParts) return reference;
    const block = putBlock(put, `${reference.id}/part-${generation}`, encodePart(added, dim));
    const before = reference.partialVectors?.model === this.#key ? reference.partialVectors.blocks : [];
    const blocks = [...before.filter(({ name }) => !sets.damages.has(name)), block];
    return withPartial(reference, { model: this.#key, passages: made.size + added.size, blocks });
  }

  /** @returns false if documents that lack vectors came in meanwhile. */
  async #takeOver(): Promise<boolean> {
    const { state, sets, models } = this.#host;
    let isComplete = true;
    await state.commit(async (snapshot) => {
      this.#signal.throwIfAborted();
      isComplete = !snapshot.readers.some((reader) => this.#lacksVectors(reader));
      return isComplete ? letAnswer(snapshot, this.#key, sets, models) : null;
    });
    if (isComplete) sets.release();
    return isComplete;
  }
}

/** The change that lets a model's vectors answer wherever a segment has them, or null where they do already. */
export function letAnswer(snapshot: Snapshot, key: string, sets: VectorSets, models: Models): Change | null {
  const place = { ...models.place(key, snapshot.readers), isAnswering: true };
  const segments = snapshot.readers.map((reader) => {
    const set = sets.find(reader, key);
    if (set === null || set === reader.reference.vectors) return reader.reference;
    return withVectors(reader.reference, set, place);
  });
  return changeTo(snapshot, segments);
}

/** A change of entries of segments, or null where all are as they were. */
function changeTo(
  { readers }: Snapshot,
  segments: readonly SegmentReference[],
  put: ReadonlyMap<string, Uint8Array> = new Map(),
): Change | null {
  return segments.every((segment, i) => segment === readers[i]!.reference) ? null : { segments, put };
}

/** How many live passages have a vector of a model, and how many there are. */
export function countVectors(
  sets: VectorSets,
  readers: readonly SegmentReader[],
  isOfModel: (model: string) => boolean,
): { done: number; total: number } {
  let [done, total] = [0, 0];
  for (const reader of readers) {
    const live = reader.livePassageCount;
    const partial = reader.reference.partialVectors;
    total += live;
    if (sets.whole(reader).some(({ model }) => isOfModel(model))) done += live;
    else if (partial !== undefined && isOfModel(partial.model)) done += Math.min(live, partial.passages);
  }
  return { done, total };
}

/**
 * All passages of the documents that some passages are from, in their order. Why also those with a vector: what a run gives
 * that was stopped half-way must not be another than what one gives that was not.
 */
function wholeDocuments(reader: SegmentReader, ordinals: readonly number[]): number[] {
  const documents = new Set(ordinals.map((ordinal) => reader.passageDocuments[ordinal]!));
  return [...documents].flatMap((document) => {
    const [start, end] = reader.passageRange(document);
    return Array.from({ length: end - start }, (_, i) => start + i);
  });
}

/** Longest run of passages of one document that is given to a model at once. */
const maxTogether = 256;

/** Where a batch of about `count` passages ends that cuts no document, but one that is very long. */
function endOfDocuments(passages: readonly TitledPassage[], start: number, count: number): number {
  let end = start;
  while (end < passages.length) {
    let next = end;
    while (passages[next]?.document === passages[end]!.document && next - end < maxTogether) next++;
    if (end > start && next - start > count) break;
    end = next;
  }
  return end;
}

function livePassages(reader: SegmentReader): number[] {
  const live: number[] = [];
  for (let passage = 0; passage < reader.passageCount; passage++)
    if (!reader.isRemoved(reader.passageDocuments[passage]!)) live.push(passage);
  return live;
}
