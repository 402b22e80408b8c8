import { describe, expect, test } from "vitest";
import { ModelError } from "../../../src/errors.ts";
import type { Manifest } from "../../../src/core/segment/manifest.ts";
import type { Engine } from "../../../worker/engine.ts";
import type { Embedder } from "../../../worker/ports.ts";
import { createMemoryStore } from "../../../worker/stores/memory.ts";
import { modelKey } from "../../../worker/vectors.ts";
import { defer, FaultyStore, nextTask, numberedPages, openEngine, pages, urlsOf, WatchedModel } from "./engine-kit.ts";

/** Resolves as soon as words find the page; the model may still be away. */
async function untilFound(engine: Engine, query: string, url: string): Promise<void> {
  while (urlsOf(await engine.query(query, { mode: "words" }))[0] !== url) await nextTask();
}

test("a model gets each passage with the title of its document, which the text begins with", async () => {
  const model = await WatchedModel.load();
  const engine = await openEngine({ loadEmbedder: async () => model });
  await engine.add([...pages, { url: "untitled.html", text: "A page that has no title at all." }]);
  const titled = model.embedded.map((text, at) => [model.titles[at], text]);
  expect(titled).toContainEqual(["", "A page that has no title at all."]);
  expect(titled.filter(([title]) => title === "Boxes")).toHaveLength(3);
  for (const [title, text] of titled) if (title !== "") expect(text).toMatch(new RegExp(`^${title}\n`));
});

describe("while the model is loading", () => {
  test("words answer at once, meaning follows, and better answers are announced once", async () => {
    const loaded = defer<Embedder>();
    const announced: string[] = [];
    const better = defer();
    const engine = await openEngine({
      loadEmbedder: () => loaded.promise,
      onBetterAnswers: (tier) => (announced.push(tier), better.resolve()),
    });
    const adding = engine.add(pages.slice(0, 5));
    await untilFound(engine, "blight", "garden.html");
    expect(await engine.query("plants get sick")).toMatchObject({ mode: "words", tier: "words" });
    expect(await engine.status()).toMatchObject({
      tier: "words",
      withoutVector: 7,
      model: { state: "loading" },
      fallbacks: [],
    });
    loaded.resolve(await WatchedModel.load());
    expect(await adding).toMatchObject({ added: 5, embedded: 7, withoutVector: 0 });
    await better.promise;
    expect(await engine.query("plants get sick")).toMatchObject({ mode: "hybrid", tier: "instant" });
    expect(await engine.status()).toMatchObject({
      tier: "instant",
      withoutVector: 0,
      model: { state: "ready", dim: 256 },
    });
    await engine.add(numberedPages(3));
    expect(announced).toEqual(["instant"]);
  });

  test("mode dense waits for it", async () => {
    const loaded = defer<Embedder>();
    const engine = await openEngine({ loadEmbedder: () => loaded.promise });
    const adding = engine.add(pages);
    const asking = engine.query("plants get sick", { mode: "dense" });
    loaded.resolve(await WatchedModel.load());
    expect((await asking).mode).toBe("dense");
    await adding;
  });

  test("bytes are reported as they arrive", async () => {
    const loaded = defer<Embedder>();
    const seen: number[][] = [];
    const engine = await openEngine({
      loadEmbedder: (onBytes) => (onBytes(10, 100), onBytes(60, 100), loaded.promise),
      onModelBytes: (done, total) => seen.push([done, total]),
    });
    expect(seen).toEqual([
      [10, 100],
      [60, 100],
    ]);
    expect((await engine.status()).model).toMatchObject({
      state: "loading",
      bytes: 60,
      revision: "",
      dim: 0,
      error: null,
    });
    loaded.resolve(await WatchedModel.load());
  });
});

describe("a model that fails", () => {
  const failure = new ModelError("model/checksum", "The weights are damaged.", { url: "x" });

  test("leaves words, is named in status, and rejects dense queries", async () => {
    const engine = await openEngine({ loadEmbedder: () => Promise.reject(failure) });
    const result = await engine.add(pages);
    expect(result).toMatchObject({ added: pages.length, embedded: 0, withoutVector: result.passages });
    expect(urlsOf(await engine.query("blight"))).toEqual(["garden.html"]);
    expect(await engine.query("blight")).toMatchObject({ mode: "words", tier: "words" });
    await expect(engine.query("blight", { mode: "dense" })).rejects.toBe(failure);
    await expect(engine.modelReady()).rejects.toBe(failure);
    const status = await engine.status();
    expect(status.model).toMatchObject({ state: "failed", error: { name: "ModelError", code: "model/checksum" } });
    expect(status.fallbacks).toEqual([{ feature: "model", instead: "words only", error: status.model.error }]);
  });

  test("with any other error is a ModelError with that as its cause", async () => {
    const engine = await openEngine({ loadEmbedder: () => Promise.reject(new RangeError("out of memory")) });
    const error: unknown = await engine.query("x", { mode: "dense" }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ModelError);
    expect((error as Error).message).toContain("out of memory");
    expect((error as Error).cause).toBeInstanceOf(RangeError);
  });

  test("is made up for by the next visit: stored words get their vectors", async () => {
    const store = createMemoryStore();
    const first = await openEngine({ store, loadEmbedder: () => Promise.reject(failure) });
    const { passages } = await first.add(pages);
    await first.close();
    const better = defer();
    const model = await WatchedModel.load();
    const engine = await openEngine({
      store,
      loadEmbedder: async () => model,
      onBetterAnswers: () => better.resolve(),
    });
    await better.promise;
    expect(model.embedded).toHaveLength(passages);
    expect(await engine.status()).toMatchObject({ withoutVector: 0, tier: "instant" });
  });
});

describe("an index that another model wrote", () => {
  async function writeByOther(store: FaultyStore): Promise<void> {
    const other = await openEngine({ store, loadEmbedder: () => WatchedModel.load("other-revision") });
    await other.add(pages);
    await other.close();
  }

  test("answers by words and says so, until its passages are embedded anew", async () => {
    const store = new FaultyStore();
    await writeByOther(store);
    const model = await WatchedModel.load();
    const [started, go, better] = [defer(), defer(), defer()];
    model.beforeBatch = () => (started.resolve(), go.promise);
    const engine = await openEngine({
      store,
      loadEmbedder: async () => model,
      onBetterAnswers: () => better.resolve(),
    });
    await started.promise;

    expect(await engine.query("blight")).toMatchObject({ mode: "words", tier: "words" });
    await expect(engine.query("blight", { mode: "dense" })).rejects.toMatchObject({
      name: "IndexFormatError",
      code: "index/model-mismatch",
      details: { expected: modelKey(model.fingerprint) },
    });
    const status = await engine.status();
    expect(status).toMatchObject({ tier: "words", withoutVector: status.passages });
    expect(status.fallbacks).toMatchObject([{ feature: "vectors", error: { code: "index/model-mismatch" } }]);

    go.resolve();
    await better.promise;
    expect(await engine.query("blight")).toMatchObject({ mode: "hybrid", tier: "instant" });
    expect((await engine.query("blight", { mode: "dense" })).mode).toBe("dense");
    expect(await engine.status()).toMatchObject({ tier: "instant", withoutVector: 0, fallbacks: [] });
    expect(model.embedded).toHaveLength(status.passages);
  });

  test("never has vectors of two models in one ranking", async () => {
    const store = new FaultyStore();
    await writeByOther(store);
    const model = await WatchedModel.load();
    const engine = await openEngine({ store, loadEmbedder: async () => model });
    await engine.add(numberedPages(5));
    const manifest = (await store.readManifest()) as Manifest;
    expect(new Set(manifest.segments.map((segment) => segment.vectors?.model))).toEqual(
      new Set([modelKey(model.fingerprint)]),
    );
    const reference = await openEngine();
    await reference.add(pages);
    await reference.add(numberedPages(5));
    const shape = async (from: Engine): Promise<unknown> =>
      (await from.query("plants get sick", { mode: "dense" })).hits.map(({ url, score }) => [url, score.toFixed(6)]);
    expect(await shape(engine)).toEqual(await shape(reference));
  });

  test("keeps its vectors where the own model cannot be loaded", async () => {
    const store = new FaultyStore();
    await writeByOther(store);
    const engine = await openEngine({
      store,
      loadEmbedder: () => Promise.reject(new ModelError("model/missing", "Gone.")),
    });
    for (let i = 0; i < 12; i++) await engine.add(numberedPages(1, i));
    const manifest = (await store.readManifest()) as Manifest;
    expect(manifest.segments.some((segment) => segment.vectors !== null)).toBe(true);
  });
});

test("a query in a script the model does not know is left to words", async () => {
  const engine = await openEngine();
  await engine.add(pages);
  const answer = await engine.query("ᚠᛇᚻ ᛒᛦᚦ ᚠᚱᚩᚠᚢᚱ");
  expect(answer).toMatchObject({ mode: "words", hits: [] });
});
