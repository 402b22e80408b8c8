/** Reads and changes what the library stored, behind its back. Names are those of `docs/FORMAT.md`. */
export interface RawDatabase {
  readManifest(): Promise<Record<string, unknown>>;
  writeManifest(manifest: unknown): Promise<void>;
  readBlock(name: string): Promise<Uint8Array>;
  writeBlock(name: string, bytes: Uint8Array | undefined): Promise<void>;
  blockNames(): Promise<string[]>;
  close(): void;
}

function settle<Value>(request: IDBRequest<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("An IndexedDB request failed."));
  });
}

/** Opens the database of a search. */
export async function openRawDatabase(name: string): Promise<RawDatabase> {
  const database = await settle(indexedDB.open(`inkling:${name}`));
  const store = (which: string, mode: IDBTransactionMode): IDBObjectStore =>
    database.transaction(which, mode).objectStore(which);
  return {
    readManifest: () => settle(store("manifest", "readonly").get("manifest")),
    writeManifest: async (manifest) => void (await settle(store("manifest", "readwrite").put(manifest, "manifest"))),
    readBlock: (block) => settle(store("blocks", "readonly").get(block)),
    writeBlock: async (block, bytes) => {
      const blocks = store("blocks", "readwrite");
      await (bytes === undefined ? settle(blocks.delete(block)) : settle(blocks.put(bytes, block)));
    },
    blockNames: async () => (await settle(store("blocks", "readonly").getAllKeys())).map(String),
    close: () => database.close(),
  };
}
