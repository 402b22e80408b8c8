import { cp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { entryName, type PiecesEntry } from "../../../../src/core/pieces/entry.ts";
import type { QueryAnswer, QueryOptions } from "../../../../src/types.ts";
import { startServer } from "../../../browser/harness/server.ts";
import { build } from "./site-in-pieces.ts";
import { urlsOf, useLoaded } from "./use-loaded.ts";

const count = 24;
const subjects = ["tea and how to brew it", "boats on the lake", "bread in a wood oven"];

/** A page with a rank of its own, and a kind that it shares with others; every eighth has no rank. */
function makePage(i: number): [path: string, html: string] {
  const rank = i % 8 === 7 ? "" : `data-inkling-sort="rank:${(i * 7) % count}"`;
  const kind = `<div data-inkling-filter="kind:${i % 2 === 0 ? "even" : "odd"}"></div>`;
  const text = `<h1>Page ${i}</h1><p>Notes on ${subjects[i % 3]}. ${"Number by number. ".repeat(i)}</p>`;
  return [`${i}.html`, `<html lang="en"><main ${rank}>${kind}${text}</main></html>`];
}

const here = useLoaded(Object.fromEntries(Array.from({ length: count }, (_, i) => makePage(i))));

function ranksOf({ hits }: QueryAnswer): unknown[] {
  return hits.map(({ attributes }) => attributes["rank"]);
}

describe("an order by attributes with a loaded index", () => {
  test.each<QueryOptions>([
    { sort: { rank: "asc" } },
    { sort: { rank: "desc" }, limit: 3 },
    { sort: { kind: "desc", score: "desc" } },
    { sort: { score: "asc" } },
    { sort: { rank: "asc" }, where: { kind: "odd" } },
    { sort: { rank: "asc" }, limit: 0 },
  ])("is that of the whole index: %o", async (options) => {
    await here.load();
    const asked: QueryOptions = { limit: count, ...options, mode: "words" };
    for (const text of ["tea", '"wood oven"', "bread"]) {
      const expected = await here.whole.query(text, asked);
      const found = await here.loaded.query(text, asked);
      expect(urlsOf(found), text).toEqual(urlsOf(expected));
      expect(found.total, text).toBe(expected.total);
    }
  });

  test("lists all pages that fit where there is no text, each with its beginning", async () => {
    await here.load();
    const options: QueryOptions = { sort: { rank: "desc" }, where: { rank: { gte: 2 } }, limit: 7 };
    const expected = await here.whole.query("", options);
    const found = await here.loaded.query("", options);
    const strip = ({ hits, total, mode }: QueryAnswer): unknown => ({ hits, total, mode });
    expect(strip(found)).toEqual(strip(expected));
    expect(found.hits).toHaveLength(7);
    expect((await here.loaded.query("", { sort: { rank: "asc" }, limit: 1 })).total).toBe(count);
    expect((await here.loaded.query("", { where: { rank: { gte: 2 } } })).hits).toEqual([]);
  });

  test("puts added pages among loaded ones, and those without a value last", async () => {
    await here.load();
    const own = [2.5, 9.5, 30].map((rank) => ({ url: `/own/${rank}`, text: "Tea of our own.", attributes: { rank } }));
    await here.loaded.add([...own, { url: "/own/none", text: "Tea of others." }]);
    for (const [text, limit] of [
      ["tea", 50],
      ["", 50],
      ["tea", 4],
      ["", 4],
    ] as const) {
      const answer = await here.loaded.query(text, { mode: "words", sort: { rank: "desc" }, limit });
      const ranks = ranksOf(answer);
      const known = ranks.filter((rank) => rank !== undefined) as number[];
      expect(known, text).toEqual([...known].sort((a, b) => b - a));
      expect(ranks.slice(0, known.length)).toEqual(known);
      expect(answer.hits[0]!.url).toBe("/own/30");
      expect(answer.hits.length).toBe(Math.min(limit, answer.total));
      if (limit === 50) expect(urlsOf(answer)).toEqual(expect.arrayContaining(own.map(({ url }) => url)));
    }
    expect((await here.loaded.query("", { sort: { rank: "asc" }, limit: 50 })).total).toBe(count + 4);
  });

  test("takes what the app said of an index for an attribute of its pages", async () => {
    await here.load({ version: 2 });
    await here.loaded.add([
      { url: "/one", text: "Tea of the first.", attributes: { version: 1 } },
      { url: "/three", text: "Tea of the third.", attributes: { version: 3 } },
    ]);
    const urls = urlsOf(await here.loaded.query("", { sort: { version: "asc" }, limit: 50 }));
    expect([urls[0], urls.at(-1), urls.length]).toEqual(["/one", "/three", count + 2]);
  });

  test("lists no page that is gone", { timeout: 60_000 }, async () => {
    const site = join(here.folder, "changed");
    await cp(join(here.folder, "site"), site, { recursive: true });
    await rm(join(site, "1.html"));
    await build(site);
    const entry = JSON.parse(await readFile(join(site, "inkling", entryName), "utf8")) as PiecesEntry;
    expect(entry.removed?.documents).toBe(1);
    const changed = await startServer({ folders: { "/": join(site, "inkling") } });
    try {
      await here.loaded.load(`${changed.origin}/`);
      const { hits, total } = await here.loaded.query("", {
        sort: { rank: "asc" },
        where: { not: { kind: "even" } },
        limit: 50,
      });
      expect(total).toBe(count / 2 - 1);
      expect(hits).toHaveLength(total);
      expect(hits.every(({ url }) => Number.parseInt(url, 10) % 2 === 1)).toBe(true);
    } finally {
      await changed.close();
    }
  });

  test("gives what can be had where blocks are missing, and its status says so", async () => {
    await here.load();
    await here.loaded.add([{ url: "/own", text: "Tea of our own.", attributes: { rank: 5 } }]);
    const known = urlsOf(await here.loaded.query("tea", { mode: "words" }));
    here.server.alter(/\/pieces\//, { status: 404 });
    const urls = urlsOf(await here.loaded.query("tea", { mode: "words", sort: { rank: "asc" } }));
    expect(urls[0]).toBe("/own");
    expect(urls.length).toBeGreaterThan(1);
    expect(known).toEqual(expect.arrayContaining(urls));
    expect(urlsOf(await here.loaded.query("", { sort: { rank: "asc" } }))).toEqual(["/own"]);
    expect((await here.loaded.status()).fallbacks.map(({ feature }) => feature)).toContain("index");
  });
});
