import { describe, expect, test } from "vitest";
import { ModelError, StorageError } from "../../../src/errors.ts";
import type { Engine } from "../../../worker/engine.ts";
import { withheldError } from "../../../worker/model-slot.ts";
import { defer, FaultyStore, nextTask, numberedPages, openEngine, pages, urlsOf, WatchedModel } from "./engine-kit.ts";
import { PortModel, smallId } from "./port-model.ts";
import { ask, openUpgraded, openUpgrading, question, readManifest, storedModels, untilStatus } from "./upgrade-kit.ts";

describe("choosing a model", () => {
  test("goes back to the first one at once, and forth again without embedding anything", async () => {
    const store = new FaultyStore();
    const second = new PortModel();
    const engine = await openUpgraded(second, { store });
    await engine.use("first");
    expect(await ask(engine, question)).toEqual(["instant", "layout.html"]);
    expect(await engine.status()).toMatchObject({ tier: "instant", upgrade: null, withoutVector: 0, fallbacks: [] });
    expect(second.stopped).toBe(1);
    expect(await storedModels(store)).toMatchObject({ answering: ["inkling-instant-v1"], others: [smallId] });
    second.embedded.length = 0;
    await engine.use(second.source());
    await untilStatus(engine, ({ tier }) => tier === "neural");
    expect(second.embedded).toEqual([]);
    expect(second.started).toBe(2);
  });

  test("answers by words alone when none is wanted, and makes no vectors", async () => {
    const model = await WatchedModel.load();
    const engine = await openEngine({ loadEmbedder: async () => model, upgrade: null });
    expect(await engine.add(pages)).toMatchObject({ embedded: 0 });
    expect(await ask(engine, "blight")).toEqual(["words", "garden.html"]);
    expect(await engine.status()).toMatchObject({ tier: "words", model: { state: "off" }, upgrade: null });
    await expect(engine.query("blight", { mode: "dense" })).rejects.toMatchObject({ code: "model/missing" });
    await engine.use("first");
    expect(await engine.status()).toMatchObject({ tier: "instant", withoutVector: 0, model: { state: "ready" } });
    await engine.use(null);
    expect(await engine.query(question)).toMatchObject({ tier: "words" });
  });

  test("twice at the same time lets the later choice count", async () => {
    const [second, third] = [new PortModel(), new PortModel("third")];
    const engine = await openUpgraded(second);
    await Promise.all([engine.use(second.source()), engine.use(third.source()), engine.use("first")]);
    expect(await engine.status()).toMatchObject({ tier: "instant", upgrade: null });
    await Promise.all([engine.use("first"), engine.use(third.source())]);
    await untilStatus(engine, ({ upgrade }) => upgrade?.state === "done");
    expect((await engine.status()).upgrade?.model.id).toBe("third");
    expect(third.started - third.stopped).toBe(1);
  });

  test("of a third model keeps the second's vectors answering no longer than the first's", async () => {
    const store = new FaultyStore();
    const second = new PortModel();
    const engine = await openUpgraded(second, { store });
    await engine.use(new PortModel("third").source());
    await untilStatus(engine, ({ upgrade }) => upgrade?.state === "done");
    expect(await storedModels(store)).toEqual({ answering: ["third"], others: ["inkling-instant-v1"], partial: [] });
  });

  test("the second visit is answered by the first model until the second one is there", async () => {
    const store = new FaultyStore();
    await (await openUpgraded(new PortModel(), { store })).close();
    const second = new PortModel();
    const there = defer();
    const model = await WatchedModel.load();
    const source = second.source();
    const { engine, reached } = await openUpgrading(second, {
      store,
      loadEmbedder: async () => model,
      upgrade: { ...source, load: async (onBytes) => (await there.promise, source.load(onBytes)) },
    });
    await reached("instant");
    expect(await ask(engine, question)).toEqual(["instant", "layout.html"]);
    there.resolve();
    await reached("neural");
    expect(await ask(engine, question)).toEqual(["neural", "layout.html"]);
    expect([model.embedded, second.embedded]).toEqual([[], []]);
  });
});

describe("a second model that fails", () => {
  async function expectInstant(engine: Engine, code: string): Promise<void> {
    await untilStatus(engine, ({ upgrade }) => upgrade?.error !== null);
    expect(await ask(engine, question)).toEqual(["instant", "layout.html"]);
    const { tier, upgrade, fallbacks, withoutVector } = await engine.status();
    expect({ tier, withoutVector }).toEqual({ tier: "instant", withoutVector: 0 });
    expect(upgrade?.error).toMatchObject({ code });
    expect(fallbacks).toMatchObject([{ feature: "model", instead: 'the model "inkling-instant-v1"', error: { code } }]);
  }

  test("to start leaves the first one, with the reason in status", async () => {
    const source = new PortModel().source();
    const load = async (): Promise<never> =>
      Promise.reject(new ModelError("model/unreachable", "No line.", { url: "x" }));
    const engine = await openEngine({ upgrade: { ...source, load } });
    await engine.add(pages);
    await expectInstant(engine, "model/unreachable");
    expect((await engine.status()).upgrade?.state).toBe("failed");
  });

  test("to be wanted now is withheld, and no failure", async () => {
    const source = new PortModel().source();
    const engine = await openEngine({
      upgrade: { ...source, load: () => Promise.reject(withheldError(smallId, "the visitor asked to save data")) },
    });
    await engine.add(pages);
    await expectInstant(engine, "model/withheld");
    expect((await engine.status()).upgrade).toMatchObject({ state: "withheld", model: { state: "withheld" } });
  });

  test("half-way keeps what was made, and use() goes on from there", async () => {
    const store = new FaultyStore();
    const second = new PortModel();
    let batches = 0;
    second.beforeBatch = async () => {
      if (++batches === 2) throw new ModelError("model/failed", "Out of memory.", { device: "wasm" });
    };
    const { engine } = await openUpgrading(second, { store });
    await engine.add([...pages, ...numberedPages(60)]);
    await expectInstant(engine, "model/failed");
    while (second.stopped === 0) await nextTask();
    const made = second.embedded.length;
    expect((await engine.status()).upgrade).toMatchObject({ state: "failed", done: made });
    await engine.use(second.source());
    await untilStatus(engine, ({ tier }) => tier === "neural");
    expect(new Set(second.embedded).size).toBe(second.embedded.length);
    expect((await engine.status()).fallbacks).toEqual([]);
  });

  test("that dies without a word is found out by the time an answer takes", async () => {
    const second = new PortModel();
    second.beforeBatch = () => new Promise(() => {});
    const { engine } = await openUpgrading(second, { upgrade: second.source([50, 50]) });
    await engine.add(pages);
    await expectInstant(engine, "model/failed");
  });

  test("at a query once it answers leaves that query to the first one", async () => {
    const second = new PortModel();
    const engine = await openUpgraded(second);
    second.port!.close();
    expect(await ask(engine, question)).toEqual(["instant", "layout.html"]);
    await expectInstant(engine, "model/failed");
    expect((await engine.query(question, { mode: "dense" })).tier).toBe("instant");
  });

  test("answers all the same where the first one has failed", async () => {
    const second = new PortModel();
    const engine = await openUpgraded(second, {
      loadEmbedder: () => Promise.reject(new ModelError("model/missing", "Gone.")),
    });
    expect(await ask(engine, question)).toEqual(["neural", "layout.html"]);
  });
});

describe("storage that fails during an upgrade", () => {
  test("leaves the first model answering and everything stored; the next change goes on", async () => {
    const store = new FaultyStore();
    const second = new PortModel();
    const full = new StorageError("storage/quota", "The disk is full.");
    store.beforeCommit = ({ put }) => {
      if ([...put.values()].length === 1 && [...put.keys()].every((name) => name.includes("/vectors-")) && isBlocked)
        throw full;
    };
    let isBlocked = false;
    const go = defer();
    second.beforeBatch = () => go.promise;
    const { engine, reached } = await openUpgrading(second, { store });
    await engine.add(pages);
    await reached("instant");
    isBlocked = true;
    const before = await readManifest(store);
    go.resolve();
    await untilStatus(engine, ({ upgrade }) => upgrade?.error !== null);
    expect(await engine.status()).toMatchObject({
      tier: "instant",
      upgrade: { state: "failed", error: { code: "storage/quota" } },
      fallbacks: [{ feature: "model", error: { code: "storage/quota" } }],
    });
    expect(await readManifest(store)).toEqual(before);
    expect(urlsOf(await engine.query(question))[0]).toBe("layout.html");
    isBlocked = false;
    await engine.add(numberedPages(1));
    await reached("neural");
    expect((await engine.status()).fallbacks).toEqual([]);
  });
});
