import { describe, expect, test } from "vitest";
import { IndexFormatError } from "../../../src/errors.ts";
import type { BlockReference, Manifest, SegmentReference } from "../../../src/core/segment/manifest.ts";
import type { Fallback } from "../../../src/types.ts";
import type { Engine } from "../../../worker/engine.ts";
import { FaultyStore, numberedPages, openEngine, pages, urlsOf, WatchedModel } from "./engine-kit.ts";

/** Two segments: the numbered pages, with one removed, and the small site. */
async function fill(store: FaultyStore): Promise<{ damaged: SegmentReference; manifest: Manifest }> {
  const engine = await openEngine({ store });
  await engine.add(pages);
  await engine.add(numberedPages(40));
  await engine.remove(["n/5"]);
  await engine.close();
  const manifest = (await store.readManifest()) as Manifest;
  return { damaged: manifest.segments[1]!, manifest };
}

const parts: Readonly<Record<string, (segment: SegmentReference) => BlockReference>> = {
  documents: (segment) => segment.blocks.documents,
  passages: (segment) => segment.blocks.passages,
  terms: (segment) => segment.blocks.terms,
  postings: (segment) => segment.blocks.postings,
  tombstones: (segment) => segment.tombstones!,
  text: (segment) => segment.blocks.text[0]!,
  vectors: (segment) => segment.vectors!.block,
};

const damages: Readonly<
  Record<string, { readonly code: string; readonly spoil: (bytes: Uint8Array) => Uint8Array | undefined }>
> = {
  missing: { code: "index/missing-block", spoil: () => undefined },
  "cut short": { code: "index/truncated", spoil: (bytes) => bytes.slice(0, -1) },
  empty: { code: "index/truncated", spoil: () => new Uint8Array() },
  "changed by a bit": {
    code: "index/checksum",
    spoil: (bytes) => bytes.map((byte, i) => (i === bytes.length >> 1 ? byte ^ 1 : byte)),
  },
};

/** Text is read late: its damage is found by the first query that shows it, and healed by the next add. */
async function expectHealed(engine: Engine): Promise<void> {
  await engine.query("topic7");
  await engine.add(numberedPages(40));
  expect(await engine.status()).toMatchObject({ documents: 40 + pages.length, withoutVector: 0, fallbacks: [] });
  expect(urlsOf(await engine.query("topic7", { mode: "words" }))[0]).toBe("n/7");
}

describe.each(Object.keys(parts))("a %s block", (part) => {
  test.each(Object.keys(damages))(
    "that is %s is reported, the rest answers, and adding again heals it",
    async (kind) => {
      const store = new FaultyStore();
      const { damaged } = await fill(store);
      const { name } = parts[part]!(damaged);
      const { code, spoil } = damages[kind]!;
      store.replaced.set(name, spoil((await store.readBlocks([name]))[0]!));

      // Why without the model: it would give damaged vectors new ones before they are looked at.
      const engine = await openEngine({ store, loadEmbedder: () => new Promise(() => {}) });
      const found = urlsOf(await engine.query("topic7", { mode: "words" }));
      expect(found[0]).toBe(part === "vectors" ? "n/7" : undefined);
      expect(urlsOf(await engine.query("blight", { mode: "words" }))).toEqual(["garden.html"]);
      const { fallbacks } = await engine.status();
      expect(fallbacks).toMatchObject([
        {
          feature: part === "vectors" ? "vectors" : "index",
          error: { name: "IndexFormatError", code, details: { block: name } },
        },
      ]);
      await engine.close();

      await expectHealed(await openEngine({ store }));
      await expectHealed(await openEngine({ store }));
    },
  );
});

test("damaged text that a merge or new vectors have to read does not keep anything from being added", async () => {
  const store = new FaultyStore();
  const { damaged } = await fill(store);
  store.replaced.set(damaged.blocks.text[0]!.name, undefined);
  const engine = await openEngine({ store, loadEmbedder: () => WatchedModel.load("newer") });
  for (let i = 0; i < 10; i++) await engine.add(numberedPages(1, 1000 + i));
  expect(await engine.status()).toMatchObject({ documents: pages.length + 10, withoutVector: 0, fallbacks: [] });
});

test("two damaged text blocks are both left out", async () => {
  const store = new FaultyStore();
  const { manifest } = await fill(store);
  for (const segment of manifest.segments) store.replaced.set(segment.blocks.text[0]!.name, new Uint8Array(3));
  const engine = await openEngine({ store, loadEmbedder: () => new Promise(() => {}) });
  expect((await engine.query("words water topic7", { mode: "words" })).hits).toEqual([]);
  expect((await engine.status()).fallbacks.map((fallback: Fallback) => fallback.error.code)).toEqual([
    "index/truncated",
    "index/truncated",
  ]);
  store.notify();
  expect((await engine.query("words water topic7", { mode: "words" })).hits).toEqual([]);
});

test("storage that never gives back whole vectors does not keep the model busy for ever", async () => {
  const store = new FaultyStore();
  store.beforeCommit = ({ put }) => {
    for (const name of put.keys()) if (name.includes("vectors")) store.replaced.set(name, new Uint8Array(8));
  };
  const engine = await openEngine({ store });
  expect(await engine.add(pages)).toMatchObject({ added: pages.length });
  expect(urlsOf(await engine.query("blight"))).toContain("garden.html");
});

describe("a stored manifest", () => {
  async function openOn(manifest: unknown): Promise<{ engine: Engine; store: FaultyStore }> {
    const store = new FaultyStore();
    await fill(store);
    store.manifest = { value: manifest };
    return { engine: await openEngine({ store }), store };
  }

  test("that is damaged counts as empty, is reported, and is replaced by the next add", async () => {
    const { engine } = await openOn({ format: 1, analysis: 1, generation: 3, segments: "none" });
    expect(await engine.status()).toMatchObject({
      documents: 0,
      fallbacks: [{ feature: "index", instead: "an empty index", error: { code: "index/format" } }],
    });
    expect((await engine.query("blight")).hits).toEqual([]);
    await engine.add(pages);
    expect(await engine.status()).toMatchObject({ documents: pages.length, fallbacks: [] });
    expect(urlsOf(await engine.query("blight", { mode: "words" }))).toEqual(["garden.html"]);
  });

  test("of a newer format is refused and left untouched", async () => {
    const store = new FaultyStore();
    const { manifest } = await fill(store);
    const newer = { ...manifest, format: 99 };
    store.manifest = { value: newer };
    const error: unknown = await openEngine({ store }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(IndexFormatError);
    expect(error).toMatchObject({ code: "index/newer-format", details: { format: 99 } });
    expect(await store.readManifest()).toEqual(newer);
  });

  test("whose counts do not fit its blocks costs that segment only", async () => {
    for (const wrong of [{ documents: 2 ** 40 }, { passages: 2 ** 40 }, { documents: 3 }, { passages: 41 }]) {
      const store = new FaultyStore();
      const { manifest } = await fill(store);
      const segments = manifest.segments.map((segment, i) => (i === 1 ? { ...segment, ...wrong } : segment));
      store.manifest = { value: { ...manifest, segments } };
      const engine = await openEngine({ store, loadEmbedder: () => new Promise(() => {}) });
      expect(urlsOf(await engine.query("blight", { mode: "words" })), JSON.stringify(wrong)).toEqual(["garden.html"]);
      expect((await engine.status()).fallbacks).toMatchObject([{ feature: "index", error: { code: "index/format" } }]);
    }
  });
});
