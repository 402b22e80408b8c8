import "fake-indexeddb/auto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openEngine } from "../../../../cli/engine.ts";
import type { Document, QueryAnswer, QueryOptions } from "../../../../src/types.ts";
import type { Engine } from "../../../../worker/engine.ts";
import { openFileStore } from "../../../../worker/stores/files.ts";
import { createMemoryStore } from "../../../../worker/stores/memory.ts";
import { startServer, type TestServer } from "../../../browser/harness/server.ts";
import { writePage } from "../../cli/site/site-kit.ts";
import { build } from "./site-in-pieces.ts";

const filler = "Notes on the harbour, its boats and the people who mend them in winter. ";

/** Pages of different lengths, so that no two score alike; three of them hold a phrase, and none of these scores high. */
const pages: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Array.from({ length: 8 }, (_, i) => [
      `many-${i}`,
      `<h1>Water and flour</h1><p>${"Water, flour; flour, water. ".repeat(8 - i)}${filler.repeat(3 * i)}</p>`,
    ]),
  ),
  split: `<h1>Bread</h1><p>Mix flour  with\n<b>Water</b>, then wait. ${filler.repeat(20)}</p>`,
  heading: `<h1>Porridge</h1><p>${filler.repeat(25)}</p><h2>Flour with water</h2><p>Stir well. ${filler.repeat(4)}</p>`,
  far: `<h1>Soup</h1>${Array.from({ length: 30 }, (_, i) => `<h2>Part ${i}</h2><p>${filler.repeat(5)}${i % 10 === 9 ? `Flour, then water ${i}. ` : ""}${i === 9 ? "Flour with water." : ""}</p>`).join("")}`,
  play: `<h1>A play</h1><p>To be, or not to be, that is the question. ${filler.repeat(6)}</p>`,
  theatre: "<h1>Theatre</h1><p>Theatre theatre theatre is a question of taste.</p>",
};
const withPhrase = ["/far.html", "/heading.html", "/split.html"];
const words: QueryOptions = { mode: "words", limit: 20 };

/** A page to be added that has the words often, and not the phrase; by its weight it scores more than any loaded one. */
const heavy: Document = {
  url: "/own-words",
  title: "Flour and water",
  text: "Water and flour, flour and water. ".repeat(6),
  attributes: { weight: 3 },
};

let folder: string;
let server: TestServer;
let loaded: Engine;
let whole: Engine;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "inkling-phrases-"));
  for (const [name, main] of Object.entries(pages))
    await writePage(join(folder, "site"), `${name}.html`, `<html lang="en"><main>${main}</main></html>`);
  await build(join(folder, "site"));
  whole = await openEngine("whole", await openFileStore(join(folder, "site/inkling")), { model: undefined });
  await whole.modelReady();
}, 120_000);

afterAll(async () => {
  await whole?.close();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  server = await startServer({ folders: { "/": join(folder, "site/inkling") } });
  loaded = await openEngine("test", createMemoryStore(), { model: undefined });
  await loaded.load(`${server.origin}/`);
});

afterEach(async () => {
  await loaded.close();
  await server.close();
});

function urlsOf({ hits }: QueryAnswer): string[] {
  return hits.map(({ url }) => new URL(url, "https://host/").pathname);
}

describe("a quoted phrase in a loaded index", () => {
  test.each([
    '"flour with water"',
    "“Flour with WATER”",
    '"flour" "with water"',
    '"or not to be" theatre',
    '"no such words"',
  ])("gives the order of the whole index: %s", async (text) => {
    const expected = await whole.query(text, words);
    const found = await loaded.query(text, words);
    expect(urlsOf(found)).toEqual(urlsOf(expected));
    expect(found.total).toBe(expected.total);
  });

  test("brings pages that hold it before all others, by meaning, too", async () => {
    expect(urlsOf(await loaded.query("flour with water", words))[0]).toBe("/many-0.html");
    await loaded.query("warm up", { mode: "dense" });
    for (const mode of ["words", "hybrid"] as const) {
      const urls = urlsOf(await loaded.query('"flour with water"', { mode, limit: 20 }));
      expect(urls.slice(0, 3).sort(), mode).toEqual(withPhrase);
      expect(urls[3], mode).toBe("/many-0.html");
    }
  });

  test("brings pages forward that would not be shown without it", async () => {
    const options: QueryOptions = { mode: "words", limit: 1 };
    await loaded.add([heavy]);
    expect(urlsOf(await loaded.query("flour with water", options))).toEqual(["/own-words"]);
    expect(withPhrase).toContain(urlsOf(await loaded.query('"flour with water"', options))[0]);
  });

  test("counts alike in added pages and in loaded ones, whichever score higher", async () => {
    await loaded.add([{ url: "/own-phrase", title: "Glue", text: `${filler.repeat(20)} Mix flour with water.` }]);
    for (const weight of [0.1, 1, 3]) {
      await loaded.add([{ ...heavy, attributes: { weight } }]);
      const answer = await loaded.query('"flour with water"', words);
      expect(urlsOf(answer).slice(0, 4).sort()).toEqual([...withPhrase, "/own-phrase"].sort());
      const scores = answer.hits.map(({ score }) => score);
      expect(scores).toEqual([...scores].sort((a, b) => b - a));
    }
  });

  test("is looked for in the texts of ten pages where fewer are wanted, and a query without quotes reads none more", async () => {
    const requests = async (text: string, limit: number): Promise<number> => {
      const before = server.requests.length;
      await loaded.query(text, { mode: "words", limit });
      return server.requests.length - before;
    };
    await requests('"flour with water"', 0);
    expect(await requests("flour with water", 0)).toBe(0);
    // The text of the page that is shown, and the dictionary that all texts need.
    expect(await requests("flour with water", 1)).toBeLessThanOrEqual(2);
    const more = await requests('"flour with water"', 1);
    expect(more).toBeGreaterThan(3);
    expect(more).toBeLessThanOrEqual(10 * 3);
    expect(await requests("flour with water", 10)).toBe(0);
  });

  test("is not found in texts that cannot be had, which its status tells", async () => {
    expect(urlsOf(await loaded.query("flour with water", { mode: "words", limit: 1 }))).toEqual(["/many-0.html"]);
    server.alter(/\/pieces\//, { status: 404 });
    const urls = urlsOf(await loaded.query('"flour with water"', words));
    expect(urls[0]).toBe("/many-0.html");
    expect(urls.length).toBeLessThan(Object.keys(pages).length / 2);
    expect((await loaded.status()).fallbacks.map(({ feature }) => feature)).toContain("index");
  });
});
