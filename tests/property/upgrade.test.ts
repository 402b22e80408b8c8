import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SegmentReader } from "../../src/core/segment/reader.ts";
import type { Document, Progress } from "../../src/types.ts";
import { createEngine, type Engine } from "../../worker/engine.ts";
import { IndexState } from "../../worker/index-state.ts";
import type { BlockStore } from "../../worker/ports.ts";
import { createMemoryStore } from "../../worker/stores/memory.ts";
import { VectorSets } from "../../worker/vector-sets.ts";
import { WatchedModel } from "../unit/worker/engine-kit.ts";
import { PortModel, smallId } from "../unit/worker/port-model.ts";

/** What happens to an index. Urls and texts are few, so that documents are replaced, moved and repeated. */
type Step =
  | { readonly kind: "add"; readonly documents: readonly { readonly url: number; readonly text: number }[] }
  | { readonly kind: "remove"; readonly urls: readonly number[] }
  | { readonly kind: "upgrade"; readonly batches: number }
  | { readonly kind: "kill" }
  | { readonly kind: "first" };

const url = fc.integer({ min: 0, max: 11 });
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant("add" as const),
        documents: fc.uniqueArray(fc.record({ url, text: fc.integer({ min: 0, max: 5 }) }), {
          selector: (document) => document.url,
          minLength: 1,
          maxLength: 6,
        }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant("remove" as const), urls: fc.uniqueArray(url, { maxLength: 5 }) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant("upgrade" as const), batches: fc.integer({ min: 0, max: 3 }) }),
    },
    { weight: 2, arbitrary: fc.constant({ kind: "kill" as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: "first" as const }) },
  ),
  { maxLength: 16 },
);

function makeDocument({ url, text }: { readonly url: number; readonly text: number }): Document {
  const sections = Array.from({ length: 12 }, (_, i) => ({
    heading: `Part ${i}`,
    text: `Section ${i} of text ${text} tells of ${["rain", "bread", "tomatoes", "trains", "pictures", "keys"][text]}.`,
  }));
  return { url: `u/${url}`, title: `Text ${text}`, sections };
}

/** Url, passage and vector of everything that can be found, in one order. */
async function readContent(store: BlockStore, id: string): Promise<string[]> {
  const state = await IndexState.open(store);
  const sets = new VectorSets(state.blocks);
  const lines = await Promise.all(state.snapshot.readers.map((reader) => readLines(sets, reader, id)));
  await state.close();
  return lines.flat().toSorted();
}

async function readLines(sets: VectorSets, reader: SegmentReader, id: string): Promise<string[]> {
  const model = sets.whole(reader).find((set) => set.model.startsWith(`${id}@`))?.model ?? "";
  const rows = await sets.rows(reader, model);
  const dim = (rows?.codes.length ?? 0) / Math.max(1, reader.passageCount);
  const lines: string[] = [];
  for (let passage = 0; passage < reader.passageCount; passage++) {
    const document = reader.passageDocuments[passage]!;
    const codes = rows?.codes.subarray(passage * dim, (passage + 1) * dim);
    if (!reader.isRemoved(document))
      lines.push([reader.url(document), reader.passageHash(passage), rows?.scales[passage], codes].join(" "));
  }
  return lines;
}

/** An index that steps are done to, with a second model that can be held back after some batches. */
class Site {
  readonly store: BlockStore = createMemoryStore();
  readonly live: Map<string, Document> = new Map();
  readonly #model: WatchedModel;
  #engine: Engine | null = null;
  #second: HeldModel | null = null;

  constructor(model: WatchedModel) {
    this.#model = model;
  }

  async #open(second: HeldModel | null): Promise<Engine> {
    if (this.#engine !== null && second === this.#second) return this.#engine;
    await this.#engine?.close();
    this.#second = second;
    this.#engine = await createEngine({
      name: "site",
      store: this.store,
      modelId: "inkling-instant-v1",
      loadEmbedder: async () => this.#model,
      upgrade: second === null ? "first" : second.source(),
    });
    return this.#engine;
  }

  async take(step: Step): Promise<void> {
    const engine = await this.#open(this.#second);
    switch (step.kind) {
      case "add":
        await this.#add(engine, step.documents.map(makeDocument));
        for (const document of step.documents.map(makeDocument)) this.live.set(document.url, document);
        return;
      case "remove":
        await engine.remove(step.urls.map((number) => `u/${number}`));
        for (const number of step.urls) this.live.delete(`u/${number}`);
        return;
      case "upgrade":
        await this.#open(new HeldModel(step.batches));
        return;
      case "kill":
        await engine.close();
        this.#engine = null;
        return;
      case "first":
        this.#second = null;
        await engine.use("first");
    }
  }

  /** Adds documents. Once the second model answers, the call waits for its vectors, and it may be held back: words must do. */
  async #add(engine: Engine, documents: readonly Document[]): Promise<void> {
    let adding = Promise.resolve<unknown>(null);
    const isStored = new Promise<void>((resolve) => {
      const onProgress = ({ phase, done, total }: Progress): void => {
        if (phase === "index" && done === total) resolve();
      };
      adding = engine.add(documents, { onProgress });
    });
    await Promise.race([adding, isStored.then(() => this.#second?.held ?? adding)]);
  }

  /** Lets the upgrade go to its end. */
  async finish(): Promise<void> {
    const engine = await this.#open(new HeldModel(Infinity));
    while ((await engine.status()).upgrade?.state !== "done") await new Promise((resolve) => setImmediate(resolve));
    // Why a call: adding nothing waits for vectors of the first model, too.
    await engine.add([]);
    await engine.close();
  }
}

/** A second model that stops half-way. */
class HeldModel extends PortModel {
  readonly held: Promise<void>;

  constructor(batches: number) {
    super();
    let left = batches;
    let hold = (): void => {};
    this.held = new Promise((resolve) => (hold = resolve));
    this.beforeBatch = async () => {
      clockShift += 3000;
      if (left-- > 0) return;
      hold();
      await new Promise(() => {});
    };
  }
}

async function freshContent(model: WatchedModel, documents: readonly Document[], id: string): Promise<string[]> {
  const store = createMemoryStore();
  const load = async (): Promise<WatchedModel> => model;
  const second = new PortModel();
  const isFirst = id !== smallId;
  const engine = await createEngine({
    name: "fresh",
    store,
    modelId: id,
    loadEmbedder: isFirst ? load : (onBytes) => second.source().load(onBytes),
  });
  await engine.add(documents);
  await engine.close();
  return readContent(store, id);
}

/** Why a clock that jumps with each batch: vectors are stored after two seconds of work, and so few are made in less. */
const realNow = performance.now.bind(performance);
let clockShift = 0;

beforeAll(() => {
  performance.now = () => realNow() + clockShift;
});

afterAll(() => {
  performance.now = realNow;
});

describe("an upgrade", () => {
  test("ends in the index of a fresh build, whatever is added, removed, switched and killed on the way", async () => {
    const model = await WatchedModel.load();
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const site = new Site(model);
        for (const step of list) await site.take(step);
        await site.finish();
        const documents = [...site.live.values()];
        for (const id of ["inkling-instant-v1", smallId])
          expect(await readContent(site.store, id)).toEqual(await freshContent(model, documents, id));
      }),
      { numRuns: 120, seed: 11 },
    );
  }, 120_000);
});
