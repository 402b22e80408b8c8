import { existsSync, readFileSync } from "node:fs";
import { Tokenizer } from "@huggingface/tokenizers";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createWordPieceTokenizer } from "../../../../src/core/model/wordpiece.ts";
import { PortRepairs } from "./tokenizer-reference.ts";
import { tokenizerJson } from "./tokenizer-json.ts";

const builtIn = new URL("../../../../public/models/inkling-instant-v1/tokenizer.json", import.meta.url);
const potion = new URL("../../../../../shared/peers/potion-base-4M-int8/tokenizer.json", import.meta.url);

const words = [
  "the",
  "Search",
  "jumping",
  "naïve",
  " ",
  "\n",
  "-",
  "##",
  "[SEP]",
  "中文",
  "é",
  "\u0301",
  "x̌",
  "'",
  "0x80",
  "\uFFFD",
];

interface Golden {
  readonly entries: readonly { readonly text: string; readonly ids: readonly number[] }[];
}

function readJson(url: URL): object {
  return JSON.parse(readFileSync(url, "utf8")) as object;
}

const anyText = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 60 }),
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.array(fc.constantFrom(...words), { maxLength: 30 }).map((parts) => parts.join("")),
);

/** This port differs from the reference in Rust in three known things, and gets texts in which they are evened out. */
function testAgainstReference(url: URL): void {
  const json = readJson(url);
  const ours = createWordPieceTokenizer(json);
  const theirs = new Tokenizer(json, {});
  const repairs = new PortRepairs();
  fc.assert(
    fc.property(anyText, (text) => {
      const expected = theirs.encode(repairs.repair(text), { add_special_tokens: false }).ids;
      expect([...ours.encode(text, 1e6).ids]).toEqual([...expected]);
    }),
    { numRuns: 3000 },
  );
}

test("ids of the golden texts are those of the reference implementation", () => {
  const golden = readJson(new URL("../../../golden/inkling-instant-v1.json", import.meta.url)) as Golden;
  const tokenizer = createWordPieceTokenizer(readJson(builtIn));
  expect(golden.entries.length).toBeGreaterThan(50);
  for (const { text, ids } of golden.entries)
    expect([text, ...tokenizer.encode(text, 1e6).ids]).toEqual([text, ...ids]);
});

test("ids of any text are those of @huggingface/tokenizers, for the built-in vocabulary", () => {
  testAgainstReference(builtIn);
});

test("ids of any text are those of @huggingface/tokenizers, for BERT's own vocabulary with added tokens", (context) => {
  if (!existsSync(potion)) context.skip("../shared/peers/potion-base-4M-int8 is not here");
  testAgainstReference(potion);
});

const vocabulary = ["[PAD]", "[UNK]", "[SEP]", "un", "##aff", "##able", "##a", "a", "b", ",", "é", "##b", "中", "café"];

describe("with a small vocabulary", () => {
  const tokenizer = createWordPieceTokenizer(
    tokenizerJson(vocabulary, {
      added_tokens: [
        { id: 0, content: "[PAD]", special: true },
        { id: 2, content: "[SEP]", special: true },
        { id: 20, content: "[SEP]x", special: false },
      ],
    }),
  );
  const idsOf = (text: string, maxTokens = 100): number[] => [...tokenizer.encode(text, maxTokens).ids];

  test("the longest piece is taken first", () => {
    expect(idsOf("unaffable UNaab")).toEqual([3, 4, 5, 3, 6, 6, 11]);
  });

  test("a word that cannot be covered to its end is unknown as a whole", () => {
    expect(idsOf("unaffz a")).toEqual([1, 7]);
    expect(tokenizer.encode("unaffz a", 9).coverage).toBeCloseTo(1 / 7);
  });

  test("added tokens are found in the raw text, the longest first", () => {
    expect(idsOf("a[SEP]b[SEP]x[sep]")).toEqual([7, 2, 8, 20, 1, 1, 1]);
  });

  test("special ids are the unknown one and the special added ones", () => {
    expect([...tokenizer.specialIds].toSorted((a, b) => a - b)).toEqual([0, 1, 2]);
    expect(tokenizer.idCount).toBe(21);
  });

  test("a word of 100 characters is read, one of 101 is not, counted in code points", () => {
    const long = createWordPieceTokenizer(tokenizerJson(["[UNK]", "a", "##a", "𝒳", "##𝒳"]));
    const first = (text: string): number => long.encode(text, 1000).ids[0]!;
    expect([first("a".repeat(100)), first("a".repeat(101))]).toEqual([1, 0]);
    expect([first("𝒳".repeat(100)), first("𝒳".repeat(101)), first("𝒳".repeat(300))]).toEqual([3, 0, 0]);
  });

  test.each([
    ["a b a b", 4, 4, false],
    ["a b a b", 3, 3, true],
    ["a b a b  ", 2, 2, true],
    ["unaffable", 2, 2, true],
    ["中中", 1, 1, true],
    ["a[SEP]", 1, 1, true],
    ["a", 0, 0, true],
    ["", 0, 0, false],
  ])("%j cut to %i tokens gives %i, truncated %s", (text, maxTokens, count, truncated) => {
    const found = tokenizer.encode(text, maxTokens);
    expect([found.ids.length, found.truncated]).toEqual([count, truncated]);
  });

  test("lone surrogates, NUL and other control characters are passed over", () => {
    expect(idsOf("a\uD800 \u0000b \uDFFF \u0007")).toEqual([7, 8]);
  });

  test("the result is the same the second time, out of the cache", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", "b", "un", "é", ",", " ", "中"), maxLength: 40 }), (text) => {
        expect(idsOf(text)).toEqual(idsOf(text));
        const anew = createWordPieceTokenizer(tokenizerJson(vocabulary));
        expect(idsOf(text)).toEqual([...anew.encode(text, 100).ids]);
      }),
    );
  });

  test("a long run without spaces gives the same ids as its parts", () => {
    const parts = ["é,".repeat(700), "中".repeat(3000), "abé\u0301中".repeat(900)];
    for (const part of parts) {
      const found = [...tokenizer.encode(part + part, 1e6).ids];
      expect(found).toEqual([...idsOf(part, 1e6), ...idsOf(part, 1e6)]);
    }
  });

  test("more different words than the cache holds are no trouble", () => {
    const words = Array.from({ length: 40_000 }, (_value, place) => `w${place}`).join(" ");
    expect(tokenizer.encode(`${words} a`, 1e6).ids.at(-1)).toBe(7);
  });
});

test.each([
  ["a letter", "a"],
  ["an accented letter", "é"],
  ["an ideograph", "中"],
  ["a mark", "\u0301"],
  ["a comma", ","],
  ["a lone surrogate", "\uD800"],
])(
  "three million times %s without a space are read, which work that grows with the square would not finish",
  (_what, unit) => {
    const tokenizer = createWordPieceTokenizer(readJson(builtIn));
    const { ids } = tokenizer.encode(unit.repeat(3e6), 512);
    expect(ids.length).toBeLessThanOrEqual(512);
  },
);

describe("a tokenizer.json that cannot be read right is refused", () => {
  const good = tokenizerJson(["[UNK]", "a"]);
  const model = good["model"] as object;
  test.each([
    ["null", null],
    ["a list", []],
    ["no model", { ...good, model: undefined }],
    ["another model", { ...good, model: { ...model, type: "BPE" } }],
    ["another normalizer", { ...good, normalizer: { type: "NFKC" } }],
    ["no normalizer", { ...good, normalizer: null }],
    ["another pre-tokenizer", { ...good, pre_tokenizer: { type: "Whitespace" } }],
    ["a list as vocabulary", { ...good, model: { ...model, vocab: ["a"] } }],
    ["an id that is no number", { ...good, model: { ...model, vocab: { "[UNK]": 0, a: "1" } } }],
    ["a negative id", { ...good, model: { ...model, vocab: { "[UNK]": -1 } } }],
    ["no unknown token", { ...good, model: { ...model, unk_token: "<unk>" } }],
    ["a prefix that is no text", { ...good, model: { ...model, continuing_subword_prefix: 2 } }],
    ["added tokens that are no list", { ...good, added_tokens: {} }],
    ["an added token without id", { ...good, added_tokens: [{ content: "x" }] }],
    ["an empty added token", { ...good, added_tokens: [{ id: 1, content: "" }] }],
    ["an added token with rules of its own", { ...good, added_tokens: [{ id: 1, content: "x", lstrip: true }] }],
  ])("%s", (_what, json) => {
    expect(() => createWordPieceTokenizer(json)).toThrow(
      expect.objectContaining({ name: "ModelError", code: "model/format" }),
    );
  });
});
