import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findQuote, type QuoteMatch, type TextPoint } from "../../src/highlight.ts";

const quote = (excerpt: string, ...ranges: [number, number][]) => ({ anchor: "", excerpt, ranges });

/** The text between two points. */
function read(texts: readonly string[], [[first, from], [last, to]]: readonly [TextPoint, TextPoint]): string {
  if (first === last) return texts[first]!.slice(from, to);
  return [texts[first]!.slice(from), ...texts.slice(first + 1, last), texts[last]!.slice(0, to)].join("");
}

const readSpan = (texts: readonly string[], match: QuoteMatch | null): string | null =>
  match && read(texts, match.span);

describe("findQuote", () => {
  test("finds a quote inside one text, without the white space around it", () => {
    const texts = ["  One sentence.  Another one.\n"];
    expect(readSpan(texts, findQuote(texts, quote("Another one.")))).toBe("Another one.");
  });

  test("finds a quote that markup has torn apart", () => {
    const texts = ["Call ", "createSearch", " once", ", and keep it."];
    const match = findQuote(texts, quote("Call createSearch once, and"));
    expect(match?.span).toEqual([
      [0, 0],
      [3, 5],
    ]);
  });

  test.each([
    ["line breaks of the source", "keep\n  the   worker\n"],
    ["no space between blocks", "keeptheworker"],
    ["no-break spaces", "keep\u00a0the\u202fworker"],
    ["bars between the cells of a table", "keep | the | worker"],
    ["soft hyphens and zero-width spaces", "ke\u00adep the wor\u200bker"],
  ])("does not compare %s", (_, page) => {
    expect(findQuote([page], quote("keep the worker"))?.span[0]).toEqual([0, 0]);
  });

  test("skips texts that are nothing but white space when it places the ends", () => {
    const texts = ["\n  ", "alpha", "\n", "beta", "\n  "];
    expect(findQuote(texts, quote("alpha beta"))?.span).toEqual([
      [1, 0],
      [3, 4],
    ]);
  });

  test("prefers the quote from the given text on, and falls back to an earlier one", () => {
    const texts = ["same words", "other", "same words"];
    expect(findQuote(texts, quote("same words"), 1)?.span[0]).toEqual([2, 0]);
    expect(findQuote(texts, quote("other"), 2)?.span[0]).toEqual([1, 0]);
  });

  test("gives the ranges of the matched words", () => {
    const texts = ["The ", "index", " is kept\nin the browser."];
    const match = findQuote(texts, quote("The index is kept in the browser.", [4, 9], [13, 17]));
    expect(match?.ranges.map((range) => read(texts, range))).toEqual(["index", "kept"]);
  });

  test("leaves out ranges that lie outside of the excerpt, are empty, or hold only white space", () => {
    const match = findQuote(["one two"], quote("one two", [3, 4], [2, 2], [40, 44]));
    expect(match?.ranges).toEqual([]);
  });

  test("takes the first and last words where something was put in between", () => {
    const start = "Everything that can be found is a document with an address and a text of its own.";
    const end = "The words of the headings above a passage count for the passage as well, always.";
    const texts = [start, "Copied!", end];
    expect(readSpan(texts, findQuote(texts, quote(`${start} ${end}`)))).toBe(texts.join(""));
  });

  test("takes the first words alone where the last ones are gone", () => {
    const start = "Everything that can be found is a document with an address and a text of its own.";
    const match = findQuote([start, "Rewritten."], quote(`${start} This sentence was taken out since.`));
    expect(match?.span[0]).toEqual([0, 0]);
    expect(match!.span[1][1]).toBeLessThanOrEqual(start.length);
  });

  test("gives null where nothing of the quote is there", () => {
    expect(findQuote(["quite another page"], quote("the passage that was here"))).toBeNull();
  });

  test.each([
    ["an empty quote", ["text"], ""],
    ["a quote of white space", ["text"], " \n\u200b"],
    ["an empty page", [], "quote"],
  ])("gives null for %s", (_, texts, excerpt) => {
    expect(findQuote(texts, quote(excerpt))).toBeNull();
  });

  const table = ["Before.", "Plant", "Days", "fern", "3", "cactus", "21", "After."];

  test.each([
    ["a row", "Plant: cactus; Days: 21.", "cactus21"],
    ["two rows", "Plant: fern; Days: 3.\nPlant: cactus; Days: 21.", "fern3cactus21"],
    ["a row that is cut at its start", "fern; Days: 3.\nPlant: cactus; Days: 21.", "fern3cactus21"],
    [
      "rows after other text: the longest of them",
      "Before.\nPlant: fern; Days: 3.\nPlant: cactus; Days: 21.",
      "cactus21",
    ],
  ])("finds %s of a table that is quoted as sentences", (_, excerpt, expected) => {
    expect(readSpan(table, findQuote(table, quote(excerpt)))).toBe(expected);
  });

  test("marks words in the cells of a row, not the names of its columns", () => {
    const excerpt = "Plant: cactus; Days: 21.";
    const match = findQuote(table, {
      anchor: "",
      excerpt,
      ranges: [
        [0, 5],
        [7, 13],
        [21, 23],
      ],
    });
    expect(match?.ranges).toEqual([
      [
        [5, 0],
        [5, 6],
      ],
      [
        [6, 0],
        [6, 2],
      ],
    ]);
  });

  test("does not take a number for the row that it stood in", () => {
    expect(findQuote(table, quote("Size: 3; Width: 21."))).toBeNull();
  });

  test("keeps surrogate pairs and combining marks whole", () => {
    const texts = ["x 👩‍👩‍👧 e\u0301tude", " 日本語 y"];
    expect(readSpan(texts, findQuote(texts, quote("👩‍👩‍👧 e\u0301tude 日本語")))).toBe("👩‍👩‍👧 e\u0301tude 日本語");
  });

  test("finds every quote of a page, however the page is cut into texts and spaced", () => {
    const word = fc.stringMatching(/^(?:[a-zäß]|日|\u0301){1,6}$/);
    const spaces = fc.constantFrom("", " ", "\n ", "\u00a0", "\u00ad");
    fc.assert(
      fc.property(
        fc.array(fc.tuple(word, spaces), { minLength: 1, maxLength: 30 }),
        fc.nat(),
        fc.nat(),
        (parts, a, b) => {
          const texts = parts.map(([text, space]) => text + space);
          const first = a % parts.length;
          const last = first + (b % (parts.length - first));
          const words = parts.slice(first, last + 1).map(([text]) => text);
          const found = readSpan(texts, findQuote(texts, quote(words.join(" ")), first));
          expect(found?.replace(/[\s\u00ad]/g, "")).toBe(words.join(""));
        },
      ),
    );
  });
});
