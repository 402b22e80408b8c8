import { describe, expect, test } from "vitest";
import { hasBit } from "../../../../src/core/filter/bitset.ts";
import { type FilterRequest, filterSegments, planFilter } from "../../../../src/core/filter/filter-segments.ts";
import { decodeAttribute, encodeAttribute } from "../../../../src/core/filter/attribute-block.ts";
import { encodeAttributes, tableOfPieces } from "../../../../src/core/filter/attribute-pieces.ts";
import { ColumnBuilder } from "../../../../src/core/filter/attribute-column.ts";
import type { AttributeTable } from "../../../../src/core/filter/attribute-table.ts";
import type { Document, Where } from "../../../../src/types.ts";
import { utf8 } from "../../../../worker/utf8.ts";
import { makeReader } from "../../../property/make-reader.ts";
import { documentOf, tableOf } from "./tables.ts";

const shop: readonly (readonly Document[])[] = [
  [
    documentOf(
      "tea",
      { price: 4, tags: ["drink", "hot"], since: "2024-05-01", fresh: true, size: "10" },
      { lang: "en-GB" },
    ),
    documentOf(
      "cake",
      { price: 12.5, tags: ["food"], since: "2025-11-30T18:00:00+02:00", fresh: false, size: "9.50" },
      { lang: "en" },
    ),
    documentOf("plain"),
  ],
  [
    documentOf(
      "Tee",
      { price: 3, tags: ["drink", "Hot"], since: "2023-01", fresh: true, size: "10" },
      { lang: "de", title: "Ein Tee" },
    ),
    documentOf("odd", { price: -1, tags: [], mixed: "a", ["__proto__x"]: "p" }, { lang: "zh-Hant-TW" }),
    documentOf("mixed", { mixed: 5 }),
  ],
];
const urls = shop.map((documents) => documents.map(({ url }) => url));

function filter(request: FilterRequest, tables: readonly AttributeTable[] = shop.map(tableOf)) {
  return filterSegments(planFilter(request), tables);
}

function found(where: Where): string[] {
  const { allowed } = filter({ where });
  return urls.flatMap((list, i) => list.filter((_, document) => hasBit(allowed![i]!, document)));
}

function refusal(request: FilterRequest): { code: string; message: string } {
  try {
    filter(request);
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error("It was not refused.");
}

describe("documents that fit", () => {
  test.each<[string, Where, string[]]>([
    ["a text", { tags: "drink" }, ["tea", "Tee"]],
    ["a text in its own case", { tags: "hot" }, ["tea"]],
    ["one of several", { tags: { in: ["food", "Hot"] } }, ["cake", "Tee"]],
    ["one of none", { tags: { in: [] } }, []],
    ["a number", { price: 12.5 }, ["cake"]],
    ["a number given as a text", { price: "4" }, ["tea"]],
    ["a text that spells a number", { size: 9.5 }, ["cake"]],
    ["a text that spells it otherwise", { size: "9.5" }, []],
    ["a boolean", { fresh: true }, ["tea", "Tee"]],
    ["a boolean as markup has it", { fresh: "false" }, ["cake"]],
    ["a range", { price: { gte: 3, lt: 12.5 } }, ["tea", "Tee"]],
    ["an open range", { price: { gt: 4 } }, ["cake"]],
    ["a range of texts that spell numbers", { size: { lt: 10 } }, ["cake"]],
    ["a range given as text", { price: { lte: "3" } }, ["Tee", "odd"]],
    ["a range that nothing is in", { price: { gt: 5, lt: 4 } }, []],
    ["a range and a list", { price: { gt: 3, in: [3, 4] } }, ["tea"]],
    ["dates from a day on", { since: { gte: "2024-05-01" } }, ["tea", "cake"]],
    ["dates before a moment in another zone", { since: { lt: "2025-11-30T16:00:01Z", gt: "2025" } }, ["cake"]],
    ["a language and its variants", { lang: "en" }, ["tea", "cake"]],
    ["a variant", { lang: { in: ["en-GB", "zh-Hant"] } }, ["tea", "odd"]],
    ["a url", { url: { in: ["Tee", "nowhere"] } }, ["Tee"]],
    ["a title", { title: "Ein Tee" }, ["Tee"]],
    ["everything", {}, ["tea", "cake", "plain", "Tee", "odd", "mixed"]],
    ["and of nothing", { and: [] }, ["tea", "cake", "plain", "Tee", "odd", "mixed"]],
    ["or of nothing", { or: [] }, []],
    ["not", { not: { tags: "drink" } }, ["cake", "plain", "odd", "mixed"]],
    ["not a range, which includes those without a value", { not: { price: { lt: 5 } } }, ["cake", "plain", "mixed"]],
    ["all of several", { lang: "en", price: { lt: 5 } }, ["tea"]],
    ["and, or and not", { or: [{ price: -1 }, { and: [{ fresh: true }, { not: { lang: "de" } }] }] }, ["tea", "odd"]],
    ["numbers and texts of one attribute", { mixed: { in: ["a", 5] } }, ["odd", "mixed"]],
  ])("%s", (_, where, expected) => {
    expect(found(where)).toEqual(expected);
  });
});

describe("refused", () => {
  test("is an attribute that no document has, with the names there are", () => {
    const { code, message } = refusal({ where: { or: [{ price: 1 }, { colour: "red" }] } });
    expect(code).toBe("argument/where");
    expect(message).toBe(
      '`where`: no document has an attribute "colour". There are __proto__x, fresh, lang, mixed, price, since, size, tags, title, url.',
    );
    expect(refusal({ where: JSON.parse('{"__proto__": 1}') as Where }).message).toContain('"__proto__"');
    expect(refusal({ facets: ["toString"] })).toMatchObject({ code: "argument/facets" });
    expect(refusal({ sort: { hasOwnProperty: "asc" } })).toMatchObject({ code: "argument/sort" });
  });

  test("is a range on a keyword, with a value that makes it one", () => {
    expect(refusal({ where: { tags: { gte: 1 } } })).toMatchObject({ code: "argument/where" });
    expect(refusal({ where: { tags: { gte: 1 } } }).message).toContain('"tags" is a keyword: it has the value "drink"');
    expect(refusal({ where: { mixed: { gte: 1 } } }).message).toContain('it has the value "a"');
    expect(refusal({ where: { fresh: { gte: 1 } } }).message).toContain('"fresh" is a boolean');
  });

  test("is a bound of another type", () => {
    expect(refusal({ where: { price: { gte: "cheap" } } }).message).toContain(
      '"price" is a number, found "cheap" for gte',
    );
    expect(refusal({ where: { since: { lt: 2025 } } }).message).toContain(
      "is a date, found 2025 for lt, expected an ISO 8601",
    );
  });

  test.each<[FilterRequest, string]>([
    [{ facets: "tags" }, '`facets`: found "tags"'],
    [{ facets: [1] }, "`facets`: found an array, expected an array of at most 50 names"],
    [{ facets: Array.from({ length: 51 }, (_, i) => `a${i}`) }, "`facets`: found 51 names"],
    [{ sort: "price" }, '`sort`: found "price", expected an object of 1 to 8'],
    [{ sort: {} }, "`sort`: found an object"],
    [{ sort: { price: "up" } }, '`sort.price`: found "up", expected "asc" or "desc"'],
    [{ sort: ["price"] }, "`sort`: found an array"],
  ])("%j", (request, message) => {
    expect(refusal(request).message).toContain(message);
  });

  test("is nothing where there is no document at all", () => {
    expect(filter({ where: { colour: "red" }, facets: ["size"], sort: { price: "asc" } }, [])).toMatchObject({
      allowed: [],
      facets: { size: [] },
    });
  });
});

describe("facets", () => {
  test("count each document that fits once for each of its values, the most frequent first", () => {
    expect(filter({ facets: ["tags", "fresh", "size", "lang"] }).facets).toEqual({
      tags: [
        { value: "drink", count: 2 },
        { value: "food", count: 1 },
        { value: "Hot", count: 1 },
        { value: "hot", count: 1 },
      ],
      fresh: [
        { value: true, count: 2 },
        { value: false, count: 1 },
      ],
      size: [
        { value: "10", count: 2 },
        { value: "9.50", count: 1 },
      ],
      lang: [
        { value: "en", count: 2 },
        { value: "de", count: 1 },
        { value: "en-GB", count: 1 },
        { value: "zh", count: 1 },
        { value: "zh-Hant", count: 1 },
        { value: "zh-Hant-TW", count: 1 },
      ],
    });
    expect(filter({ where: { price: { lt: 5 } }, facets: ["tags", "price"] }).facets).toEqual({
      tags: [
        { value: "drink", count: 2 },
        { value: "Hot", count: 1 },
        { value: "hot", count: 1 },
      ],
      price: [
        { value: -1, count: 1 },
        { value: 3, count: 1 },
        { value: 4, count: 1 },
      ],
    });
  });

  test("count values that a document gives twice once", () => {
    expect(filter({ facets: ["tag"] }, [tableOf([documentOf("a", { tag: ["x", "x"] })])]).facets).toEqual({
      tag: [{ value: "x", count: 1 }],
    });
  });

  test("are the 100 most frequent values", () => {
    const documents = Array.from({ length: 150 }, (_, i) => documentOf(`${i}`, { kind: i < 10 ? "often" : `k${i}` }));
    const { kind } = filter({ facets: ["kind"] }, [tableOf(documents)]).facets;
    const others = Array.from({ length: 140 }, (_, i) => `k${i + 10}`).sort((a, b) => (a < b ? -1 : 1));
    expect(kind).toEqual([{ value: "often", count: 10 }, ...others.slice(0, 99).map((value) => ({ value, count: 1 }))]);
  });

  test("have no place for a name that objects have by themselves", () => {
    const table = tableOf([documentOf("a", JSON.parse('{"__proto__": "x"}') as Record<string, string>)]);
    const { facets } = filter({ facets: ["__proto__"] }, [table]);
    expect(Object.entries(facets)).toEqual([["__proto__", [{ value: "x", count: 1 }]]]);
  });
});

describe("order", () => {
  const all = urls.flatMap((list, segment) => list.map((_, document) => ({ segment, document, score: 1 })));
  const order = (sort: unknown, pages = all): string[] =>
    filter({ sort })
      .order(pages)
      .map(({ segment, document }) => urls[segment]![document]!);

  test.each<[string, Record<string, string>, string[]]>([
    ["numbers up", { price: "asc" }, ["odd", "Tee", "tea", "cake", "plain", "mixed"]],
    ["numbers down, those without last again", { price: "desc" }, ["cake", "tea", "Tee", "odd", "plain", "mixed"]],
    ["dates", { since: "desc" }, ["cake", "tea", "Tee", "plain", "odd", "mixed"]],
    ["texts that spell numbers", { size: "asc" }, ["cake", "tea", "Tee", "plain", "odd", "mixed"]],
    ["booleans", { fresh: "asc" }, ["cake", "tea", "Tee", "plain", "odd", "mixed"]],
    ["texts without case", { url: "asc" }, ["cake", "mixed", "odd", "plain", "tea", "Tee"]],
    ["the smallest of several values", { tags: "asc" }, ["tea", "Tee", "cake", "plain", "odd", "mixed"]],
    ["the largest of several values", { tags: "desc" }, ["tea", "Tee", "cake", "plain", "odd", "mixed"]],
    [
      "a second attribute where the first is equal",
      { fresh: "desc", price: "asc" },
      ["Tee", "tea", "cake", "odd", "plain", "mixed"],
    ],
  ])("by %s", (_, sort, expected) => {
    expect(order(sort)).toEqual(expected);
  });

  test("by score alone leaves out nothing; by an attribute it leaves out what answers less than half as well", () => {
    const pages = all.map((page, i) => ({ ...page, score: 1 - i * 0.2 }));
    expect(order({ score: "asc" }, pages)).toEqual(["mixed", "odd", "Tee", "plain", "cake", "tea"]);
    expect(order({ price: "asc" }, pages)).toEqual(["tea", "cake", "plain"]);
  });

  test("lists every document that fits where there is no text", () => {
    const listed = (request: FilterRequest): string[] =>
      filter(request)
        .list()
        .map(({ segment, document }) => urls[segment]![document]!);
    expect(listed({ where: { tags: "drink" }, sort: { price: "asc" } })).toEqual(["Tee", "tea"]);
    expect(listed({ sort: { since: "asc" } })).toEqual(["Tee", "tea", "cake", "plain", "odd", "mixed"]);
    expect(listed({ where: { tags: "drink" } })).toEqual([]);
    expect(listed({ sort: { score: "asc" } })).toEqual([]);
  });
});

describe("a removed document", () => {
  const documents = [documentOf("a", { when: "2024-01-01" }), documentOf("b", { when: "soon" })];
  const table: AttributeTable = { ...tableOf(documents), isRemoved: (document) => document === 1 };

  test("is neither counted nor listed, and does not spoil the type of what the others have", () => {
    const filtered = filter({ where: { when: { gte: "2020" } }, facets: ["when"], sort: { when: "asc" } }, [table]);
    expect(filtered.facets["when"]).toEqual([{ value: "2024-01-01", count: 1 }]);
    expect(filtered.list()).toEqual([{ segment: 0, document: 0, score: 0 }]);
    expect(() => filter({ where: { when: { gte: "2020" } } }, [tableOf(documents)])).toThrow('the value "soon"');
  });
});

describe("a block of one attribute", () => {
  const builder = new ColumnBuilder();
  for (const values of [["a", "ß😀"], [], [1, -0.1, 1e21], [true, false, "true"], ["a"]]) builder.add(values);
  const column = builder.finish();

  test("gives back every value of every document", () => {
    const read = decodeAttribute(encodeAttribute(column, utf8), "b", 5, utf8);
    expect([read.values, read.starts, read.codes]).toEqual([column.values, column.starts, column.codes]);
    const empty = new ColumnBuilder().finish();
    expect(decodeAttribute(encodeAttribute(empty, utf8), "b", 0, utf8)).toEqual(empty);
  });

  test("is refused where it is damaged, whichever byte it is that makes no sense", () => {
    const block = encodeAttribute(column, utf8);
    const format = expect.objectContaining({ name: "IndexFormatError" }) as Error;
    expect(() => decodeAttribute(block, "b", 4, utf8)).toThrow("it is of 5 documents, expected 4");
    expect(() => decodeAttribute(block.slice(0, 40), "b", 5, utf8)).toThrow(format);
    for (let at = 0; at < block.length; at++) {
      const damaged = block.slice();
      damaged[at]! ^= 0xff;
      try {
        const { starts, codes, values } = decodeAttribute(damaged, "b", 5, utf8);
        expect(starts[5]).toBe(codes.length);
        expect(Math.max(...codes)).toBeLessThan(values.length);
      } catch (error) {
        expect(error).toMatchObject({ name: "IndexFormatError" });
      }
    }
  });
});

describe("an index in pieces", () => {
  const readers = shop.map((documents) => makeReader(documents));
  const places = readers
    .flatMap((reader) => urls.flat().map((_, document) => ({ reader, document })))
    .filter(({ reader, document }) => document < reader.documentCount)
    .toReversed();
  const blocks = encodeAttributes(places, utf8);
  const order = urls.flat().toReversed();

  test("is filtered, counted and put in order by the columns that were fetched alone", () => {
    const request = { where: { price: { lt: 10 }, not: { lang: "de" } }, facets: ["tags"], sort: { url: "desc" } };
    const plan = planFilter(request);
    expect([...plan.attributes].toSorted()).toEqual(["lang", "price", "tags", "url"]);
    const fetched = blocks.filter(({ name }) => plan.attributes.has(name));
    const columns = new Map(
      fetched.map(({ name, block }) => [name, decodeAttribute(block, name, places.length, utf8)] as const),
    );
    const names = new Set(blocks.map(({ name }) => name));
    const filtered = filterSegments(plan, [tableOfPieces(places.length, names, columns)]);
    expect(filtered.list().map(({ document }) => order[document])).toEqual(["tea", "odd"]);
    expect(filtered.facets).toEqual(filter(request).facets);
  });

  test("names its attributes in one order, those without any value left out, and knows what it has not", () => {
    const names = ["fresh", "lang", "mixed", "price", "since", "size", "tags", "title", "url"];
    expect(blocks.map(({ name }) => name)).toEqual(["__proto__x", ...names]);
    const table = tableOfPieces(places.length, new Set(names), new Map());
    expect(() => filterSegments(planFilter({ where: { colour: 1 } }), [table])).toThrow(
      'no document has an attribute "colour"',
    );
  });
});
