import { describe, expect, test } from "vitest";
import { segmentOf, settleIndex } from "../../../../cli/segments/settle-index.ts";
import { blocksOf } from "../../../../src/core/segment/check-manifest.ts";
import { prepareDocument } from "../../../../src/core/segment/prepare.ts";
import { SegmentWriter, type WrittenSegment } from "../../../../src/core/segment/writer.ts";
import type { Document } from "../../../../src/types.ts";
import { IndexState } from "../../../../worker/index-state.ts";
import { createMemoryStore } from "../../../../worker/stores/memory.ts";
import { utf8 } from "../../../../worker/utf8.ts";
import { FaultyStore, numberedPages, openEngine, pages } from "../../worker/engine-kit.ts";

const documents: readonly Document[] = [...pages, ...numberedPages(40), { url: "empty.html", title: "", text: "" }];

/** An index that came about in steps. */
async function indexOf(steps: readonly (readonly Document[] | readonly string[])[], store = createMemoryStore()) {
  const state = await IndexState.open(store);
  const engine = await openEngine({ store, state, maxSegments: Number.POSITIVE_INFINITY });
  for (const step of steps) {
    if (typeof step[0] === "string") await engine.remove(step as readonly string[]);
    else await engine.add(step as readonly Document[]);
  }
  return state;
}

/** The segments of an index without the names of their blocks, and the blocks' bytes. */
async function contentsOf({ snapshot: { manifest }, store }: IndexState): Promise<unknown> {
  const blocks = await store.readBlocks(manifest.segments.flatMap(blocksOf).map(({ name }) => name));
  const segments = JSON.stringify(manifest.segments, (key, value: unknown) => (key === "name" ? "" : value));
  return { segments, blocks: blocks.map((block) => Buffer.from(block!).toString("base64")) };
}

function writeAnew(wanted: readonly Document[]): WrittenSegment {
  const writer = new SegmentWriter(utf8);
  for (const document of wanted.toSorted((a, b) => (a.url < b.url ? -1 : 1))) {
    const prepared = prepareDocument(document, utf8);
    writer.beginDocument(prepared);
    prepared.passages.forEach((_, i) => writer.addPassage(prepared, i));
  }
  return writer.finish();
}

describe.each([1, 3])("an index of %d segments", (count) => {
  test("has the same bytes, whatever was added and removed in whatever order", async () => {
    const changed = { ...documents[3]!, title: "Another title" };
    const direct = await indexOf([documents]);
    const detour = await indexOf([
      documents.slice(20).toReversed(),
      [changed, ...numberedPages(5, 1000)],
      documents.slice(0, 30),
      ["n/1000", "n/1001", "n/1002", "n/1003", "n/1004"],
    ]);
    await settleIndex(direct, count);
    await settleIndex(detour, count);
    expect(await contentsOf(detour)).toEqual(await contentsOf(direct));
    expect(direct.snapshot.manifest.segments).toHaveLength(count);
  });

  test("holds what its documents written anew would give", async () => {
    const state = await indexOf([documents.slice(0, 30), documents.slice(30), ["garden.html"]]);
    await settleIndex(state, count);
    const left = documents.filter(({ url }) => url !== "garden.html");
    for (const reader of state.snapshot.readers) {
      const { id, fieldLengths, blocks } = reader.reference;
      const segment = segmentOf(reader.url(0), count);
      const anew = writeAnew(left.filter(({ url }) => segmentOf(url, count) === segment));
      const names = ["documents", "passages", "terms", "postings"] as const;
      const stored = await state.blocks.read([...names.map((name) => blocks[name]), ...blocks.text]);
      const expected = [...names.map((name) => anew.blocks[name]), ...anew.blocks.text];
      expect({ id, fieldLengths }).toEqual({ id: anew.id, fieldLengths: anew.fieldLengths });
      expect(stored.map((bytes) => Buffer.from(bytes))).toEqual(expected.map((bytes) => Buffer.from(bytes)));
    }
  });

  test("is left alone where nothing has changed, and changes in one segment where one document has", async () => {
    const store = new FaultyStore();
    const state = await indexOf([documents], store);
    await settleIndex(state, count);
    const before = state.snapshot.manifest.segments;
    const { commits } = store;
    await settleIndex(state, count);
    expect(store.commits).toBe(commits);
    const engine = await openEngine({ store, state, maxSegments: Number.POSITIVE_INFINITY });
    await engine.add([{ ...documents[0]!, title: "Cases" }]);
    await settleIndex(state, count);
    const kept = state.snapshot.manifest.segments.filter((segment) => before.includes(segment));
    expect(kept).toHaveLength(count - 1);
  });
});

test("a damaged text is an error that names its block, and nothing is lost", async () => {
  const store = new FaultyStore();
  const state = await indexOf([documents.slice(0, 20), documents.slice(20)], store);
  const { segments } = state.snapshot.manifest;
  store.replaced.set(segments[0]!.blocks.text[0]!.name, undefined);
  await expect(settleIndex(state, 1)).rejects.toMatchObject({ code: "index/missing-block" });
  expect(state.snapshot.manifest.segments).toEqual(segments);
});

test("an empty index stays empty", async () => {
  const state = await indexOf([]);
  await settleIndex(state);
  expect(state.snapshot.manifest.segments).toEqual([]);
});
