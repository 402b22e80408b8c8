import { describe, expect, test } from "vitest";
import { ModelError } from "../../../src/errors.ts";
import type { Document, Progress } from "../../../src/types.ts";
import type { Engine } from "../../../worker/engine.ts";
import { defer, FaultyStore, numberedPages, openEngine, pages, WatchedModel } from "./engine-kit.ts";
import { PortModel, smallId } from "./port-model.ts";
import {
  ask,
  openUpgraded,
  openUpgrading,
  question,
  readManifest,
  smallKey,
  storedModels,
  untilStatus,
} from "./upgrade-kit.ts";

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
