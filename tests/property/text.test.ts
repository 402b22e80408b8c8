import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { analyze } from "../../src/core/text/analyzer.ts";
import { chunk } from "../../src/core/text/chunk.ts";
import { makeExcerpt } from "../../src/core/text/excerpt.ts";
import { fold } from "../../src/core/text/fold.ts";
import { splitSentences } from "../../src/core/text/sentences.ts";
import { stem } from "../../src/core/text/stem.ts";
import { humanText } from "./arbitraries.ts";

const maxTermLength = 64;
const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;
const splitsPair = (text: string, at: number): boolean => isHigh(text.charCodeAt(at - 1)) && isLow(text.charCodeAt(at));

describe("terms", () => {
  test("are what stands at their offsets, folded", () => {
    fc.assert(
      fc.property(humanText, (text) => {
        for (const { term, start, end } of analyze(text)) {
          expect(fold(text.slice(start, end)).slice(0, maxTermLength)).toBe(term);
          expect(splitsPair(text, start) || splitsPair(text, end)).toBe(false);
        }
      }),
    );
  });

  test("come in the order of the text and never leave out a letter or digit of it, but for contractions", () => {
    fc.assert(
      fc.property(humanText, (text) => {
        const plain = text.replace(/['’]/g, " ");
        const tokens = analyze(plain);
        const covered = new Set(
          tokens.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, i) => start + i)),
        );
        for (const match of plain.matchAll(/[\p{L}\p{N}]/gu)) {
          if (fold(match[0]) !== "") expect(covered.has(match.index), JSON.stringify([plain, match.index])).toBe(true);
        }
        const starts = tokens.map((token) => token.start);
        expect(
          tokens
            .filter((token) => token.kind === "word")
            .every((token, i, all) => i === 0 || all[i - 1]!.start <= token.start),
        ).toBe(true);
        expect(starts.every((start) => start >= 0 && start < plain.length)).toBe(true);
      }),
    );
  });

  test("of ASCII text are those that the rules for all scripts give", () => {
    const asciiText = fc.oneof(
      humanText.map((text) => text.replace(/[^\0-\x7f]/g, "")),
      fc.string({ unit: "binary-ascii", maxLength: 60 }),
      fc
        .array(fc.constantFrom("a", "B", "7", "Ab", "x", ..."::->-_./:#@+'$ \n"), { maxLength: 30 })
        .map((units) => units.join("")),
    );
    fc.assert(
      // Why: one letter beyond ASCII, set apart at the end, takes the whole text by the general way.
      fc.property(asciiText, (text) => {
        expect(analyze(text)).toEqual(analyze(`${text} é`).slice(0, -1));
      }),
      { numRuns: 2000 },
    );
  });

  test("are the same for a text and for its folded words", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z]{1,20}$/), (word) => {
        expect(analyze(word)[0]!.term).toBe(analyze(word.toLowerCase())[0]!.term);
      }),
    );
  });
});

describe("folding", () => {
  test("twice is the same as once", () => {
    fc.assert(
      fc.property(humanText, (text) => {
        expect(fold(fold(text))).toBe(fold(text));
      }),
    );
  });

  test("does not see in which of Unicode's forms a text is written", () => {
    fc.assert(
      fc.property(humanText, (text) => {
        expect(fold(text.normalize("NFD"))).toBe(fold(text.normalize("NFC")));
      }),
    );
  });
});

describe("sentences", () => {
  test("cover a text without gaps, none longer than allowed or cut inside a surrogate pair", () => {
    fc.assert(
      fc.property(humanText, fc.integer({ min: 2, max: 60 }), (text, maxLength) => {
        const spans = splitSentences(text, maxLength);
        expect(spans.map(([start, end]) => text.slice(start, end)).join("")).toBe(text);
        expect(spans.every(([start, end]) => end > start && end - start <= maxLength && !splitsPair(text, end))).toBe(
          true,
        );
      }),
    );
  });
});

describe("passages", () => {
  const settings = fc
    .record({ maxLength: fc.integer({ min: 2, max: 200 }), share: fc.double({ min: 0, max: 0.9, noNaN: true }) })
    .map(({ maxLength, share }) => ({ maxLength, overlap: Math.floor(maxLength * share) }));

  const unevenSentences = fc
    .array(fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 20, max: 200 })), { maxLength: 12 })
    .map((lengths) => lengths.map((length) => `${"w".repeat(length)}.`).join(" "));

  test("cover every character that is not white space, in order, none longer than allowed", () => {
    fc.assert(
      fc.property(humanText, settings, (text, options) => {
        const passages = chunk(text, options);
        let covered = 0;
        for (const [start, end] of passages) {
          expect(end - start).toBeGreaterThan(0);
          expect(end - start).toBeLessThanOrEqual(options.maxLength);
          expect(text.slice(covered, start).replace(/[\s\0-\x20]/g, "")).toBe("");
          expect(text.slice(start, end).trim()).not.toBe("");
          expect(splitsPair(text, start) || splitsPair(text, end)).toBe(false);
          covered = Math.max(covered, end);
        }
        expect(text.slice(covered).replace(/[\s\0-\x20]/g, "")).toBe("");
      }),
    );
  });

  test("overlap by no more than allowed, and each says something that the one before does not", () => {
    fc.assert(
      fc.property(fc.oneof(humanText, unevenSentences), settings, (text, options) => {
        const passages = chunk(text, options);
        for (let i = 1; i < passages.length; i++) {
          expect(passages[i - 1]![1] - passages[i]![0]).toBeLessThanOrEqual(options.overlap);
          expect(passages[i]![0]).toBeGreaterThan(passages[i - 1]![0]);
          expect(passages[i]![1]).toBeGreaterThan(passages[i - 1]![1]);
        }
      }),
    );
  });

  test("begin and end where sentences do, wherever sentences fit", () => {
    fc.assert(
      fc.property(humanText, (text) => {
        const options = { maxLength: 80, overlap: 20 };
        const sentences = splitSentences(text, options.maxLength);
        const starts = new Set(
          sentences.map(
            ([start, end]) =>
              start + (text.slice(start, end).length - text.slice(start, end).replace(/^[\s\0-\x20]+/, "").length),
          ),
        );
        for (const [start] of chunk(text, options)) expect(starts.has(start)).toBe(true);
      }),
    );
  });
});

describe("excerpts", () => {
  test("are cut from the text at white space, with sorted ranges that do not overlap", () => {
    fc.assert(
      fc.property(
        humanText,
        fc.array(fc.nat(40), { maxLength: 4 }),
        fc.integer({ min: 1, max: 120 }),
        (text, picks, maxLength) => {
          const tokens = analyze(text);
          const weights = new Map(
            picks.flatMap((pick) => (tokens[pick] === undefined ? [] : [[stem(tokens[pick].term), pick + 1] as const])),
          );
          const excerpt = makeExcerpt(text, weights, "", maxLength);
          expect(text).toContain(excerpt.text);
          expect(excerpt.text.length).toBeLessThanOrEqual(maxLength);
          expect(excerpt.text).not.toMatch(/\p{Cs}/u);
          let last = -1;
          for (const [start, end] of excerpt.ranges) {
            expect(start).toBeGreaterThan(last);
            expect(end).toBeGreaterThan(start);
            expect(end).toBeLessThanOrEqual(excerpt.text.length);
            last = end;
          }
        },
      ),
    );
  });
});
