import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { errorName, openError, unavailableError } from "./indexeddb-errors.ts";

/** Layout of the database: blocks by name, and the one manifest. */
export interface InklingSchema extends DBSchema {
  blocks: { key: string; value: Uint8Array };
  manifest: { key: string; value: unknown };
}

/** An open database of that layout. */
export type Database = IDBPDatabase<InklingSchema>;

const VERSION = 1;
const STORES = ["blocks", "manifest"] as const;

/** Opens the database when it is needed, and again after it was closed by us, another tab or the browser. */
export class Connection {
  readonly name: string;
  readonly #openTimeoutMs: number;
  #database: Promise<Database> | undefined;

  constructor(name: string, openTimeoutMs: number) {
    this.name = name;
    this.#openTimeoutMs = openTimeoutMs;
  }

  /** @throws {StorageError} `storage/unavailable` or `storage/quota` */
  open(): Promise<Database> {
    if (this.#database) return this.#database;
    const opening: Promise<Database> = this.#openAnew(() => this.#forget(opening));
    this.#database = opening;
    // Why: a failure must not be remembered, the next call may have more luck.
    opening.catch(() => this.#forget(opening));
    return opening;
  }

  /**
   * Runs a call on the database, once more on a new connection if the browser had closed the one in use.
   * A browser may do so when it suspends a tab; every call after that would fail for ever.
   */
  async use<Result>(call: (database: Database) => Promise<Result>): Promise<Result> {
    const opening = this.open();
    const database = await opening;
    try {
      return await call(database);
    } catch (error) {
      const closed = errorName(error) === "InvalidStateError" || this.#database !== opening;
      if (!closed || errorName(error) === "QuotaExceededError") throw error;
      this.#forget(opening);
      return call(await this.open());
    }
  }

  async close(): Promise<void> {
    const opening = this.#database;
    this.#database = undefined;
    await opening?.then(
      (database) => database.close(),
      () => {},
    );
  }

  #forget(opening: Promise<Database>): void {
    if (this.#database === opening) this.#database = undefined;
  }

  async #openAnew(forget: () => void): Promise<Database> {
    if (typeof indexedDB === "undefined") throw unavailableError(this.name, "there is no indexedDB here");
    try {
      return await withinTime(this.name, this.#openTimeoutMs, (onBlocked) => openAny(this.name, forget, onBlocked));
    } catch (error) {
      throw await openError(this.name, error);
    }
  }
}

/** Opens the database in our version, or as it is where a newer library has been here, if its stores are the same. */
async function openAny(name: string, forget: () => void, onBlocked: () => void): Promise<Database> {
  let database: Database;
  try {
    database = await openVersion(name, VERSION, forget, onBlocked);
  } catch (error) {
    if (errorName(error) !== "VersionError") throw error;
    database = await openVersion(name, undefined, forget, onBlocked);
  }
  if (STORES.every((store) => database.objectStoreNames.contains(store))) return database;
  const found = [...database.objectStoreNames].join(", ") || "none";
  database.close();
  throw unavailableError(name, `its object stores are ${found} instead of ${STORES.join(", ")}`);
}

async function openVersion(
  name: string,
  version: number | undefined,
  forget: () => void,
  onBlocked: () => void,
): Promise<Database> {
  const database: Database = await openDB<InklingSchema>(name, version, {
    upgrade: (created) => STORES.forEach((store) => created.createObjectStore(store)),
    blocked: onBlocked,
    // Why: another tab wants to upgrade or delete the database and would hang until we close.
    blocking: (_current, _blocked, event) => {
      forget();
      (event.target as IDBDatabase).close();
    },
    terminated: forget,
  });
  return database;
}

/** Gives up an opening that does not answer; should it answer later, the connection is closed at once. */
async function withinTime(
  name: string,
  timeoutMs: number,
  open: (onBlocked: () => void) => Promise<Database>,
): Promise<Database> {
  let blocked = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let late = false;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      late = true;
      const why = blocked ? ", because another tab keeps an older connection open" : "";
      reject(unavailableError(name, `no answer within ${timeoutMs} ms${why}`));
    }, timeoutMs);
  });
  const opening = open(() => (blocked = true));
  opening.then(
    (database) => late && database.close(),
    () => {},
  );
  return Promise.race([opening, limit]).finally(() => clearTimeout(timer));
}
