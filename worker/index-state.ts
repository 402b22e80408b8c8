import { IndexFormatError, StorageError } from "../src/errors.ts";
import { blocksOf, checkManifest, emptyManifest } from "../src/core/segment/check-manifest.ts";
import { checksum } from "../src/core/segment/checksum.ts";
import type { BlockReference, Manifest, SegmentReference } from "../src/core/segment/manifest.ts";
import type { BlockStore } from "./ports.ts";
import { BlockReader, leaveOutSegment, openSnapshot, type Snapshot } from "./snapshot.ts";

/** A change of the index, prepared against one snapshot. */
export interface Change {
  /** The segments afterwards. */
  readonly segments: readonly SegmentReference[];
  /** New blocks by name. */
  readonly put: ReadonlyMap<string, Uint8Array>;
}

/** Attempts to commit against other tabs before giving up; each loses only to a tab that made progress. */
const maxAttempts = 20;

/** The live snapshot and the only way to change it. */
export class IndexState {
  readonly store: BlockStore;
  readonly blocks: BlockReader;
  #current: Snapshot = { manifest: emptyManifest, readers: [], damages: [] };
  /** Why the stored manifest is not used, if so; the next commit replaces it. */
  #unusable: IndexFormatError | null = null;
  #isStale = false;
  readonly #unsubscribe: () => void;

  private constructor(store: BlockStore) {
    this.store = store;
    this.blocks = new BlockReader(store);
    this.#unsubscribe = store.onChange(() => (this.#isStale = true));
  }

  /** @throws {IndexFormatError} `index/newer-format`: a newer version's index is never touched. */
  static async open(store: BlockStore): Promise<IndexState> {
    const state = new IndexState(store);
    await state.reload();
    return state;
  }

  get snapshot(): Snapshot {
    return this.#current;
  }

  get manifestError(): IndexFormatError | null {
    return this.#unusable;
  }

  /** The snapshot, read anew if another tab has changed the index since. */
  async refresh(): Promise<Snapshot> {
    if (this.#isStale) await this.reload();
    return this.#current;
  }

  /** Reads the manifest and opens what is new in it. */
  async reload(): Promise<void> {
    for (;;) {
      this.#isStale = false;
      const before = this.#current;
      const next = await this.#openStored(before);
      // Why again: a commit that ended meanwhile is newer than what was read, and must not be undone.
      if (this.#current !== before) continue;
      this.#current = next;
      return;
    }
  }

  async #openStored(previous: Snapshot): Promise<Snapshot> {
    try {
      return await openSnapshot(this.#readManifest(await this.store.readManifest()), this.blocks, previous);
    } catch (error) {
      this.#isStale = true;
      throw error;
    }
  }

  /**
   * Makes another attempt possible after reading from a snapshot failed: another tab may have removed a block meanwhile, so the
   * manifest is read anew; if the index is still the same, the block is damaged and its segment is left out from now on.
   *
   * @throws `error` itself where it is not about a block.
   */
  async recover(snapshot: Snapshot, error: unknown): Promise<void> {
    if (!(error instanceof IndexFormatError) || error.details["block"] === undefined) throw error;
    if (this.#current === snapshot) await this.reload();
    if (this.#current.manifest.generation === snapshot.manifest.generation)
      this.#current = leaveOutSegment(this.#current, error);
  }

  #readManifest(stored: unknown): Manifest {
    try {
      const manifest = checkManifest(stored);
      this.#unusable = null;
      return manifest;
    } catch (error) {
      if (!(error instanceof IndexFormatError) || error.code === "index/newer-format") throw error;
      this.#unusable = error;
      return emptyManifest;
    }
  }

  /**
   * Commits a change by compare-and-swap. `prepare` is called again with a fresh snapshot if another tab was first.
   *
   * @param prepare - gives the change, or null if there is nothing to do.
   * @returns false if there was nothing to do.
   */
  async commit(prepare: (snapshot: Snapshot) => Promise<Change | null>): Promise<boolean> {
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const before = await this.refresh();
      const change = await prepare(before);
      if (change === null) return false;
      if (await this.#trySwap(before, change)) return true;
      await this.reload();
    }
    throw new StorageError(
      "storage/conflict",
      `The index was changed by another tab ${maxAttempts} times in a row while this one tried to. Try again; what was there is unchanged.`,
      { attempts: maxAttempts },
    );
  }

  async #trySwap(before: Snapshot, change: Change): Promise<boolean> {
    const manifest: Manifest = {
      ...emptyManifest,
      generation: before.manifest.generation + 1,
      segments: change.segments,
    };
    if (this.#unusable !== null) await this.store.clear();
    const expectedGeneration = before.manifest.generation;
    const isSwapped = await this.store.commit({
      expectedGeneration,
      manifest,
      put: change.put,
      remove: removedBlocks(before, manifest),
    });
    if (!isSwapped) return false;
    this.#unusable = null;
    await this.#openCommitted(manifest, before, change);
    return true;
  }

  async #openCommitted(manifest: Manifest, before: Snapshot, { put }: Change): Promise<void> {
    try {
      const next = await this.blocks.withFresh(put, () => openSnapshot(manifest, this.blocks, before));
      // Why: vectors are stored while documents are; whoever opens the older commit last must not undo the newer one.
      if (next.manifest.generation > this.#current.manifest.generation) this.#current = next;
    } catch (error) {
      this.#isStale = true;
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    await this.store.close();
  }
}

function removedBlocks(before: Snapshot, after: Manifest): string[] {
  const kept = new Set(after.segments.flatMap(blocksOf).map((block) => block.name));
  return before.manifest.segments
    .flatMap(blocksOf)
    .map((block) => block.name)
    .filter((name) => !kept.has(name));
}

/** Names a new block and enters it into a change. */
export function putBlock(put: Map<string, Uint8Array>, name: string, bytes: Uint8Array): BlockReference {
  put.set(name, bytes);
  return { name, bytes: bytes.length, checksum: checksum(bytes) };
}
