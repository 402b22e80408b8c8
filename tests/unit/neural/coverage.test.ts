import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readCoverage } from "../../../neural/coverage.ts";
import { createWordPieceTokenizer } from "../../../src/core/model/wordpiece.ts";

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8"));
}

const english = readJson("public/models/inkling-instant-v1/tokenizer.json");

describe("how much a model for certain languages knows of a text", () => {
  const coverage = readCoverage(english, ["en"])!;

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
    ["that is not cut by WordPiece", readJson("tests/fixtures/models/tiny-roberta-cls/tokenizer.json"), ["en"]],
    ["without a tokenizer.json", undefined, ["en"]],
  ])("is not asked of a model %s", (_what, layout, languages) => {
    expect(readCoverage(layout, languages)).toBeUndefined();
  });
});
