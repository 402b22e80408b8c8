import "fake-indexeddb/auto";
import { forceCloseDatabase } from "fake-indexeddb";
import { deleteDB, openDB } from "idb";
import { afterEach, expect, test, vi } from "vitest";
import type { BlockStore, Commit } from "../../worker/ports.ts";
import { openIndexedDbStore } from "../../worker/stores/indexeddb.ts";
import { assertRejects } from "./assert.ts";
import { type StoreLocation, testBlockStore } from "./block-store.ts";

let count = 0;

async function makeLocation(): Promise<StoreLocation> {
  const name = `contract-${count++}`;
  return {
    open: () => openIndexedDbStore(name),
    breakAt: (blockName) => breakPutOf(blockName, new DOMException("disk trouble", "UnknownError")),
    destroy: () => deleteDB(`inkling:${name}`),
  };
}

async function breakPutOf(blockName: string, error: unknown): Promise<() => Promise<void>> {
  const put = IDBObjectStore.prototype.put;
  const broken = vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(function (
    this: IDBObjectStore,
    value,
    key,
  ) {
    if (key === blockName) throw error;
    return put.call(this, value, key);
  });
  return async () => broken.mockRestore();
}

function commitOf(put: Record<string, Uint8Array>): Commit {
  const manifest = { format: 1, analysis: 1, generation: 1, segments: [] };
  return { expectedGeneration: 0, manifest, put: new Map(Object.entries(put)), remove: [] };
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

testBlockStore(test, { driver: "indexeddb", persistent: true, notifies: true }, makeLocation);

test("a full disk gives storage/quota with usage and quota, and nothing is changed", async () => {
  vi.stubGlobal("navigator", { storage: { estimate: async () => ({ usage: 900, quota: 1000 }) } });
  const store = await openIndexedDbStore("quota");
  const mend = await breakPutOf("b", new DOMException("full", "QuotaExceededError"));
  const full = store.commit(commitOf({ a: new Uint8Array(1), b: new Uint8Array(2) }));
  const error = await assertRejects(full, "StorageError", "storage/quota");
  expect(error.details).toMatchObject({ usage: 900, quota: 1000, database: "inkling:quota" });
  expect(await store.readManifest()).toBeUndefined();
  expect(await store.readBlocks(["a"])).toEqual([undefined]);
  await mend();
  expect(await store.commit(commitOf({ a: new Uint8Array(1) }))).toBe(true);
});

test("a transaction aborted for want of room gives storage/quota, though its requests only say AbortError", async () => {
  const store = await openIndexedDbStore("quota-abort");
  const reason = { value: new DOMException("full", "QuotaExceededError") };
  const put = IDBObjectStore.prototype.put;
  vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(function (this: IDBObjectStore, value, key) {
    const request = put.call(this, value, key);
    if (key === "a") queueMicrotask(() => Object.defineProperty(this.transaction, "error", reason).abort());
    return request;
  });
  await assertRejects(
    store.commit(commitOf({ b: new Uint8Array(1), a: new Uint8Array(1) })),
    "StorageError",
    "storage/quota",
  );
});

test("a connection the browser has closed is opened again", async () => {
  const opened = spyOnConnections();
  const store = await openIndexedDbStore("terminated");
  await store.commit(commitOf({ a: Uint8Array.of(7) }));
  forceCloseDatabase(opened[0] as never);
  expect(await store.readBlocks(["a"])).toEqual([Uint8Array.of(7)]);
  expect(opened.length).toBe(2);
});

test("a connection that was closed without a word is opened again, once", async () => {
  const opened = spyOnConnections();
  const store = await openIndexedDbStore("suspended");
  opened[0]!.close();
  expect(await store.commit(commitOf({ a: Uint8Array.of(7) }))).toBe(true);
  expect(opened.length).toBe(2);
});

test("another tab may delete the database without being blocked, and the store begins anew", async () => {
  const store = await openIndexedDbStore("deleted");
  await store.commit(commitOf({ a: Uint8Array.of(7) }));
  const blocked = vi.fn<() => void>();
  await deleteDB("inkling:deleted", { blocked });
  expect(blocked).not.toHaveBeenCalled();
  expect(await store.readManifest()).toBeUndefined();
});

test("a database of a newer version with the same stores is used as it is", async () => {
  const newer = await openDB("inkling:newer", 9, {
    upgrade: (database) => ["blocks", "manifest", "more"].forEach((name) => database.createObjectStore(name)),
  });
  newer.close();
  const store = await openIndexedDbStore("newer");
  expect(await store.commit(commitOf({ a: Uint8Array.of(7) }))).toBe(true);
});

test("a database with other stores is refused", async () => {
  (await openDB("inkling:foreign", 1, { upgrade: (database) => void database.createObjectStore("x") })).close();
  await assertRejects(openIndexedDbStore("foreign"), "StorageError", "storage/unavailable");
});

test("an opening that never answers gives storage/unavailable in time, and is closed when it answers late", async () => {
  const close = vi.spyOn(IDBDatabase.prototype, "close");
  const open = IDBFactory.prototype.open;
  const late = withResolvers();
  vi.spyOn(IDBFactory.prototype, "open").mockImplementation(function (this: IDBFactory, name, version) {
    return delayed(open.call(this, name, version), late.promise);
  });
  await assertRejects(openIndexedDbStore("silent", { openTimeoutMs: 20 }), "StorageError", "storage/unavailable");
  expect(close).not.toHaveBeenCalled();
  late.resolve();
  await vi.waitFor(() => expect(close).toHaveBeenCalled());
});

test.each(["SecurityError", "InvalidStateError", "UnknownError"])(
  "%s while opening gives storage/unavailable",
  async (name) => {
    vi.spyOn(IDBFactory.prototype, "open").mockImplementation(() => {
      throw new DOMException("not here", name);
    });
    await assertRejects(openIndexedDbStore("private"), "StorageError", "storage/unavailable");
  },
);

test("where there is no IndexedDB, opening gives storage/unavailable", async () => {
  vi.stubGlobal("indexedDB", undefined);
  await assertRejects(openIndexedDbStore("absent"), "StorageError", "storage/unavailable");
});

test("without BroadcastChannel, or where it is forbidden, the store works silently", async () => {
  for (const replacement of [undefined, forbidden]) {
    vi.stubGlobal("BroadcastChannel", replacement);
    const store: BlockStore = await openIndexedDbStore("mute");
    store.onChange(() => {})();
    await store.clear();
    expect(await store.commit(commitOf({}))).toBe(true);
    await store.close();
  }
});

function forbidden(): never {
  throw new DOMException("opaque origin", "SecurityError");
}

function spyOnConnections(): IDBDatabase[] {
  const opened: IDBDatabase[] = [];
  const open = IDBFactory.prototype.open;
  vi.spyOn(IDBFactory.prototype, "open").mockImplementation(function (this: IDBFactory, name, version) {
    const request = open.call(this, name, version);
    request.addEventListener("success", () => opened.push(request.result));
    return request;
  });
  return opened;
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

/** The request, with its events held back until the promise resolves. */
function delayed(request: IDBOpenDBRequest, until: Promise<void>): IDBOpenDBRequest {
  const add = request.addEventListener.bind(request);
  request.addEventListener = ((type: string, listener: EventListener) => {
    if (type !== "success") return add(type, listener);
    add(type, (event) => void until.then(() => listener(event)));
  }) as typeof request.addEventListener;
  return request;
}
