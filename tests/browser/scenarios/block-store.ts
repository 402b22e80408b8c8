import { openIndexedDbStore } from "../../../worker/stores/indexeddb.ts";
import { type StoreLocation, testBlockStore } from "../../contract/block-store.ts";
import type { Scenario } from "../page/scenario.ts";

function deleteDatabase(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error ?? new Error(`The database ${name} could not be deleted.`));
  });
}

function breakPutOf(blockName: string): () => Promise<void> {
  const put = Object.getOwnPropertyDescriptor(IDBObjectStore.prototype, "put");
  const original = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = function (value: unknown, key?: IDBValidKey) {
    if (key === blockName) throw new DOMException("disk trouble", "UnknownError");
    return original.call(this, value, key);
  };
  return async () => void Object.defineProperty(IDBObjectStore.prototype, "put", put ?? {});
}

/** The contract of all block stores, on the browser's own IndexedDB. */
export const blockStore: Scenario = {
  name: "block-store",
  title: "the IndexedDB store keeps the contract of all block stores",
  async run({ name, check }) {
    const cases: [title: string, body: () => Promise<void>][] = [];
    let count = 0;
    const makeLocation = async (): Promise<StoreLocation> => {
      const database = `${name}-${count++}`;
      return {
        open: () => openIndexedDbStore(database),
        breakAt: async (blockName) => breakPutOf(blockName),
        destroy: () => deleteDatabase(`inkling:${database}`),
      };
    };
    testBlockStore(
      (title, body) => cases.push([title, body]),
      { driver: "indexeddb", persistent: true, notifies: true },
      makeLocation,
    );
    for (const [title, body] of cases) await check(title, body);
  },
};
