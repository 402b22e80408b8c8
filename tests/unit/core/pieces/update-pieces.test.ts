import { beforeAll, describe, expect, test, vi } from "vitest";
import { findModelFolder } from "../../../../cli/model-folder.ts";
import { readTokenTable } from "../../../../cli/site/token-table.ts";
import { readVectors } from "../../../../src/core/pieces/lay-out.ts";
import { updatePieces } from "../../../../src/core/pieces/update-pieces.ts";
import { type LaidOutPieces, layOutPieces, type TokenTable } from "../../../../src/core/pieces/write-pieces.ts";
import type { Document } from "../../../../src/types.ts";
import type { Engine } from "../../../../worker/engine.ts";
import { IndexState } from "../../../../worker/index-state.ts";
import { createMemoryStore } from "../../../../worker/stores/memory.ts";
import { utf8 } from "../../../../worker/utf8.ts";
import { numberedPages, openEngine, pages } from "../../worker/engine-kit.ts";
import { type Dump, dumpPieces, keyOf, MemoryPieces } from "./memory-pieces.ts";

// Why so long: each lays an index out several times, with hundreds of vectors made.
vi.setConfig({ testTimeout: 120_000 });

let table: TokenTable;
beforeAll(async () => {
  const whole = (await readTokenTable(findModelFolder()))!;
  // Why a part: no change of documents touches the rows of the model.
  table = { ...whole, tokens: whole.tokens.slice(0, 500) };
}, 60_000);

/** A long page, whose words make long lists of postings. */
function longPage(url: string, sections: number): Document {
  const text = (i: number): string => `Section ${i} mentions shared words, and word${i % 7} besides. It is not long.`;
  return {
    url,
    title: `Long ${url}`,
    attributes: { area: "long", weight: 2 },
    sections: Array.from({ length: sections }, (_, i) => ({ heading: `Part ${i}`, anchor: `p${i}`, text: text(i) })),
  };
}

const documents: readonly Document[] = [
  ...pages,
  ...numberedPages(60),
  longPage("long/a", 90),
  longPage("long/b", 400),
];

/** An index that changes, and its pieces. */
class Site {
  readonly pieces = new MemoryPieces();
  readonly #state: IndexState;
  readonly #engine: Engine;
  readonly #table: TokenTable | null;
  laidOut!: LaidOutPieces;

  static async open(withVectors: boolean): Promise<Site> {
    const store = createMemoryStore();
    const state = await IndexState.open(store);
    const model = withVectors ? {} : { modelId: "none", loadEmbedder: () => Promise.reject(new Error("none")) };
    const site = new Site(state, await openEngine({ store, state, ...model }), withVectors ? table : null);
    await site.#engine.add(documents);
    site.laidOut = await layOutPieces(state.snapshot.readers, site.#table, site.pieces.put, utf8);
    return site;
  }

  private constructor(state: IndexState, engine: Engine, own: TokenTable | null) {
    this.#state = state;
    this.#engine = engine;
    this.#table = own;
  }

  /** Changes documents and brings the pieces up to date. @returns whether that was possible. */
  async change(changed: readonly Document[], removed: readonly string[], share = 10): Promise<boolean> {
    await this.#engine.add(changed);
    await this.#engine.remove(removed);
    this.pieces.fresh.length = 0;
    const { written, layout } = this.laidOut;
    const previous = { entry: { ...written, blocks: 0, bytes: 0, analysis: 1 }, layout };
    const updated = await updatePieces(previous, this.#state.snapshot.readers, this.pieces, utf8, { share });
    if (updated !== null) this.laidOut = updated;
    return updated !== null;
  }

  async dump(): Promise<Dump> {
    return dumpPieces(this.laidOut.written, this.pieces, await this.#vectors());
  }

  /** What the index would be if it were laid out anew. */
  async dumpAnew(): Promise<Dump> {
    const pieces = new MemoryPieces();
    const { written } = await layOutPieces(this.#state.snapshot.readers, this.#table, pieces.put, utf8);
    return dumpPieces(written, pieces, await this.#vectors());
  }

  async #vectors(): Promise<Map<string, Float32Array>> {
    const vectors = new Map<string, Float32Array>();
    for (const reader of this.#table === null ? [] : this.#state.snapshot.readers) {
      for (let passage = 0; passage < reader.passageCount; passage++) {
        const document = reader.passageDocuments[passage]!;
        const { anchor } = reader.places(document)[reader.sectionOf(passage)]!;
        const key = keyOf(reader.url(document), anchor, await reader.passageText(passage));
        const vector = readVectors(reader, passage, passage + 1, 256);
        // Why not all: the model knows no word of some.
        if (!reader.isRemoved(document) && vector.some((value) => value !== 0)) vectors.set(key, vector);
      }
    }
    return vectors;
  }
}

/** Compares what two indexes say. Vectors are coded by how they differ from those beside them, which are others in each: they are compared with the true ones. */
function expectSame(found: Dump, anew: Dump): void {
  const strip = ({ passages }: Dump): object[] =>
    passages.map((passage) => ({ ...passage, likeness: passage.likeness === null }));
  expect(strip(found)).toEqual(strip(anew));
  for (const { key, likeness } of found.passages) expect(likeness ?? 1, key).toBeGreaterThan(0.9);
  expect([...found.terms.keys()].toSorted()).toEqual([...anew.terms.keys()].toSorted());
  for (const [term, levels] of found.terms) {
    const expected = anew.terms.get(term)!;
    expect([...levels.keys()].toSorted(), term).toEqual([...expected.keys()].toSorted());
    // Why one apart: mean lengths of fields are those of when all was laid out.
    for (const [passage, level] of levels)
      expect(Math.abs(level - expected.get(passage)!), term).toBeLessThanOrEqual(1);
  }
}

const changed: Document = {
  url: "garden.html",
  title: "Watering",
  text: "Melons want a warm place and little water. Lanterns in the greenhouse keep the frost away from them.",
};

describe.each([true, false])("an index in pieces that is brought up to date, with vectors: %s", (withVectors) => {
  test("says what one says that is laid out anew: pages changed, removed, added, made longer and shorter", async () => {
    const site = await Site.open(withVectors);
    expect(await site.change([changed], ["n/3", "ja.html"])).toBe(true);
    expectSame(await site.dump(), await site.dumpAnew());
    expect(await site.change([longPage("long/a", 300), longPage("long/c", 30), longPage("long/b", 20)], [])).toBe(true);
    expectSame(await site.dump(), await site.dumpAnew());
    expect(
      await site.change([...numberedPages(70, 500), { url: "n/3", title: "Back", text: "It is back." }], ["long/c"]),
    ).toBe(true);
    expectSame(await site.dump(), await site.dumpAnew());
    expect(site.laidOut.written.removed).toEqual({ documents: 6, passages: expect.any(Number) as number });
  });

  test("names every block that it has as often as it is noted, and no other", async () => {
    const site = await Site.open(withVectors);
    await site.change([changed, longPage("long/b", 380)], ["n/3", "n/4"]);
    await site.change([{ ...changed, title: "Again" }], ["n/5"]);
    const { named } = await site.dump();
    const byName = (uses: ReadonlyMap<string, number>): [string, number][] =>
      [...uses].toSorted(([a], [b]) => (a < b ? -1 : 1));
    expect(byName(named)).toEqual(byName(site.pieces.uses));
  });
});

test("nothing is written where nothing has changed", async () => {
  const site = await Site.open(true);
  const before = site.laidOut.written;
  expect(await site.change([documents[0]!], [])).toBe(true);
  expect(site.laidOut.written).toMatchObject(before);
  expect(site.pieces.fresh).toEqual([]);
});

test("one changed page leaves nearly all blocks as they are", async () => {
  const site = await Site.open(true);
  const all = site.pieces.blocks.size;
  await site.change([changed], []);
  expect(all).toBeGreaterThan(200);
  expect(site.pieces.fresh.length).toBeLessThan(40);
});

test("documents of many small changes are placed together in the end, and stay what they are", async () => {
  const site = await Site.open(true);
  for (let i = 0; i < 10; i++)
    await site.change([{ url: `new/${i}`, title: `New ${i}`, text: `Something about moss and fern${i}.` }], []);
  expect(site.laidOut.layout.batches).toEqual([documents.length, 9, 1]);
  expectSame(await site.dump(), await site.dumpAnew());
});

test("where more than the share has changed, or the model, the index is to be laid out anew", async () => {
  const site = await Site.open(true);
  expect(await site.change([changed], [], 0.1)).toBe(true);
  expect(await site.change([longPage("long/b", 300)], [], 0.1)).toBe(false);
  const words = await Site.open(false);
  const { written, layout } = words.laidOut;
  const other = {
    entry: { ...written, blocks: 0, bytes: 0, analysis: 1 },
    layout: { ...layout, vectors: "other@1/256" },
  };
  expect(await updatePieces(other, [], words.pieces, utf8)).toBeNull();
});
