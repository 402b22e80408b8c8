import { beforeEach, describe, expect, test } from "vitest";
import type { Document, QueryAnswer, QueryOptions } from "../../../../src/types.ts";
import { useLoaded } from "./use-loaded.ts";

const filler = "Notes on the harbour, its boats and the people who mend them in winter. ";

/** Main parts of pages of different lengths by their names, so that no two score alike; three of them hold a phrase, and none of these scores high. */
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

const here = useLoaded(
  Object.fromEntries(
    Object.entries(pages).map(([name, main]) => [`${name}.html`, `<html lang="en"><main>${main}</main></html>`]),
  ),
);

beforeEach(() => here.load());

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
    const expected = await here.whole.query(text, words);
    const found = await here.loaded.query(text, words);
    expect(urlsOf(found)).toEqual(urlsOf(expected));
    expect(found.total).toBe(expected.total);
  });

  test("brings pages that hold it before all others, by meaning, too", async () => {
    expect(urlsOf(await here.loaded.query("flour with water", words))[0]).toBe("/many-0.html");
    await here.loaded.query("warm up", { mode: "dense" });
    for (const mode of ["words", "hybrid"] as const) {
      const urls = urlsOf(await here.loaded.query('"flour with water"', { mode, limit: 20 }));
      expect(urls.slice(0, 3).sort(), mode).toEqual(withPhrase);
      expect(urls[3], mode).toBe("/many-0.html");
    }
  });

  test("brings pages forward that would not be shown without it", async () => {
    const options: QueryOptions = { mode: "words", limit: 1 };
    await here.loaded.add([heavy]);
    expect(urlsOf(await here.loaded.query("flour with water", options))).toEqual(["/own-words"]);
    expect(withPhrase).toContain(urlsOf(await here.loaded.query('"flour with water"', options))[0]);
  });

  test("counts alike in added pages and in loaded ones, whichever score higher", async () => {
    await here.loaded.add([{ url: "/own-phrase", title: "Glue", text: `${filler.repeat(20)} Mix flour with water.` }]);
    for (const weight of [0.1, 1, 3]) {
      await here.loaded.add([{ ...heavy, attributes: { weight } }]);
      const answer = await here.loaded.query('"flour with water"', words);
      expect(urlsOf(answer).slice(0, 4).sort()).toEqual([...withPhrase, "/own-phrase"].sort());
      const scores = answer.hits.map(({ score }) => score);
      expect(scores).toEqual([...scores].sort((a, b) => b - a));
    }
  });

  test("is looked for in the texts of ten pages where fewer are wanted, and a query without quotes reads none more", async () => {
    const requests = async (text: string, limit: number): Promise<number> => {
      const before = here.server.requests.length;
      await here.loaded.query(text, { mode: "words", limit });
      return here.server.requests.length - before;
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
    expect(urlsOf(await here.loaded.query("flour with water", { mode: "words", limit: 1 }))).toEqual(["/many-0.html"]);
    here.server.alter(/\/pieces\//, { status: 404 });
    const urls = urlsOf(await here.loaded.query('"flour with water"', words));
    expect(urls[0]).toBe("/many-0.html");
    expect(urls.length).toBeLessThan(Object.keys(pages).length / 2);
    expect((await here.loaded.status()).fallbacks.map(({ feature }) => feature)).toContain("index");
  });
});
