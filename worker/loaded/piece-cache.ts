import type { PiecesEntry } from "../../src/core/pieces/entry.ts";

/** A block as it is kept, and in which visit's entry it was last named. */
interface KeptPiece {
  readonly bytes: Uint8Array;
  readonly epoch: number;
}

/** What is kept of an index beside its blocks. */
interface KeptEntry {
  readonly entry: PiecesEntry;
  /** Grows with each other entry file. */
  readonly epoch: number;
}

/** Blocks of one loaded index between visits. Every failure of the browser's storage counts as nothing being there. */
export interface PieceCache {
  /** Why nothing is kept, if so. */
  readonly error: unknown;
  readEntry(): Promise<PiecesEntry | undefined>;
  /** Remembers the entry; blocks that were not asked for since the entry before the last one go. */
  writeEntry(entry: PiecesEntry): Promise<void>;
  read(name: string): Promise<Uint8Array | undefined>;
  /** Names of the blocks that are there. */
  names(): Promise<ReadonlySet<string>>;
  /** Keeps a block. Rejects where there is no room. */
  write(name: string, bytes: Uint8Array): Promise<void>;
  /** Forgets the entry and every block. Rejects where the browser does not let it. */
  clear(): Promise<void>;
  /** Resolves when what was to be kept is, or cannot be. */
  close(): Promise<void>;
}

const pieces = "pieces";
const entries = "entries";

/** Longest wait for the browser to open a database: without an answer, nothing is kept. */
const maxOpenMs = 3000;

/**
 * Opens the place of an index in IndexedDB, which works on plain-http origins, too.
 *
 * @param url - of the index: indexes of different addresses are kept apart.
 */
export async function openPieceCache(url: string): Promise<PieceCache> {
  try {
    return await IndexedDbPieceCache.open(await openDatabase(`inkling-loaded:${url}`));
  } catch (error) {
    return createNoCache(error);
  }
}

/** A cache that keeps nothing. */
export function createNoCache(error: unknown): PieceCache {
  const nothing = async (): Promise<undefined> => undefined;
  return {
    error,
    readEntry: nothing,
    writeEntry: nothing,
    read: nothing,
    write: nothing,
    clear: nothing,
    names: async () => new Set(),
    close: nothing,
  };
}

class IndexedDbPieceCache implements PieceCache {
  readonly error = null;
  readonly #database: IDBDatabase;
  #kept: KeptEntry | undefined;
  /** Where nothing was kept before, what was written since: of all else, storage is not asked. Null where it has to be. */
  readonly #written: Set<string> | null;
  /** Blocks that are to be written together, and the writing of those before. */
  #pending: Map<string, Uint8Array> = new Map();
  #next: Promise<void> | undefined;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(database: IDBDatabase, kept: KeptEntry | undefined, isEmpty: boolean) {
    this.#database = database;
    this.#kept = kept;
    this.#written = isEmpty ? new Set() : null;
    // Why: a tab that must not hold up another one's change of layout.
    database.addEventListener("versionchange", () => database.close());
  }

  static async open(database: IDBDatabase): Promise<PieceCache> {
    const transaction = database.transaction([pieces, entries]);
    const [kept, { length }] = await Promise.all([
      settle(transaction.objectStore(entries).get("entry") as IDBRequest<KeptEntry | undefined>),
      settle(transaction.objectStore(pieces).getAllKeys(null, 1)),
    ]);
    return new IndexedDbPieceCache(database, kept, length === 0);
  }

  async readEntry(): Promise<PiecesEntry | undefined> {
    return this.#kept?.entry;
  }

  async writeEntry(entry: PiecesEntry): Promise<void> {
    const before = this.#kept;
    if (before?.entry.words === entry.words && before.entry.meaning === entry.meaning) return;
    const kept = { entry, epoch: (before?.epoch ?? 0) + 1 };
    this.#kept = kept;
    const transaction = this.#database.transaction([pieces, entries], "readwrite");
    transaction.objectStore(entries).put(kept, "entry");
    const stale = kept.epoch - 2;
    const cursor = transaction.objectStore(pieces).openCursor();
    cursor.addEventListener("success", () => {
      if (cursor.result === null) return;
      if ((cursor.result.value as KeptPiece).epoch <= stale) cursor.result.delete();
      cursor.result.continue();
    });
    const writing = finish(transaction).catch(() => {});
    this.#last = Promise.all([this.#last, writing]);
    await writing;
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    if (this.#written?.has(name) === false) return undefined;
    try {
      const store = this.#database.transaction(pieces).objectStore(pieces);
      const found = await settle(store.get(name) as IDBRequest<KeptPiece | undefined>);
      if (found !== undefined && found.epoch !== this.#kept?.epoch) void this.write(name, found.bytes).catch(() => {});
      return found?.bytes;
    } catch {
      return undefined;
    }
  }

  /** Why together: a transaction for each block would take longer than its download. */
  write(name: string, bytes: Uint8Array): Promise<void> {
    this.#pending.set(name, bytes);
    this.#written?.add(name);
    if (this.#next !== undefined) return this.#next;
    const writing = this.#last.then(() => this.#flush());
    this.#next = writing;
    this.#last = writing.catch(() => {});
    return writing;
  }

  async #flush(): Promise<void> {
    const together = this.#pending;
    this.#pending = new Map();
    this.#next = undefined;
    const transaction = this.#database.transaction(pieces, "readwrite");
    const epoch = this.#kept?.epoch ?? 0;
    for (const [name, bytes] of together)
      transaction.objectStore(pieces).put({ bytes, epoch } satisfies KeptPiece, name);
    await finish(transaction);
  }

  async clear(): Promise<void> {
    // Why: what is being written would come afterwards.
    this.#pending.clear();
    await this.#last;
    const transaction = this.#database.transaction([pieces, entries], "readwrite");
    for (const name of [pieces, entries]) transaction.objectStore(name).clear();
    await finish(transaction);
    this.#kept = undefined;
  }

  async names(): Promise<ReadonlySet<string>> {
    const keys = await settle(this.#database.transaction(pieces).objectStore(pieces).getAllKeys());
    return new Set(keys.map(String));
  }

  /** Why it waits: whoever closes right after an answer would fetch its blocks again on the next visit. */
  async close(): Promise<void> {
    await this.#last;
    this.#database.close();
  }
}

function openDatabase(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("The browser did not open its storage.")), maxOpenMs);
    const request = indexedDB.open(name, 1);
    request.addEventListener("upgradeneeded", () => {
      for (const store of [pieces, entries]) request.result.createObjectStore(store);
    });
    settle(request)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}

function settle<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error ?? new Error("The browser's storage failed.")));
  });
}

function finish(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (): void => reject(transaction.error ?? new Error("The browser's storage failed."));
    transaction.addEventListener("complete", () => resolve());
    transaction.addEventListener("abort", fail);
    transaction.addEventListener("error", fail);
  });
}
