import { describe, expect, test } from "vitest";
import type { QueryAnswer, QueryOptions } from "../../../../src/types.ts";
import { urlsOf, useLoaded } from "./use-loaded.ts";

const count = 1000;
const subjects = [
  "tea and how to brew it",
  "boats on the lake",
  "repairing a bicycle",
  "bread in a wood oven",
  "stars at night",
];

/** Scatters the pages, so that a filter takes them from everywhere. */
const rankOf = (i: number): number => (i * 149) % count;

function makePage(i: number): [path: string, html: string] {
  const marks = `data-inkling-sort="rank:${rankOf(i)}"`;
  const tag = `data-inkling-filter="tag:${i % 3 === 0 ? "odd" : "even"}"`;
  const text = `<h1>Page ${i}</h1><p>Notes on ${subjects[i % 5]}. Number ${i} of many that say a little about it.</p>`;
  const html = `<html lang=${i % 4 === 0 ? "de" : "en-GB"}><main ${marks}><div ${tag}></div>${text}</main></html>`;
  return [`${i}.html`, html];
}

const here = useLoaded(Object.fromEntries(Array.from({ length: count }, (_, i) => makePage(i))));

describe("a loaded index under a filter", () => {
  // Why not all of them: the one page in a thousand is about tea.
  const asked = (share: number, ...texts: string[]): string[] => (share < 0.01 ? texts.slice(0, -1) : texts);

  test.each([0.001, 0.01, 0.1, 1])("finds by words what the whole index finds, at a share of %d", async (share) => {
    await here.loadWithMeaning();
    for (const text of asked(share, "tea", "Notes", "repair a bicycle")) {
      const options: QueryOptions = { mode: "words", limit: count, where: { rank: { lt: Math.ceil(count * share) } } };
      const expected = await here.whole.query(text, options);
      expect(new Set(urlsOf(await here.loaded.query(text, options))), text).toEqual(new Set(urlsOf(expected)));
      expect(expected.hits.length).toBeGreaterThan(0);
    }
  });

  test.each([0.001, 0.01, 0.1, 1])(
    "has by meaning nothing that does not fit, and the best of what does, at a share of %d",
    async (share) => {
      await here.loadWithMeaning();
      const limit = Math.ceil(count * share);
      for (const text of asked(share, "what to drink in the afternoon", "mend a flat tyre")) {
        const { hits, mode } = await here.loaded.query(text, { limit: 5, where: { rank: { lt: limit } } });
        const expected = await here.whole.query(text, { limit: 5, where: { rank: { lt: limit } } });
        expect([mode, expected.mode]).toEqual(["hybrid", "hybrid"]);
        expect(hits.every(({ attributes }) => (attributes["rank"] as number) < limit)).toBe(true);
        const subjectsOf = (answer: readonly { url: string }[]) =>
          new Set(answer.map(({ url }) => Number.parseInt(url, 10) % 5));
        const best = Math.min(3, expected.hits.length);
        expect(subjectsOf(hits.slice(0, best))).toEqual(subjectsOf(expected.hits.slice(0, best)));
        expect(hits[0]!.score).toBeCloseTo(expected.hits[0]!.score, 1);
      }
    },
  );

  test("counts values over all documents that fit", async () => {
    await here.loadWithMeaning();
    const request: QueryOptions = { limit: 1, where: { not: { lang: "de" } }, facets: ["tag", "lang"] };
    expect((await here.loaded.query("tea", request)).facets).toEqual((await here.whole.query("tea", request)).facets);
    expect((await here.loaded.query("", { facets: ["tag"] })).facets["tag"]).toEqual([
      { value: "even", count: 666 },
      { value: "odd", count: 334 },
    ]);
  });

  test("fetches the blocks of the attributes it needs, once", async () => {
    await here.loadWithMeaning();
    const before = here.server.requests.length;
    await here.loaded.query("tea", { mode: "words", limit: 0, where: { tag: "odd" } });
    const first = here.server.requests.length;
    await here.loaded.query("tea", { mode: "words", limit: 0, where: { tag: "even" } });
    expect(first - before).toBeLessThanOrEqual(6);
    expect(here.server.requests.length).toBe(first);
  });

  test("knows what the app said of it, and what documents beside it have, as one", async () => {
    await here.loadWithMeaning({ version: "v2" });
    await here.loaded.add([
      { url: "/own", text: "Tea of our own.", attributes: { version: "v3", price: 4 } },
      { url: "/other", text: "Tea of others.", attributes: { version: "v2" } },
    ]);
    const ask = (where: NonNullable<QueryOptions["where"]>): Promise<QueryAnswer> =>
      here.loaded.query("tea", { mode: "words", limit: count, where, facets: ["version"] });
    expect(urlsOf(await ask({ version: "v3" }))).toEqual(["/own"]);
    const second = await ask({ version: "v2", not: { rank: { gte: 10 } } });
    expect(urlsOf(second)).toContain("/other");
    expect(second.hits.length).toBeGreaterThan(1);
    expect(second.facets["version"]).toEqual([{ value: "v2", count: 11 }]);
    expect(urlsOf(await ask({ price: { lt: 5 } }))).toEqual(["/own"]);
    expect((await here.loaded.query("", { facets: ["version"] })).facets["version"]).toEqual([
      { value: "v2", count: count + 1 },
      { value: "v3", count: 1 },
    ]);
  });

  test("refuses what makes no sense", async () => {
    await here.loadWithMeaning();
    const code = (options: object): Promise<unknown> =>
      here.loaded.query("tea", options as QueryOptions).then(
        () => "none",
        (error: { code: string }) => error.code,
      );
    expect(await code({ where: { colour: "red" } })).toBe("argument/where");
    expect(await code({ where: { tag: { gte: 1 } } })).toBe("argument/where");
    expect(await code({ where: 5 })).toBe("argument/where");
    expect(await code({ facets: ["colour"] })).toBe("argument/facets");
    expect(await code({ sort: { colour: "asc" } })).toBe("argument/sort");
    expect(await code({ sort: { rank: "up" } })).toBe("argument/sort");
    expect(await code({ sort: { rank: "asc" } })).toBe("none");
    expect(await code({ where: { rank: { gte: 1 } } })).toBe("none");
  });

  test("has nothing to say where its lists cannot be had, and says so in its status", async () => {
    await here.loadWithMeaning();
    await here.loaded.query("tea", { mode: "words" });
    here.server.alter(/./, { status: 404 });
    const { hits } = await here.loaded.query("tea", { mode: "words", where: { not: { tag: "odd" } } });
    expect(hits).toEqual([]);
    expect((await here.loaded.status()).fallbacks.map(({ feature }) => feature)).toContain("index");
    expect((await here.loaded.query("tea", { mode: "words" })).hits.length).toBeGreaterThan(0);
  });
});
