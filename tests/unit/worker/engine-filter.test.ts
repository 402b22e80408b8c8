import { describe, expect, test } from "vitest";
import type { Attributes, Document, QueryOptions } from "../../../src/types.ts";
import { createMemoryStore } from "../../../worker/stores/memory.ts";
import { FaultyStore, numberedPages, openEngine, pages, urlsOf } from "./engine-kit.ts";

/** Pages that say nearly the same, so that attributes alone tell them apart. */
function articles(...attributes: (Attributes | undefined)[]): Document[] {
  return attributes.map((each, i) => ({
    url: `a/${i}`,
    text: "Water the tomatoes in the morning.",
    ...(each === undefined ? {} : { attributes: each }),
  }));
}

describe("where", () => {
  test.each(["words", "dense", "hybrid"] as const)("leaves other pages out, by %s", async (mode) => {
    const engine = await openEngine();
    await engine.add([...numberedPages(300), ...articles({ area: "garden" }, { area: "kitchen" }, undefined)]);
    const query = (options: QueryOptions) => engine.query("when to water tomatoes", { mode, ...options });
    expect(urlsOf(await query({ where: { area: "kitchen" } }))).toEqual(["a/1"]);
    expect(urlsOf(await query({ where: { area: { in: ["garden", "kitchen"] } } }))).toEqual(["a/0", "a/1"]);
    expect(urlsOf(await query({ where: { not: { area: "garden" } }, limit: 1 }))).not.toContain("a/0");
    expect(urlsOf(await query({ where: { area: "kitchen", url: "a/0" } }))).toEqual([]);
  });

  test("reads the language of a page, its title and its url", async () => {
    const engine = await openEngine();
    await engine.add(pages);
    expect(urlsOf(await engine.query("box", { where: { lang: "en" } }))).toEqual(["layout.html"]);
    expect(urlsOf(await engine.query("hot oven", { where: { title: "Sourdough" } }))).toEqual(["bread.html"]);
    expect(urlsOf(await engine.query("skip the hooks", { where: { url: { in: ["git.html"] } } }))).toEqual([
      "git.html",
    ]);
  });

  test("changes no score: an answer is the unfiltered one without the others", async () => {
    const engine = await openEngine();
    await engine.add([...pages, ...numberedPages(40)]);
    const all = await engine.query("water for the page", { limit: 100 });
    const some = await engine.query("water for the page", { limit: 100, where: { not: { title: "Watering" } } });
    expect(all.hits.map(({ url }) => url)).toContain("garden.html");
    expect(some.hits).toEqual(all.hits.filter(({ url }) => url !== "garden.html"));
  });

  test("sees documents that are added, replaced and removed, and segments that are merged", async () => {
    const engine = await openEngine();
    for (let i = 0; i < 12; i++) await engine.add(articles({ part: i }).map((page) => ({ ...page, url: `p/${i}` })));
    expect((await engine.status()).segments).toBeLessThan(12);
    await engine.add([{ url: "p/3", text: "Water the tomatoes.", attributes: { part: 100 } }]);
    await engine.remove(["p/11"]);
    const { hits, facets } = await engine.query("tomatoes", { where: { part: { gte: 9 } }, facets: ["part"] });
    expect(hits.map(({ url }) => url).toSorted()).toEqual(["p/10", "p/3", "p/9"]);
    expect(facets["part"]!.map(({ value }) => value)).toEqual([9, 10, 100]);
  });

  test("goes by what is in the index, whatever was removed", async () => {
    const engine = await openEngine();
    await engine.add(articles({ on: "2024-01-01" }, { on: "some day" }));
    const dated = { where: { on: { gte: "2020" } } };
    await expect(engine.query("tomatoes", dated)).rejects.toMatchObject({ code: "argument/where" });
    await engine.add([{ url: "a/1", text: "Tomatoes.", attributes: { on: "2024-02-01" } }]);
    expect(urlsOf(await engine.query("tomatoes", dated)).toSorted()).toEqual(["a/0", "a/1"]);
  });

  test("finds what an index left whole has, where a segment is damaged", async () => {
    const store = new FaultyStore();
    const engine = await openEngine({ store });
    await engine.add(articles({ area: "garden" }));
    await engine.add(articles({ area: "kitchen" }).map((page) => ({ ...page, url: "b" })));
    await engine.close();
    const manifest = (await store.readManifest()) as { segments: { blocks: { documents: { name: string } } }[] };
    store.replaced.set(manifest.segments[0]!.blocks.documents.name, undefined);
    const again = await openEngine({ store });
    const { hits, facets } = await again.query("tomatoes", { where: { not: { area: "cellar" } }, facets: ["area"] });
    expect(hits.map(({ url }) => url)).toEqual(["b"]);
    expect(facets["area"]).toEqual([{ value: "kitchen", count: 1 }]);
  });

  test("is refused where it makes no sense, and the next query answers", async () => {
    const engine = await openEngine();
    await engine.add(pages);
    const refused = async (options: object): Promise<unknown> => engine.query("box", options as QueryOptions);
    await expect(refused({ where: { colour: "red" } })).rejects.toMatchObject({ code: "argument/where" });
    await expect(refused({ where: { area: { gte: 1 } } })).rejects.toThrow('"area" is a keyword');
    await expect(refused({ where: 0 })).rejects.toMatchObject({ code: "argument/where" });
    await expect(refused({ facets: "area" })).rejects.toMatchObject({ code: "argument/facets" });
    await expect(refused({ sort: { area: "down" } })).rejects.toMatchObject({ code: "argument/sort" });
    expect(urlsOf(await engine.query("box"))[0]).toBe("layout.html");
  });

  test("of an empty index is an empty answer", async () => {
    const engine = await openEngine();
    expect(
      await engine.query("x", { where: { colour: "red" }, facets: ["area"], sort: { price: "asc" } }),
    ).toMatchObject({
      hits: [],
      total: 0,
      facets: { area: [] },
    });
  });
});

describe("facets", () => {
  test("count what matches `where`, whatever the text, and are empty where none are asked for", async () => {
    const engine = await openEngine();
    await engine.add(articles({ tags: ["a", "b"], n: 1 }, { tags: ["a"], n: 2 }, { n: 3 }));
    const expected = {
      tags: [
        { value: "a", count: 2 },
        { value: "b", count: 1 },
      ],
    };
    expect((await engine.query("tomatoes", { facets: ["tags"] })).facets).toEqual(expected);
    expect((await engine.query("", { facets: ["tags"], limit: 0 })).facets).toEqual(expected);
    const { facets, hits } = await engine.query("tomatoes", { facets: ["tags"], where: { n: { gt: 1 } } });
    expect([facets, hits.length]).toEqual([{ tags: [{ value: "a", count: 1 }] }, 2]);
    expect((await engine.query("tomatoes")).facets).toEqual({});
  });
});

describe("sort", () => {
  const dated = articles({ on: "2024-05-01" }, { on: "2026-01-01" }, undefined, { on: "2025-05-01" });

  test("puts the pages that answer in order by an attribute, those without it last", async () => {
    const engine = await openEngine();
    await engine.add([...dated, ...numberedPages(30)]);
    const { hits } = await engine.query("when to water tomatoes", { sort: { on: "desc" } });
    expect(hits.map(({ url }) => url)).toEqual(["a/1", "a/3", "a/0", "a/2"]);
  });

  test("lists all pages where there is no text, each with the beginning of its text", async () => {
    const engine = await openEngine();
    await engine.add([...dated, { url: "empty", text: "", attributes: { on: "2026-02-02" } }]);
    const listed = await engine.query(" ?! ", { sort: { on: "asc" }, where: { on: { gte: "2025" } }, limit: 5 });
    expect(listed).toMatchObject({ total: 2, mode: "words" });
    expect(listed.hits.map(({ url, score }) => [url, score])).toEqual([
      ["a/3", 0],
      ["a/1", 0],
    ]);
    expect(listed.hits[0]!.passages[0]).toMatchObject({ excerpt: dated[3]!.text, ranges: [] });
    expect((await engine.query("", { where: { on: { gte: "2025" } } })).hits).toEqual([]);
  });

  test("keeps the order by score where attributes are equal", async () => {
    const engine = await openEngine();
    await engine.add(numberedPages(5).map((page) => ({ ...page, attributes: { kind: "x" } })));
    const byScore = await engine.query("topic3 shared words", { mode: "words", limit: 5 });
    const byKind = await engine.query("topic3 shared words", {
      mode: "words",
      limit: 5,
      sort: { kind: "asc", score: "desc" },
    });
    expect(byKind.hits).toEqual(byScore.hits.filter(({ score }) => score >= byScore.hits[0]!.score / 2));
  });
});

describe("a page's weight", () => {
  test.each(["words", "dense", "hybrid"] as const)("multiplies its score, from 0 to 10, by %s", async (mode) => {
    const engine = await openEngine();
    await engine.add(
      articles({}, { weight: 2 }, { weight: 0.5 }, { weight: 0 }, { weight: 1000 }, { weight: "9" }, { weight: -3 }),
    );
    // Why another page: where all say the same, no meaning stands out.
    await engine.add(numberedPages(20));
    const { hits } = await engine.query("water tomatoes", { mode, limit: 7 });
    const scores = new Map(hits.map(({ url, score }) => [url, score]));
    const one = scores.get("a/0")!;
    expect(one).toBeGreaterThan(0);
    expect(urlsOf({ hits }).slice(0, 5)).toEqual(["a/4", "a/1", "a/0", "a/5", "a/2"]);
    expect(scores.get("a/4")! / one).toBeCloseTo(10);
    expect(scores.get("a/1")! / one).toBeCloseTo(2);
    expect(scores.get("a/2")! / one).toBeCloseTo(0.5);
    expect(scores.get("a/5")).toBe(one);
    const last = (await engine.query("water tomatoes", { mode, limit: 100 })).hits.filter(({ score }) => score === 0);
    expect(urlsOf({ hits: last })).toEqual(expect.arrayContaining(["a/3", "a/6"]));
  });

  test("is not looked for in a text of the same spelling", async () => {
    const engine = await openEngine();
    await engine.add(articles({ note: 'says "weight":5', weight: 2 }, { note: 'says "weight":5' }, {}));
    const { hits } = await engine.query("tomatoes", { mode: "words" });
    expect(hits.map(({ url, score }) => [url, Number(score.toFixed(6))])).toEqual([
      ["a/0", 2],
      ["a/1", 1],
      ["a/2", 1],
    ]);
  });
});

test("an index that another engine wrote is filtered like one's own", async () => {
  const store = createMemoryStore();
  await (await openEngine({ store })).add(articles({ n: 1 }, { n: 2 }));
  const reader = await openEngine({ store });
  expect(urlsOf(await reader.query("tomatoes", { where: { n: 2 } }))).toEqual(["a/1"]);
});
