import { describe, expect, test } from "vitest";
import { labels, pickLabels } from "../../../src/element/labels.ts";
import { de } from "../../../src/element/texts/de.ts";
import { en } from "../../../src/element/texts/en.ts";
import { es } from "../../../src/element/texts/es.ts";
import { fr } from "../../../src/element/texts/fr.ts";
import { fill, type Texts } from "../../../src/element/texts/texts.ts";

const places = (text: string): string[] => [...new Set(text.match(/\{\w+\}/g))].sort();
const names = Object.keys(en) as (keyof Texts)[];

describe.each(Object.entries({ de, es, fr }))("the texts in %s", (language, texts) => {
  test("are all there, and none is the English one", () => {
    expect(Object.keys(texts)).toEqual(Object.keys(en));
    const same = names.filter((name) => texts[name] === en[name]);
    // "{n} page|{n} pages" is French as well.
    expect(same).toEqual(language === "fr" ? ["pages"] : []);
  });

  test("have the values of the English ones", () => {
    for (const name of names) expect([name, places(texts[name])]).toEqual([name, places(en[name])]);
    expect(texts.pages.split("|")).toHaveLength(2);
  });

  test("begin with what the page shows before they are loaded", () => {
    expect(texts).toMatchObject({ search: labels[language]!.search, placeholder: labels[language]!.placeholder });
  });
});

describe("pickLabels", () => {
  test.each([
    ["de-AT", "Suchen"],
    ["FR", "Rechercher"],
    ["pt", "Search"],
    ["", "Search"],
    ["constructor", "Search"],
  ])("%j: %s", (language, search) => {
    expect(pickLabels(language).search).toBe(search);
  });
});

describe("fill", () => {
  test.each<[number, string, string]>([
    [1, "en", "1 page"],
    [2, "en", "2 pages"],
    [0, "en", "0 pages"],
    [0, "fr", "0 page"],
    [1, "not a language!", "1 page"],
  ])("%d in %s is %s", (n, language, expected) => {
    expect(fill("{n} page|{n} pages", { n }, language)).toBe(expected);
  });

  test("leaves unknown values and signs of the visitor as they are", () => {
    expect(fill("{query} {other}", { query: "$& {n} |" }, "en")).toBe("$& {n} | {other}");
  });
});
