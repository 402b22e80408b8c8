import { readFileSync } from "node:fs";
import { Tokenizer } from "@huggingface/tokenizers";
import { describe, expect, test } from "vitest";
import { readCoverage } from "../../../neural/coverage.ts";
import { createWordPieceTokenizer } from "../../../src/core/model/wordpiece.ts";

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8"));
}

const english = readJson("public/models/inkling-instant-v1/tokenizer.json");

/** The letter that GPT-2 spells a byte by. */
const letters = ((): string[] => {
  const isPrinted = (byte: number): boolean => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  const all = Array.from({ length: 256 }, (_, byte) => byte);
  const others = all.filter((byte) => !isPrinted(byte));
  return all.map((byte) => String.fromCharCode(isPrinted(byte) ? byte : 256 + others.indexOf(byte)));
})();

/** A tokenizer as that of RoBERTa, which knows some words whole and of all others the bytes. */
function byteLevel(words: readonly string[]): object {
  const tokens = new Set(letters);
  const merges: [string, string][] = [];
  for (const word of words) {
    const spelled = Array.from(new TextEncoder().encode(` ${word}`), (byte) => letters[byte]!);
    for (let end = 1; end < spelled.length; end++) {
      const pair: [string, string] = [spelled.slice(0, end).join(""), spelled[end]!];
      if (!tokens.has(pair.join(""))) merges.push(pair);
      tokens.add(pair.join(""));
    }
  }
  const step = { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true };
  const vocab = Object.fromEntries([...tokens].map((token, id) => [token, id]));
  return {
    model: { type: "BPE", vocab, merges, unk_token: null, continuing_subword_prefix: "", end_of_word_suffix: "" },
    normalizer: null,
    pre_tokenizer: { type: "Sequence", pretokenizers: [step] },
    post_processor: null,
    decoder: step,
    added_tokens: [],
  };
}

describe("how much a model for certain languages knows of a text", () => {
  const never = (): never => {
    throw new Error("The tokenizer of the runtime is not needed here.");
  };
  const coverage = readCoverage(english, ["en"], never)!;

  test("is nearly all of its language, and little of a foreign script though each letter has an id", () => {
    expect(coverage("how do I reset my password?")).toBeGreaterThan(0.9);
    for (const text of ["πώς αλλάζω τον κωδικό μου;", "как сменить пароль", "كيف أغير كلمة المرور"])
      expect(coverage(text), text).toBeLessThan(0.25);
    expect(coverage("")).toBe(0);
  });

  test("is what the instant model finds, so that both models weigh words and meaning alike", () => {
    const text = "Straßenbahn πώς reset 東京 E0308";
    expect(coverage(text)).toBe(createWordPieceTokenizer(english).encode(text, 512).coverage);
  });

  test.each([
    ["for many languages", english, "many" as const],
    ["whose languages nobody tells", english, null],
    [
      "of which the vocabulary is made for many",
      readJson("tests/fixtures/models/tiny-e5-multilingual/tokenizer.json"),
      ["en"],
    ],
    ["for many languages, cut into bytes", byteLevel([]), "many" as const],
    ["without a tokenizer.json", undefined, ["en"]],
  ])("is not asked of a model %s", (_what, layout, languages) => {
    expect(readCoverage(layout, languages, never)).toBeUndefined();
  });
});

describe("how much is known of a text by a model whose words are merged bytes", () => {
  const words = ["how", "do", "I", "reset", "my", "pass", "word", "the", "café", "error", ".", "?", "E"];
  const layout = byteLevel(words);
  const tokenizer = new Tokenizer(layout, {});
  const coverage = readCoverage(layout, ["en"], (text) => tokenizer.encode(text, { add_special_tokens: false }).ids)!;

  test.each([
    ["whole words and punctuation", "how do I reset my café?", 1],
    ["a telling piece and the letters behind it", "password", 0.5],
    ["a word of a foreign script, cut into bytes", "how κωδικός", 3 / (3 + 14)],
    ["a known letter that begins an unknown word", "E0308", 0],
    ["half a character", "🔍", 0],
    ["nothing", "", 0],
    ["spaces", "  \n ", 0],
  ])("%s", (_what, text, expected) => {
    expect(coverage(text)).toBeCloseTo(expected, 5);
  });

  test("is little of foreign scripts, so that their passages get no vector", () => {
    for (const text of ["πώς αλλάζω τον κωδικό μου;", "как сменить пароль", "كيف أغير كلمة المرور", "東京の天気"])
      expect(coverage(text), text).toBeLessThan(0.25);
  });
});
