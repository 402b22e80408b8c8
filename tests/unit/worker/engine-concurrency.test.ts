import { describe, expect, test } from "vitest";
import { StorageError } from "../../../src/errors.ts";
import { createMemoryStore } from "../../../worker/stores/memory.ts";
import { defer, FaultyStore, numberedPages, openEngine, pages, urlsOf, WatchedModel } from "./engine-kit.ts";

describe("while other calls run", () => {
  test("a query is answered while documents are being added", async () => {
    const model = await WatchedModel.load();
    const engine = await openEngine({ loadEmbedder: async () => model });
    await engine.add(pages);
    const [reached, go] = [defer(), defer()];
    model.beforeBatch = () => (reached.resolve(), go.promise);
    const adding = engine.add(numberedPages(100));
    await reached.promise;
    expect(urlsOf(await engine.query("blight", { mode: "words" }))).toEqual(["garden.html"]);
    go.resolve();
    expect((await adding).added).toBe(100);
    expect(urlsOf(await engine.query("topic42", { mode: "words" }))[0]).toBe("n/42");
  });

  test("changes run one after the other, in the order of the calls", async () => {
    const engine = await openEngine();
    const results = await Promise.all([
      engine.add(numberedPages(30)),
      engine.remove(["n/3"]),
      engine.add([{ url: "n/4", text: "replaced by the third call" }]),
      engine.clear(),
      engine.add(pages),
    ]);
    expect(results[1]).toEqual({ removed: 1 });
    expect(results[2]).toMatchObject({ replaced: 1 });
    expect((await engine.status()).documents).toBe(pages.length);
  });

  test("cancelling keeps what is committed, and later calls work", async () => {
    const model = await WatchedModel.load();
    const store = new FaultyStore();
    const engine = await openEngine({ store, loadEmbedder: async () => model });
    const controller = new AbortController();
    const reason = new Error("enough");
    store.beforeCommit = () => {
      if (store.commits === 1) controller.abort(reason);
    };
    await engine.modelReady();
    await expect(engine.add(numberedPages(2000), { signal: controller.signal })).rejects.toBe(reason);
    const { documents } = await engine.status();
    expect(documents).toBeGreaterThan(0);
    expect(documents).toBeLessThan(2000);
    expect(urlsOf(await engine.query("topic5", { mode: "words" }))[0]).toBe("n/5");
    expect(await engine.add(numberedPages(2000))).toMatchObject({ unchanged: documents, added: 2000 - documents });
  });

  test("a call that is cancelled before it begins changes nothing", async () => {
    const engine = await openEngine();
    const signal = AbortSignal.abort(new Error("no"));
    await expect(engine.add(pages, { signal })).rejects.toThrow("no");
    await expect(engine.remove(["a"], { signal })).rejects.toThrow("no");
    await expect(engine.query("x", { signal })).rejects.toThrow("no");
    expect((await engine.status()).generation).toBe(0);
  });

  test("a waiting call can be cancelled without the one before it", async () => {
    const engine = await openEngine();
    const controller = new AbortController();
    const first = engine.add(numberedPages(50));
    const second = engine.add(pages, { signal: controller.signal });
    controller.abort(new Error("not the second"));
    await expect(second).rejects.toThrow("not the second");
    expect((await first).added).toBe(50);
  });

  test("closing ends an add that waits for a model which never comes, also during its last commit", async () => {
    const store = new FaultyStore();
    const engine = await openEngine({ store, loadEmbedder: () => new Promise(() => {}) });
    let closing: Promise<void> | undefined;
    store.beforeCommit = () => void (closing ??= engine.close());
    await expect(engine.add(pages)).rejects.toMatchObject({ code: "search/closed" });
    await closing;
    expect(closing).toBeDefined();
  });
});

describe("storage that fails", () => {
  test("half-way leaves the earlier commits, and the next add goes on from there", async () => {
    const store = new FaultyStore();
    const engine = await openEngine({ store });
    await engine.add(pages);
    const full = new StorageError("storage/quota", "The disk is full.");
    const commits = store.commits;
    store.beforeCommit = () => {
      if (store.commits > commits) throw full;
    };
    await expect(engine.add(numberedPages(2000))).rejects.toBe(full);
    const { documents } = await engine.status();
    expect(documents).toBeGreaterThan(pages.length);
    expect(urlsOf(await engine.query("blight", { mode: "words" }))).toEqual(["garden.html"]);
    store.beforeCommit = () => {};
    await engine.add(numberedPages(2000));
    expect((await engine.status()).documents).toBe(2000 + pages.length);
  });

  test("is named as such when another tab wins every time", async () => {
    const engine = await openEngine({ store: Object.assign(new FaultyStore(), { commit: async () => false }) });
    await expect(engine.add(pages)).rejects.toMatchObject({ name: "StorageError", code: "storage/conflict" });
  });

  test("reads its fallback out of status", async () => {
    const error = new StorageError("storage/unavailable", "Private mode.");
    const engine = await openEngine({ storeFallback: error });
    const { fallbacks } = await engine.status();
    expect(fallbacks).toEqual([
      expect.objectContaining({ feature: "storage", error: expect.objectContaining({ code: "storage/unavailable" }) }),
    ]);
  });
});

describe("two engines on one store", () => {
  test("that add at once both end up in the index", async () => {
    const store = createMemoryStore();
    const [left, right] = [await openEngine({ store }), await openEngine({ store })];
    await Promise.all([left.add(numberedPages(300)), right.add(numberedPages(300, 300))]);
    const reopened = await openEngine({ store });
    expect((await reopened.status()).documents).toBe(600);
    for (const i of [0, 299, 300, 599]) {
      expect(urlsOf(await reopened.query(`topic${i}`, { mode: "words" }))[0]).toBe(`n/${i}`);
    }
  });

  test("that add the same page at once keep one of it", async () => {
    const store = createMemoryStore();
    const engines = [await openEngine({ store }), await openEngine({ store }), await openEngine({ store })];
    await Promise.all(engines.map((engine, i) => engine.add([{ url: "same", text: `version${i} of the page` }])));
    const reopened = await openEngine({ store });
    expect((await reopened.status()).documents).toBe(1);
    expect((await reopened.query("page", { mode: "words" })).hits).toHaveLength(1);
  });

  test("one sees what the other has changed once it is told", async () => {
    const store = new FaultyStore();
    const [left, right] = [await openEngine({ store }), await openEngine({ store })];
    await left.add(pages);
    store.notify();
    expect(urlsOf(await right.query("blight", { mode: "words" }))).toEqual(["garden.html"]);
    expect((await right.status()).generation).toBe((await left.status()).generation);
  });

  test("an answer is never cut short by blocks that the other one removes meanwhile", async () => {
    const store = createMemoryStore();
    const [left, right] = [await openEngine({ store }), await openEngine({ store })];
    await left.add(pages);
    const seen = await openEngine({ store });
    await right.clear();
    await right.add([...pages, { url: "new", text: "more blight" }]);
    expect(urlsOf(await seen.query("blight", { mode: "words" })).toSorted()).toEqual(["garden.html", "new"]);
    expect((await seen.status()).fallbacks).toEqual([]);
  });
});
