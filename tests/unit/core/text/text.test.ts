import { describe, expect, test } from "vitest";
import { analyze } from "../../../../src/core/text/analyzer.ts";
import { chunk } from "../../../../src/core/text/chunk.ts";
import { makeExcerpt } from "../../../../src/core/text/excerpt.ts";
import { fold } from "../../../../src/core/text/fold.ts";
import { placeSections } from "../../../../src/core/text/heading-path.ts";
import { splitSentences } from "../../../../src/core/text/sentences.ts";
import { stem, stemPrefix } from "../../../../src/core/text/stem.ts";

const terms = (text: string): string[] => analyze(text).map((token) => token.term);

describe("folding", () => {
  test.each([
    ["Straße", "strasse"],
    ["STRASSE", "strasse"],
    ["Crème brûlée", "creme brulee"],
    ["İstanbul", "istanbul"],
    ["ŁÓDŹ", "lodz"],
    ["Ελληνικός ΚΑΦΈΣ", "ελληνικοσ καφεσ"],
    ["Ёлка", "елка"],
    ["القَهْوَةُ", "القهوة"],
    ["أحمد", "احمد"],
    ["שָׁלוֹם", "שלום"],
    ["हिन्दी", "हिन्दी"],
    ["น้ำ", "น้ํา"],
    ["ガ", "ガ"],
    ["ｶﾞ", "ガ"],
    ["한국어", "한국어"],
    ["ﬁne Ⅷ ①", "fine viii 1"],
  ])("%s becomes %s", (text, expected) => expect(fold(text)).toBe(expected));
});

describe("terms", () => {
  test.each([
    ["createSearch", ["createsearch", "create", "search"]],
    ["HTMLElement", ["htmlelement", "html", "element"]],
    ["mod_rewrite", ["mod_rewrite", "mod", "rewrite"]],
    ["--no-verify", ["--no-verify", "no", "verify"]],
    ["std::vector", ["std::vector", "std", "vector"]],
    ["E0308", ["e0308"]],
    ["C++ and C#.", ["c++", "c", "and", "c#", "c"]],
    [".NET", [".net", "net"]],
    ["@scope/pkg", ["@scope/pkg", "scope", "pkg"]],
    ["a.b.c", ["a.b.c", "a", "b", "c"]],
    ["ptr->next", ["ptr->next", "ptr", "next"]],
    ["It’s don't O'Reilly", ["it", "don", "o", "reilly"]],
    ["End. Next", ["end", "next"]],
    ["第3章 東京都", ["第", "3", "章", "東京", "京都"]],
    ["ภาษา", ["ภา", "าษ", "ษา"]],
    ["雨", ["雨"]],
    ["हिन्दी", ["हिन्दी"]],
    ["…?!  ", []],
    ["", []],
  ])("of %j are %j", (text, expected) => expect(terms(text)).toEqual(expected));

  test("beyond the basic plane keep whole characters and right offsets", () => {
    const text = "x 𠮷野家";
    expect(analyze(text).map(({ start, end }) => text.slice(start, end))).toEqual(["x", "𠮷野", "野家"]);
  });

  test("stand where the text has them, before and after letters that fold to several", () => {
    const text = "Die Straße: ﬁne, naïve.";
    expect(analyze(text).map(({ start, end }) => text.slice(start, end))).toEqual(["Die", "Straße", "ﬁne", "naïve"]);
  });

  test("of a very long run cost one term", () => {
    expect(analyze("x".repeat(1_000_000))).toMatchObject([{ start: 0, end: 1_000_000 }]);
    expect(terms("x".repeat(1_000_000))[0]).toHaveLength(64);
  });

  test.each(["a.", "a'", "--", "é-", "aB", "雨", "\u0301", "😀", "#@", ". ", "a::", "\ud800", "C++"])(
    "of hostile text (%j, half a million times) are read, which work that grows with the square would not finish",
    (unit) => {
      expect(analyze(unit.repeat(500_000)).every(({ start, end }) => start < end)).toBe(true);
    },
  );
});

describe("sentences", () => {
  test("end at full stops before white space only, and at ideographic stops anywhere", () => {
    const split = (text: string): string[] => splitSentences(text, 1000).map(([start, end]) => text.slice(start, end));
    expect(split("Use node.js 3.5. It (works.) Yes")).toEqual(["Use node.js 3.5. ", "It (works.) ", "Yes"]);
    expect(split("雨です。傘を。")).toEqual(["雨です。", "傘を。"]);
    expect(split("one\n\ntwo")).toEqual(["one\n\n", "two"]);
  });
});

describe("passages", () => {
  test("of blank text there are none", () => {
    for (const text of ["", " ", "\n\t\u00a0", "\u2028\u2029\u1680\u202f\u205f\u3000\ufeff"])
      expect(chunk(text)).toEqual([]);
  });

  test("never repeat the end of the one before and nothing more", () => {
    const text = [`${"a".repeat(499)}.`, `${"b".repeat(99)}.`, `${"c".repeat(949)}.`].join(" ");
    expect(chunk(text).map(([start, end]) => text.slice(start, end)[0])).toEqual(["a", "c"]);
  });

  test("of a long text are of similar length", () => {
    const text = Array.from({ length: 45 }, (_, i) => `This is sentence number ${i}.`).join(" ");
    const lengths = chunk(text).map(([start, end]) => end - start);
    expect(lengths.length).toBe(2);
    expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThan(120);
  });
});

describe("heading paths", () => {
  const place = (...levels: readonly (readonly [number, string, string?])[]): unknown =>
    placeSections(
      levels.map(([level, heading, anchor]) => ({
        level,
        heading,
        text: "",
        ...(anchor === undefined ? {} : { anchor }),
      })),
      "Title",
    );

  test("take skipped levels as they come", () => {
    expect(place([1, "A", "a"], [4, "B"], [2, "C"], [3, "D", "d"], [1, "E"])).toEqual([
      { path: ["A"], anchor: "a" },
      { path: ["A", "B"], anchor: "a" },
      { path: ["A", "C"], anchor: "a" },
      { path: ["A", "C", "D"], anchor: "d" },
      { path: ["E"], anchor: "" },
    ]);
  });

  test("leave out a heading that repeats the title, but keep its anchor", () => {
    expect(place([1, "Title", "t"], [2, "A"])).toEqual([
      { path: [], anchor: "t" },
      { path: ["A"], anchor: "t" },
    ]);
  });

  test("of 10,000 headings stay at most six long", () => {
    const sections = Array.from({ length: 10_000 }, (_, i) => ({ heading: `h${i}`, level: (i % 6) + 1, text: "" }));
    expect(Math.max(...placeSections(sections, "").map(({ path }) => path.length))).toBe(6);
  });
});

describe("excerpts", () => {
  const filler = "Nothing to see here and there, move along please. ".repeat(20);

  test("show the place where the rare words are together", () => {
    const text = `common ${filler}common rare words together. ${filler}common`;
    const weights = new Map([
      ["common", 0.1],
      [stem("rare"), 3],
      [stem("together"), 3],
    ]);
    const excerpt = makeExcerpt(text, weights, "", 120);
    expect(excerpt.ranges.map(([start, end]) => excerpt.text.slice(start, end))).toEqual([
      "common",
      "rare",
      "together",
    ]);
  });

  test("begin with a word, not inside a name with a full stop", () => {
    const text = `${filler}Then we use node.js today for the thing that matters most of all. ${filler}`;
    const excerpt = makeExcerpt(text, new Map([["todai", 1]]), "", 100);
    expect(text[text.indexOf(excerpt.text) - 1]).toMatch(/\s/);
    expect(excerpt.text).toContain("node.js today");
  });

  test("mark every inflection of a word and the word half typed", () => {
    const excerpt = makeExcerpt("Loading images: it loads an image.", new Map([[stem("load"), 1]]), "imag", 100);
    expect(excerpt.ranges.map(([start, end]) => excerpt.text.slice(start, end))).toEqual([
      "Loading",
      "images",
      "loads",
      "image",
    ]);
  });

  test("without words of the query show the beginning", () => {
    expect(makeExcerpt(filler, new Map(), "", 60).text).toBe(
      "Nothing to see here and there, move along please. Nothing to",
    );
  });
});

describe("stems", () => {
  test("leave identifiers and other scripts alone", () => {
    for (const term of ["e0308", "std::vector", "straßen", "καφεσ", "雨が", "is", "os"]) expect(stem(term)).toBe(term);
  });

  test.each([
    ["possible", "possibility"],
    ["happy", "happiness"],
    ["sizing", "size"],
    ["hopping", "hop"],
    ["ponies", "pony"],
    ["relational", "relate"],
  ])("%s and %s are found by the same beginning", (a, b) => {
    expect(stem(a)).toBe(stem(b));
    expect(a.startsWith(stemPrefix(stem(a))) && b.startsWith(stemPrefix(stem(b)))).toBe(true);
  });
});
