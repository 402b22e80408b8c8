import { afterEach, describe, expect, test } from "vitest";
import type { Manifest } from "../../../src/core/segment/manifest.ts";
import { ModelError, StorageError } from "../../../src/errors.ts";
import type { Document, Progress, Tier } from "../../../src/types.ts";
import type { Engine, EngineOptions } from "../../../worker/engine.ts";
import { withheldError } from "../../../worker/model-slot.ts";
import {
  closeEngines,
  defer,
  FaultyStore,
  nextTask,
  numberedPages,
  openEngine,
  pages,
  urlsOf,
  WatchedModel,
} from "./engine-kit.ts";
import { PortModel, smallId } from "./port-model.ts";

afterEach(closeEngines);

const smallKey = `${smallId}@1/128`;
const question = "my picture pushes everything down when it shows up";

/** Opens an engine with a second model, and tells of each tier as it is announced. */
async function openUpgrading(
  model: PortModel,
  options: Partial<EngineOptions> = {},
): Promise<{ engine: Engine; reached: (tier: Tier) => Promise<void> }> {
  const tiers = { words: defer(), instant: defer(), neural: defer() };
  const engine = await openEngine({
    upgrade: model.source(),
    ...options,
    onBetterAnswers: (tier) => tiers[tier].resolve(),
  });
  return { engine, reached: (tier) => tiers[tier].promise };
}

/** An engine with pages, for which a second model has taken over. */
async function openUpgraded(model: PortModel, options: Partial<EngineOptions> = {}): Promise<Engine> {
  const { engine, reached } = await openUpgrading(model, options);
  await engine.add(pages);
  await reached("neural");
  return engine;
}

/** The tier of an answer and its first page. */
async function ask(engine: Engine, text: string): Promise<[Tier, string | undefined]> {
  const answer = await engine.query(text);
  return [answer.tier, urlsOf(answer)[0]];
}

async function untilStatus(
  engine: Engine,
  isReached: (status: Awaited<ReturnType<Engine["status"]>>) => boolean,
): Promise<void> {
  while (!isReached(await engine.status())) await nextTask();
}

async function readManifest(store: FaultyStore): Promise<Manifest> {
  return (await store.readManifest()) as Manifest;
}

/** The models of the vectors that answer, of the others, and of those not all made. */
async function storedModels(store: FaultyStore): Promise<Record<"answering" | "others" | "partial", string[]>> {
  const { segments } = await readManifest(store);
  const unique = (names: (string | undefined)[]): string[] =>
    [...new Set(names.filter((name) => name !== undefined))].map((name) => name.split("@")[0]!).toSorted();
  return {
    answering: unique(segments.map(({ vectors }) => vectors?.model)),
    others: unique(segments.flatMap(({ otherVectors }) => otherVectors ?? []).map(({ model }) => model)),
    partial: unique(segments.map(({ partialVectors }) => partialVectors?.model)),
  };
}

describe("a second model", () => {
  test("takes over after words and the first model have answered, and says how far it is", async () => {
    const first = defer<WatchedModel>();
    const go = defer();
    const second = new PortModel();
    second.beforeBatch = () => go.promise;
    const progress: Progress[] = [];
    const { engine, reached } = await openUpgrading(second, {
      loadEmbedder: () => first.promise,
      onUpgrade: (step) => progress.push(step),
    });
    const adding = engine.add(pages);
    await untilStatus(engine, ({ documents }) => documents === pages.length);
    expect(await engine.query("blight")).toMatchObject({ tier: "words" });
    expect((await engine.status()).upgrade).toMatchObject({ state: "waiting", done: 0, model: { state: "waiting" } });
    expect(second.started).toBe(0);

    first.resolve(await WatchedModel.load());
    const { passages } = await adding;
    await reached("instant");
    expect(await ask(engine, question)).toEqual(["instant", "layout.html"]);
    await untilStatus(engine, ({ upgrade }) => upgrade?.state === "embedding");
    expect(await engine.status()).toMatchObject({
      tier: "instant",
      withoutVector: 0,
      upgrade: {
        done: 0,
        total: passages,
        error: null,
        model: { id: smallId, tier: "neural", state: "ready", dim: 128, device: "wasm", dtype: "q8", bytes: 1234 },
      },
    });

    go.resolve();
    await reached("neural");
    const answer = await engine.query(question);
    expect(answer).toMatchObject({ tier: "neural", mode: "hybrid" });
    expect(answer.hits[0]!.url).toBe("layout.html");
    expect(second.queries).toEqual([question]);
    const { upgrade, fallbacks, withoutVector } = await engine.status();
    expect({ upgrade, fallbacks, withoutVector }).toMatchObject({
      upgrade: { state: "done", done: passages, total: passages, remainingMs: null },
      fallbacks: [],
      withoutVector: 0,
    });
    expect(progress.at(-1)).toMatchObject({ phase: "upgrade", done: passages, total: passages, remainingMs: 0 });
    expect(second.embedded).toHaveLength(passages);
  });

  test("never has a query of one model meet vectors of the other", async () => {
    const store = new FaultyStore();
    const second = new PortModel();
    const engine = await openUpgraded(second, { store });
    expect(await storedModels(store)).toEqual({ answering: [smallId], others: ["inkling-instant-v1"], partial: [] });
    const alone = await openEngine({ modelId: smallId, loadEmbedder: (onBytes) => second.source().load(onBytes) });
    await alone.add(pages);
    const shape = async (from: Engine): Promise<unknown> =>
      (await from.query(question, { mode: "dense" })).hits.map(({ url, score }) => [url, score]);
    expect(await shape(engine)).toEqual(await shape(alone));
  });

  test("lets documents in while it works: they are found at once, and get vectors of both", async () => {
    const store = new FaultyStore();
    const second = new PortModel();
    const [begun, go] = [defer(), defer()];
    second.beforeBatch = () => (begun.resolve(), go.promise);
    const { engine, reached } = await openUpgrading(second, { store });
    await engine.add(numberedPages(20));
    await begun.promise;
    expect(await engine.add(pages)).toMatchObject({ added: pages.length, withoutVector: 0 });
    await engine.remove(["n/3", "n/4"]);
    expect(await ask(engine, question)).toEqual(["instant", "layout.html"]);
    go.resolve();
    await reached("neural");
    expect(await ask(engine, question)).toEqual(["neural", "layout.html"]);
    const manifest = await readManifest(store);
    for (const { vectors, otherVectors } of manifest.segments) {
      expect(vectors?.model).toBe(smallKey);
      expect(otherVectors).toHaveLength(1);
    }
    expect(new Set(second.embedded).size).toBe(second.embedded.length);
  });

  test("once it answers, has a vector of what is added when add ends", async () => {
    const second = new PortModel();
    const engine = await openUpgraded(second);
    expect(await engine.add(numberedPages(40))).toMatchObject({ added: 40, withoutVector: 0 });
    expect((await engine.query("topic17", { mode: "dense" })).tier).toBe("neural");
    expect((await engine.status()).upgrade).toMatchObject({ state: "done" });
  });

  test("embeds no passage again that only moved, nor those of a page of which one section changed", async () => {
    const second = new PortModel();
    const engine = await openUpgraded(second);
    second.embedded.length = 0;
    const [layout, git] = [pages[0]!, pages[1]!];
    const sections = layout.sections!.map((section) =>
      section.anchor === "overflow" ? { ...section, text: "Clips what is too wide." } : section,
    );
    await engine.add([{ ...layout, sections } as Document, { ...git, url: "moved.html" }]);
    await engine.remove(pages.map(({ url }) => url));
    expect(second.embedded).toEqual(["Boxes\nOverflow\nClips what is too wide."]);
  });

  test("keeps every vector when segments are merged, before and after it has taken over", async () => {
    const store = new FaultyStore();
    const second = new PortModel();
    const { engine, reached } = await openUpgrading(second, { store });
    for (let i = 0; i < 6; i++) await engine.add(numberedPages(2, i * 2));
    await reached("neural");
    for (let i = 6; i < 20; i++) await engine.add(numberedPages(2, i * 2));
    const status = await engine.status();
    expect(status).toMatchObject({ documents: 40, withoutVector: 0, tier: "neural", fallbacks: [] });
    expect(status.segments).toBeLessThanOrEqual(8);
    expect(second.embedded).toHaveLength(40);
    expect(await storedModels(store)).toEqual({ answering: [smallId], others: ["inkling-instant-v1"], partial: [] });
  });
});

test("two tabs that upgrade one index at the same time end in one index, and both answer by it", async () => {
  const store = new FaultyStore();
  const [left, right] = [new PortModel(), new PortModel()];
  const filled = await openEngine({ store });
  await filled.add([...pages, ...numberedPages(80)]);
  const [one, other] = await Promise.all([openUpgrading(left, { store }), openUpgrading(right, { store })]);
  await Promise.all([one.reached("neural"), other.reached("neural")]);
  store.notify();
  for (const { engine } of [one, other]) {
    expect(await ask(engine, question)).toEqual(["neural", "layout.html"]);
    expect(await engine.status()).toMatchObject({ withoutVector: 0, fallbacks: [], upgrade: { state: "done" } });
  }
  expect(await storedModels(store)).toEqual({ answering: [smallId], others: ["inkling-instant-v1"], partial: [] });
});

describe("an upgrade that is cut off", () => {
  /** Runs until some vectors are stored and others are not, and ends as a tab does that is closed. */
  async function cutOff(store: FaultyStore, revision?: string): Promise<PortModel> {
    const second = new PortModel(smallId, revision);
    const { engine } = await openUpgrading(second, { store });
    await engine.modelReady();
    let batches = 0;
    const reached = defer();
    const real = performance.now.bind(performance);
    let shift = 0;
    performance.now = () => real() + shift;
    // Why a clock that jumps: vectors are stored after two seconds of work, and the model is done in less.
    second.beforeBatch = async () => {
      shift += 3000;
      if (++batches === 3) {
        reached.resolve();
        await new Promise(() => {});
      }
    };
    try {
      await engine.add(numberedPages(200));
      await reached.promise;
    } finally {
      performance.now = real;
    }
    await engine.close();
    return second;
  }

  test("goes on in the next session, and embeds nothing twice", async () => {
    const store = new FaultyStore();
    const before = await cutOff(store);
    expect(await storedModels(store)).toEqual({ answering: ["inkling-instant-v1"], others: [], partial: [smallId] });
    expect(before.embedded).toHaveLength(64);
    const second = new PortModel();
    const go = defer();
    second.beforeBatch = () => go.promise;
    const { engine, reached } = await openUpgrading(second, { store });
    await untilStatus(engine, ({ upgrade }) => upgrade?.state === "embedding");
    expect((await engine.status()).upgrade).toMatchObject({ done: 64, total: 200 });
    expect(await ask(engine, "topic5")).toEqual(["instant", "n/5"]);
    go.resolve();
    await reached("neural");
    expect(new Set([...before.embedded, ...second.embedded]).size).toBe(200);
    expect(second.embedded).toHaveLength(200 - 64);
    expect(await storedModels(store)).toEqual({ answering: [smallId], others: ["inkling-instant-v1"], partial: [] });
  });

  test("uses no vector of an earlier revision", async () => {
    const store = new FaultyStore();
    await cutOff(store, "0");
    const second = new PortModel();
    const { reached } = await openUpgrading(second, { store });
    await reached("neural");
    expect(second.embedded).toHaveLength(200);
    const { segments } = await readManifest(store);
    expect(segments.map(({ vectors }) => vectors?.model)).toEqual(segments.map(() => smallKey));
  });

  test("survives a merge of its segments, and the damage of a part of its vectors", async () => {
    const store = new FaultyStore();
    await cutOff(store);
    const between = await openEngine({ store });
    for (let i = 0; i < 9; i++) await between.add(numberedPages(i === 8 ? 201 : 1, 200 + i));
    await between.remove(["n/1", "n/200"]);
    await between.close();
    const [part] = (await readManifest(store)).segments.flatMap(({ partialVectors }) => partialVectors?.blocks ?? []);
    store.replaced.set(part!.name, new Uint8Array(5));
    const second = new PortModel();
    const { engine, reached } = await openUpgrading(second, { store });
    await reached("neural");
    expect(await engine.status()).toMatchObject({ tier: "neural", withoutVector: 0, fallbacks: [] });
  });
});

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

describe("a model whose vectors depend on the whole document", () => {
  const contextual = (model: PortModel): PortModel => {
    model.spoilDescription = (description) => ({ ...description, isContextual: true });
    return model;
  };
  const withParts = (url: string, count: number): Document => ({
    url,
    title: url,
    sections: Array.from({ length: count }, (_, i) => ({
      heading: `Part ${i}`,
      text: `What part ${i} of ${url} says.`,
    })),
  });

  test("gets all passages of a document together and in their order", async () => {
    const model = contextual(new PortModel());
    const { engine, reached } = await openUpgrading(model);
    await engine.add([withParts("a", 20), withParts("b", 40), withParts("c", 3), withParts("d", 5)]);
    await reached("neural");
    const calls = model.documents.map((documents) =>
      [...new Set(documents)].map((one) => documents.filter((each) => each === one).length),
    );
    expect(calls).toEqual([[20], [40], [3, 5]]);
    const expected = ["a", "b", "c", "d"].flatMap((url) =>
      withParts(url, { a: 20, b: 40, c: 3, d: 5 }[url]!).sections!.map(({ text }) => text),
    );
    expect(model.embedded.map((text) => text.split("\n").at(-1))).toEqual(expected);
    expect((await engine.status()).withoutVector).toBe(0);
  });

  test("gets a document once more from its beginning where a run broke off within it", async () => {
    const store = new FaultyStore();
    const failing = contextual(new PortModel());
    failing.beforeBatch = async () => {
      if (failing.documents.length === 2) throw new ModelError("model/failed", "Lost.");
    };
    const { engine } = await openUpgrading(failing, { store });
    await engine.add([withParts("long", 300)]);
    await untilStatus(engine, ({ upgrade }) => upgrade?.state === "failed");
    expect((await engine.status()).upgrade).toMatchObject({ done: 256, total: 300 });
    await engine.close();

    const model = contextual(new PortModel());
    const again = await openUpgrading(model, { store });
    await again.reached("neural");
    expect(model.documents.map((documents) => documents.length)).toEqual([256, 44]);
    expect((await again.engine.status()).upgrade).toMatchObject({ state: "done", done: 300 });
  });
});
