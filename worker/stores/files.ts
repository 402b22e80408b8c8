import { access, mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { BlockStore, Commit } from "../ports.ts";
import { checkBlockNames, checkCommit, generationOf } from "./checks.ts";
import { listIfThere, readIfThere, removeFile, syncFolderOf, TEMPORARY, writeDurably } from "./durable-files.ts";
import { fileError } from "./file-errors.ts";
import { isBlockFile, recover, writeJournal } from "./file-journal.ts";
import { withFileLock } from "./file-lock.ts";
import { FileWatch } from "./file-watch.ts";

const LOCK_TIMEOUT_MS = 10_000;

/** Settings of the driver for files. */
export interface FileStoreOptions {
  /** How long a commit waits for another process that is committing. Default 10,000. */
  readonly lockTimeoutMs?: number;
}

class FileStore implements BlockStore {
  readonly driver = "files";
  readonly persistent = true;
  readonly #folder: string;
  readonly #lockTimeoutMs: number;
  readonly #watch: FileWatch;

  constructor(folder: string, lockTimeoutMs: number) {
    this.#folder = folder;
    this.#lockTimeoutMs = lockTimeoutMs;
    this.#watch = new FileWatch(this.#manifestPath);
  }

  async readManifest(): Promise<unknown> {
    return this.#attempt("read the manifest", () => readManifestFile(this.#manifestPath));
  }

  async readBlocks(names: readonly string[]): Promise<(Uint8Array | undefined)[]> {
    checkBlockNames(names);
    return this.#attempt("read blocks", async () => {
      const blocks: (Uint8Array | undefined)[] = [];
      // Why one by one: thousands of names at once would run out of open files.
      for (const name of names) blocks.push(await readIfThere(this.#blockPath(name)));
      return blocks;
    });
  }

  async commit(change: Commit): Promise<boolean> {
    checkCommit(change);
    return this.#locked("store blocks", async (generation) => {
      if (generation !== change.expectedGeneration) return false;
      await this.#write(change);
      this.#watch.accept();
      return true;
    });
  }

  async clear(): Promise<void> {
    await this.#locked("remove the blocks", async () => {
      const files = (await listIfThere(this.#blocksFolder)).filter(isBlockFile);
      await writeJournal(this.#journalPath, { generation: 0, put: [], remove: files });
      await removeFile(this.#manifestPath);
      await recover(this.#journalPath, this.#blocksFolder, 0);
      this.#watch.accept();
    });
  }

  onChange(listener: () => void): () => void {
    return this.#watch.listen(listener);
  }

  async close(): Promise<void> {
    this.#watch.pause();
  }

  get #manifestPath(): string {
    return join(this.#folder, "manifest.json");
  }

  get #blocksFolder(): string {
    return join(this.#folder, "blocks");
  }

  get #journalPath(): string {
    return join(this.#folder, "journal.json");
  }

  #blockPath(name: string): string {
    return join(this.#blocksFolder, blockFile(name));
  }

  /** Journal, blocks, manifest, removals: whatever moment it breaks off at, `recover` knows what to do. */
  async #write(change: Commit): Promise<void> {
    await this.#journal(change);
    try {
      for (const [name, bytes] of change.put) await writeDurably(this.#blockPath(name), bytes);
      if (change.put.size > 0) await syncFolderOf(this.#blockPath("any"));
      await writeDurably(this.#manifestPath, JSON.stringify(change.manifest));
    } catch (error) {
      await this.#tidy(change.expectedGeneration);
      throw error;
    }
    await syncFolderOf(this.#manifestPath).catch(() => {});
    await this.#tidy(change.manifest.generation);
  }

  async #journal(change: Commit): Promise<void> {
    const put: string[] = [];
    for (const name of change.put.keys()) if (!(await exists(this.#blockPath(name)))) put.push(blockFile(name));
    const remove = change.remove.map(blockFile);
    await writeJournal(this.#journalPath, { generation: change.manifest.generation, put, remove });
  }

  // Why errors are left: the commit is decided by now, and the next one tidies up before it begins.
  async #tidy(generation: number): Promise<void> {
    await removeFile(this.#manifestPath + TEMPORARY).catch(() => {});
    await recover(this.#journalPath, this.#blocksFolder, generation).catch(() => {});
  }

  /** Runs a step alone, on a folder without leftovers, with the generation that is stored. */
  async #locked<Result>(action: string, step: (generation: number) => Promise<Result>): Promise<Result> {
    return this.#attempt(action, () =>
      withFileLock(join(this.#folder, "lock"), this.#lockTimeoutMs, async () => {
        await mkdir(this.#blocksFolder, { recursive: true });
        const generation = generationOf(await readManifestFile(this.#manifestPath));
        await recover(this.#journalPath, this.#blocksFolder, generation);
        return step(generation);
      }),
    );
  }

  async #attempt<Result>(action: string, step: () => Promise<Result>): Promise<Result> {
    this.#watch.resume();
    try {
      return await step();
    } catch (error) {
      throw fileError(this.#folder, action, error);
    }
  }
}

/** The manifest as parsed JSON; text that is no JSON comes as it is, to be refused by whoever checks manifests. */
async function readManifestFile(path: string): Promise<unknown> {
  const bytes = await readIfThere(path);
  if (!bytes) return undefined;
  const text = new TextDecoder().decode(bytes);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

// Why "~": it stands in no block name, so two names never meet in one file.
function blockFile(name: string): string {
  return `${name.replaceAll("/", "~")}.bin`;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/**
 * A store in a folder: `manifest.json` and `blocks/*.bin`. The folder is made with the first commit.
 * Commits of several processes wait for each other; a commit that was killed is undone by the next.
 */
export async function openFileStore(folder: string, options: FileStoreOptions = {}): Promise<BlockStore> {
  return new FileStore(resolve(folder), options.lockTimeoutMs ?? LOCK_TIMEOUT_MS);
}
