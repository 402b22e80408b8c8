import { readFileSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { blocksOf, emptyManifest } from "../../src/core/segment/check-manifest.ts";
import type { BlockReference, Manifest } from "../../src/core/segment/manifest.ts";
import { StorageError } from "../../src/errors.ts";
import type { BlockStore, Commit } from "../../worker/ports.ts";
import { checkCommit, generationOf } from "../../worker/stores/checks.ts";
import { fileError } from "../../worker/stores/file-errors.ts";

/**
 * A store whose commits stay aside until `publish` makes all of them visible in one. So whoever serves the index meanwhile
 * serves the old one whole, and a build that breaks off, for want of space or by a signal, leaves it as it was.
 */
export interface StagedStore extends BlockStore {
  /**
   * Commits to the store below, in one step.
   *
   * @returns the generation that is stored now.
   * @throws {StorageError} `storage/conflict` if another build was faster.
   */
  publish(): Promise<number>;
  /** Removes what is staged. */
  discard(): Promise<void>;
}

/** Makes a store on top of another one. @param folder - for staged blocks; made when needed, removed by `discard`. */
export async function createStagedStore(base: BlockStore, folder: string): Promise<StagedStore> {
  return new FileStagedStore(base, folder, await base.readManifest());
}

class FileStagedStore implements StagedStore {
  readonly driver = "files";
  readonly persistent = true;
  readonly #base: BlockStore;
  readonly #folder: string;
  readonly #before: unknown;
  /** What has been committed here; `undefined` before. */
  #manifest: Manifest | undefined;
  #isCleared = false;
  /** Block name -> file. */
  readonly #files = new Map<string, string>();
  #count = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(base: BlockStore, folder: string, before: unknown) {
    this.#base = base;
    this.#folder = folder;
    this.#before = before;
  }

  async readManifest(): Promise<unknown> {
    return this.#manifest ?? (this.#isCleared ? undefined : this.#before);
  }

  async readBlocks(names: readonly string[]): Promise<(Uint8Array | undefined)[]> {
    const blocks: (Uint8Array | undefined)[] = [];
    for (const name of names) {
      const file = this.#files.get(name);
      if (file !== undefined) blocks.push(new Uint8Array(await readFile(file)));
      else if (this.#isCleared) blocks.push(undefined);
      else blocks.push(...(await this.#base.readBlocks([name])));
    }
    return blocks;
  }

  commit(change: Commit): Promise<boolean> {
    // Why one after the other: between looking at the generation and setting it there is writing to wait for.
    const result = this.#last.then(() => this.#commit(change));
    this.#last = result.catch(() => {});
    return result;
  }

  async #commit(change: Commit): Promise<boolean> {
    checkCommit(change);
    if (generationOf(await this.readManifest()) !== change.expectedGeneration) return false;
    for (const [name, bytes] of change.put) await this.#stage(name, bytes);
    for (const name of change.remove) await this.#unstage(name);
    this.#manifest = change.manifest;
    return true;
  }

  async #stage(name: string, bytes: Uint8Array): Promise<void> {
    const file = join(this.#folder, `${this.#count++}.bin`);
    try {
      await mkdir(this.#folder, { recursive: true });
      await writeFile(file, bytes);
    } catch (error) {
      throw fileError(this.#folder, "store blocks", error);
    }
    await this.#unstage(name);
    this.#files.set(name, file);
  }

  async #unstage(name: string): Promise<void> {
    const file = this.#files.get(name);
    this.#files.delete(name);
    if (file !== undefined) await rm(file, { force: true });
  }

  async clear(): Promise<void> {
    await this.discard();
    this.#isCleared = true;
    this.#manifest = undefined;
  }

  onChange(): () => void {
    return () => {};
  }

  async close(): Promise<void> {
    // The staged blocks are still to be published.
  }

  async publish(): Promise<number> {
    await this.#last;
    const found = generationOf(this.#before);
    // Why an empty one: a site whose pages were all left out has an index, too.
    if (this.#before === undefined) this.#manifest ??= emptyManifest;
    if (this.#manifest === undefined) return found;
    const isUsable = !this.#isCleared && !Number.isNaN(found);
    if (!isUsable) await this.#base.clear();
    const expectedGeneration = isUsable ? found : 0;
    const old = isUsable ? blocksByName(this.#before as Manifest | undefined) : new Map<string, BlockReference>();
    const { manifest, names } = chooseNames(this.#manifest, this.#files, old);
    const live = blocksByName(manifest);
    const isDone = await this.#base.commit({
      expectedGeneration,
      manifest: { ...manifest, generation: expectedGeneration + 1 },
      put: new StagedBlocks(new Map([...names].map(([name, staged]) => [name, this.#files.get(staged)!]))),
      remove: [...old.keys()].filter((name) => !live.has(name)),
    });
    if (isDone) return expectedGeneration + 1;
    throw new StorageError(
      "storage/conflict",
      `Another process changed the index in ${this.#folder}/.. while this build was running; its index was kept. Run the build again.`,
    );
  }

  async discard(): Promise<void> {
    this.#files.clear();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function blocksByName(manifest: Manifest | undefined): Map<string, BlockReference> {
  return new Map((manifest?.segments ?? []).flatMap(blocksOf).map((block) => [block.name, block]));
}

/**
 * Gives staged blocks the names they are published under: with the block's checksum in place of the generation it was made in. How
 * many commits a build took, and in which order, is not to be seen in its result. A block that the index below has already
 * is not written again; one that only has the name of another gets a number.
 *
 * @returns the manifest with these names, and published name -> staged name of the blocks to be written.
 */
function chooseNames(
  manifest: Manifest,
  staged: ReadonlyMap<string, string>,
  old: ReadonlyMap<string, BlockReference>,
): { manifest: Manifest; names: Map<string, string> } {
  const renamed = new Map<string, string>();
  const names = new Map<string, string>();
  for (const block of manifest.segments.flatMap(blocksOf)) {
    if (!staged.has(block.name)) continue;
    const kind = /^.*\/(?:text-\d+|[a-z]+)/.exec(block.name)?.[0] ?? block.name;
    const wanted = `${kind}-${block.checksum.toString(16).padStart(8, "0")}`;
    const isTaken = (name: string): boolean =>
      names.has(name) || (old.has(name) && !isSameBlock(old.get(name)!, block));
    let free = wanted;
    for (let i = 1; isTaken(free); i++) free = `${wanted}.${i}`;
    if (!old.has(free)) names.set(free, block.name);
    renamed.set(block.name, free);
  }
  const text = JSON.stringify(manifest, (key, value: unknown) =>
    key === "name" && typeof value === "string" ? (renamed.get(value) ?? value) : value,
  );
  return { manifest: JSON.parse(text) as Manifest, names };
}

function isSameBlock(a: BlockReference, b: BlockReference): boolean {
  return a.bytes === b.bytes && a.checksum === b.checksum;
}

/** Blocks that are read from their files one by one as they are asked for: all of them together may not fit into memory. */
class StagedBlocks extends Map<string, Uint8Array> {
  readonly #files: ReadonlyMap<string, string>;

  constructor(files: ReadonlyMap<string, string>) {
    super();
    this.#files = files;
    for (const name of files.keys()) this.set(name, new Uint8Array());
  }

  override get(name: string): Uint8Array | undefined {
    const file = this.#files.get(name);
    return file === undefined ? undefined : new Uint8Array(readFileSync(file));
  }

  override *entries(): MapIterator<[string, Uint8Array]> {
    for (const name of this.#files.keys()) yield [name, this.get(name)!];
  }

  override [Symbol.iterator](): MapIterator<[string, Uint8Array]> {
    return this.entries();
  }
}
