import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { PageEdges } from "../src/extract/boilerplate.ts";

/** What a crawl notes of a page, so that the next one need not read it again. */
export interface PageNote {
  /** As it was asked for. */
  readonly url: string;
  /** The crawl that dealt with it last. */
  readonly run: number;
  readonly etag: string;
  readonly lastModified: string;
  /** Url of its document in the index; `""` where it has none. */
  readonly indexed: string;
  /** Why it has none; `""` where it has one. */
  readonly skipped: string;
  /** Where its links lead to; empty where they were not followed. */
  readonly links: readonly string[];
  /** Lines at its ends; null where they are not counted: it has no document, or its author marks the content. */
  readonly edges: PageEdges | null;
  /** Key of the lines that its document is without, see `SiteLines`. */
  readonly shared: string;
  /** `extractionVersion` by which it was read; absent in notes of earlier versions. */
  readonly rules?: number;
}

/** A crawl that has begun. */
export interface RunNote {
  /** When it began: ms since 1970. */
  readonly run: number;
  /** What it was asked for: only the same is gone on with. */
  readonly wanted: string;
  /** When it ended; 0 while it has not. */
  readonly finished: number;
}

interface NotesSchema extends DBSchema {
  crawl: { key: string; value: PageNote | RunNote };
}

const storeName = "crawl";

/** Stores that the index has in the same database. */
const indexStores = ["blocks", "manifest"];

/** Notes on the pages of one origin, in the database of the index; in memory alone where there is no storage. */
export class Notes {
  readonly pages: Map<string, PageNote> = new Map();
  run: RunNote | undefined;
  readonly #database: IDBPDatabase<NotesSchema> | undefined;
  readonly #origin: string;

  private constructor(origin: string, database: IDBPDatabase<NotesSchema> | undefined) {
    this.#origin = origin;
    this.#database = database;
  }

  /** @param indexName - null where the index is kept in memory alone. */
  static async open(indexName: string | null, origin: string): Promise<Notes> {
    // Why silent: notes spare work and nothing else, and what storage there is shows in the index's own status.
    const database = indexName === null ? undefined : await openDatabase(`inkling:${indexName}`).catch(() => undefined);
    const notes = new Notes(origin, database);
    await notes.#read().catch(() => {});
    return notes;
  }

  async #read(): Promise<void> {
    const prefix = `page ${this.#origin}/`;
    const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
    const pages = ((await this.#database?.getAll(storeName, range)) ?? []) as PageNote[];
    for (const page of pages) this.pages.set(page.url, page);
    this.run = (await this.#database?.get(storeName, `run ${this.#origin}`)) as RunNote | undefined;
  }

  /** Keeps notes on pages; those with an address of another origin are passed over. */
  async keep(pages: readonly PageNote[]): Promise<void> {
    for (const page of pages) this.pages.set(page.url, page);
    await this.#write(pages.map((page) => [`page ${page.url}`, page]));
  }

  async keepRun(run: RunNote): Promise<void> {
    this.run = run;
    await this.#write([[`run ${this.#origin}`, run]]);
  }

  async #write(entries: readonly (readonly [string, PageNote | RunNote])[]): Promise<void> {
    const transaction = this.#database?.transaction(storeName, "readwrite");
    if (transaction === undefined) return;
    // Why passed over: on a full disk the crawl goes on, and the next one does more.
    await Promise.all([...entries.map(([key, value]) => transaction.store.put(value, key)), transaction.done]).catch(
      () => {},
    );
  }

  close(): void {
    this.#database?.close();
  }
}

async function openDatabase(name: string): Promise<IDBPDatabase<NotesSchema>> {
  const found = await openDB<NotesSchema>(name);
  if (found.objectStoreNames.contains(storeName)) return yielding(found);
  const version = found.version + 1;
  found.close();
  const grown = await openDB<NotesSchema>(name, version, {
    upgrade(database) {
      const stores = database.objectStoreNames as DOMStringList;
      for (const store of [...indexStores, storeName]) {
        if (!stores.contains(store)) (database as unknown as IDBPDatabase).createObjectStore(store);
      }
    },
  });
  return yielding(grown);
}

/** Why: another tab that wants to upgrade or delete the database would hang until we close. */
function yielding(database: IDBPDatabase<NotesSchema>): IDBPDatabase<NotesSchema> {
  database.onversionchange = () => database.close();
  return database;
}
