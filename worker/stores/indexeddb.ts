import type { BlockStore, Commit } from "../ports.ts";
import { type ChangeChannel, createChangeChannel } from "./change-channel.ts";
import { checkBlockNames, checkCommit, generationOf } from "./checks.ts";
import { Connection, type Database } from "./indexeddb-connection.ts";
import { callError, errorName } from "./indexeddb-errors.ts";
import { runAlone } from "./run-alone.ts";

const OPEN_TIMEOUT_MS = 4000;
const MANIFEST_KEY = "manifest";

/** Settings of the IndexedDB driver. */
export interface IndexedDbOptions {
  /** How long opening may take before storage counts as unavailable. Default 4000. */
  readonly openTimeoutMs?: number;
}

class IndexedDbStore implements BlockStore {
  readonly driver = "indexeddb";
  readonly persistent = true;
  readonly #connection: Connection;
  readonly #changes: ChangeChannel;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#changes = createChangeChannel(connection.name);
  }

  async isPersisted(): Promise<boolean | null> {
    // Why the doubt: pages without https have no such thing.
    const storage = navigator.storage as StorageManager | undefined;
    return (await storage?.persisted()) ?? null;
  }

  async readManifest(): Promise<unknown> {
    return this.#call("read the manifest", (database) => database.get("manifest", MANIFEST_KEY));
  }

  async readBlocks(names: readonly string[]): Promise<(Uint8Array | undefined)[]> {
    checkBlockNames(names);
    if (names.length === 0) return [];
    return this.#call("read blocks", async (database) => {
      const blocks = database.transaction("blocks").store;
      return Promise.all(names.map((name) => blocks.get(name)));
    });
  }

  async commit(change: Commit): Promise<boolean> {
    checkCommit(change);
    const committed = await this.#call("store blocks", (database) => commitTo(database, change));
    if (committed) this.#changes.post(change.manifest.generation);
    return committed;
  }

  async clear(): Promise<void> {
    await this.#call("remove the blocks", clearAll);
    this.#changes.post(0);
  }

  onChange(listener: () => void): () => void {
    return this.#changes.listen(listener);
  }

  runAlone<Result>(
    task: () => Promise<Result>,
    signal: AbortSignal,
    hasMoved: () => Promise<boolean>,
  ): Promise<Result> {
    return runAlone(this.#connection.name, task, signal, hasMoved);
  }

  async close(): Promise<void> {
    this.#changes.close();
    await this.#connection.close();
  }

  async #call<Result>(action: string, call: (database: Database) => Promise<Result>): Promise<Result> {
    this.#changes.resume();
    try {
      return await this.#connection.use(call);
    } catch (error) {
      throw await callError(this.#connection.name, action, error);
    }
  }
}

/** One readwrite transaction: the browser serialises them, so compare and swap is one step for every tab. */
async function commitTo(database: Database, change: Commit): Promise<boolean> {
  // Why: what else is noted beside an index, such as pages of a crawl, must not outlive its documents.
  const others = change.manifest.segments.length > 0 ? [] : listOtherStores(database);
  const transaction = database.transaction(["blocks", "manifest", ...others], "readwrite");
  const blocks = transaction.objectStore("blocks");
  const manifests = transaction.objectStore("manifest");
  return settle(transaction, async () => {
    const stored: unknown = await manifests.get(MANIFEST_KEY);
    if (generationOf(stored) !== change.expectedGeneration) return false;
    const writes: (() => Promise<unknown>)[] = [
      ...change.remove.map((name) => () => blocks.delete(name)),
      ...[...change.put].map(
        ([name, bytes]) =>
          () =>
            blocks.put(exactCopy(bytes), name),
      ),
      () => manifests.put(change.manifest, MANIFEST_KEY),
      ...others.map((name) => () => transaction.objectStore(name).clear()),
    ];
    // Why async: a put that throws at once becomes one of the rejections that Promise.all looks after.
    await Promise.all(writes.map(async (write) => write()));
    return true;
  });
}

/** Stores that a crawl has added to the database; they are none of its layout here. */
function listOtherStores(database: Database): "blocks"[] {
  const names: readonly string[] = [...database.objectStoreNames];
  return names.filter((name) => name !== "blocks" && name !== "manifest") as "blocks"[];
}

async function clearAll(database: Database): Promise<void> {
  const transaction = database.transaction(["blocks", "manifest"], "readwrite");
  await settle(transaction, () =>
    Promise.all([transaction.objectStore("blocks").clear(), transaction.objectStore("manifest").clear()]),
  );
}

/** The result of the steps once the transaction is through; else it is aborted, and its own reason is thrown. */
async function settle<Result>(
  transaction: { readonly done: Promise<void>; abort(): void },
  steps: () => Promise<Result>,
): Promise<Result> {
  // Why first: a rejection that arrives while the steps still run would else count as unhandled.
  const done = transaction.done.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  try {
    const result = await steps();
    const failure = await done;
    if (failure) throw failure.error;
    return result;
  } catch (error) {
    abort(transaction);
    // Why not always the step's error: a full disk aborts the transaction, and its requests only say AbortError.
    const failure = await done;
    throw errorName(error) === "AbortError" && failure ? failure.error : error;
  }
}

function abort(transaction: { abort(): void }): void {
  try {
    transaction.abort();
  } catch {
    // It has ended already.
  }
}

/** The bytes alone: structured clone of a view would store the whole buffer behind it. */
function exactCopy(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength && bytes.buffer instanceof ArrayBuffer ? bytes : bytes.slice();
}

/**
 * A store in the IndexedDB database `inkling:<name>` of this origin, opened.
 *
 * @throws {StorageError} `storage/unavailable` where the browser withholds IndexedDB or does not answer in time,
 * `storage/quota` where its disk is full.
 */
export async function openIndexedDbStore(name: string, options: IndexedDbOptions = {}): Promise<BlockStore> {
  const connection = new Connection(`inkling:${name}`, options.openTimeoutMs ?? OPEN_TIMEOUT_MS);
  await connection.open();
  return new IndexedDbStore(connection);
}
