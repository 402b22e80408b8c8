import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fuse, normalizeMinMax } from "../../src/core/fusion/convex.ts";
import { groupByPage, type RankedPassage } from "../../src/core/retrieval/group.ts";
import { defaultParameters } from "../../src/core/retrieval/parameters.ts";
import { quantizeInt8 } from "../../src/core/vector/quantize.ts";
import { createPlainScanner, quantizeQuery } from "../../src/core/vector/scan.ts";
import { TopK } from "../../src/core/vector/top-k.ts";

const value = fc.float({ min: -1, max: 1, noNaN: true });
const matrix = fc.integer({ min: 1, max: 33 }).chain((dim) =>
  fc.record({
    dim: fc.constant(dim),
    query: fc.array(value, { minLength: dim, maxLength: dim }),
    rows: fc.array(fc.array(value, { minLength: dim, maxLength: dim }), { maxLength: 20 }),
  }),
);

describe("int8 vectors", () => {
  test("score within the rounding of both sides of the float product", () => {
    fc.assert(
      fc.property(matrix, ({ dim, query, rows }) => {
        const quantized = quantizeInt8(Float32Array.from(rows.flat()), dim);
        const scores = new Float32Array(rows.length);
        createPlainScanner(quantized).scan(quantizeQuery(Float32Array.from(query)), scores);
        const largest = (list: readonly number[]): number => Math.max(0, ...list.map(Math.abs));
        rows.forEach((row, i) => {
          const exact = row.reduce((sum, x, j) => sum + x * query[j]!, 0);
          const step = (largest(row) + largest(query)) / 127;
          expect(Math.abs(scores[i]! - exact)).toBeLessThanOrEqual(dim * step + 1e-5);
        });
      }),
    );
  });

  test("of one direction have a cosine of one, within a hundredth", () => {
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 64, maxLength: 64 }).filter((row) => row.some((x) => Math.abs(x) > 0.1)),
        (row) => {
          const norm = Math.hypot(...row);
          const unit = Float32Array.from(row.map((x) => x / norm));
          const scores = new Float32Array(1);
          createPlainScanner(quantizeInt8(unit, 64)).scan(quantizeQuery(unit), scores);
          expect(Math.abs(scores[0]! - 1)).toBeLessThan(0.02);
        },
      ),
    );
  });

  test("take NaN and infinity for nothing, and a zero row for zero", () => {
    const { codes, scales } = quantizeInt8(Float32Array.of(Number.NaN, 1, Infinity, -1, 0, 0), 2);
    expect([...codes]).toEqual([0, 127, 0, -127, 0, 0]);
    expect(scales[2]).toBe(0);
    expect(quantizeInt8(new Float32Array(), 0)).toEqual({ codes: new Int8Array(), scales: new Float32Array() });
  });
});

describe("the k best", () => {
  const scored = fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constant(Number.NaN), fc.double()), {
    maxLength: 60,
  });

  test("are those that sorting gives, ties by ordinal, whatever the order of arrival", () => {
    fc.assert(
      fc.property(scored, fc.nat(12), fc.boolean(), (scores, k, isReversed) => {
        const pairs = scores.map((score, ordinal) => ({ ordinal, score }));
        const top = new TopK(k);
        for (const { ordinal, score } of isReversed ? pairs.toReversed() : pairs) top.push(ordinal, score);
        const expected = pairs
          .filter(({ score }) => !Number.isNaN(score))
          .sort((a, b) => (b.score > a.score ? 1 : b.score < a.score ? -1 : a.ordinal - b.ordinal));
        const order = (list: readonly { ordinal: number; score: number }[]): unknown =>
          list.map(({ ordinal, score }) => [ordinal, score + 0]);
        expect(order(top.finish())).toEqual(order(expected.slice(0, k)));
      }),
    );
  });
});

describe("fusion", () => {
  const score = fc.double({ min: -2, max: 5, noNaN: true });
  const range = fc.tuple(score, score).map(([a, b]) => ({ min: Math.min(a, b), max: Math.max(a, b) }));

  test("stays between 0 and 1, and is each retriever alone at the ends", () => {
    fc.assert(
      fc.property(
        score,
        score,
        range,
        range,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (words, dense, wordsRange, denseRange, weight) => {
          const pair = { words, dense };
          const fused = fuse(pair, wordsRange, denseRange, weight);
          expect(fused).toBeGreaterThanOrEqual(0);
          expect(fused).toBeLessThanOrEqual(1 + 1e-12);
          expect(fuse(pair, wordsRange, denseRange, 0)).toBe(normalizeMinMax(words, wordsRange));
          expect(fuse(pair, wordsRange, denseRange, 1)).toBe(normalizeMinMax(dense, denseRange));
        },
      ),
    );
  });

  test("counts a list of one score for nothing", () => {
    expect(normalizeMinMax(3, { min: 3, max: 3 })).toBe(0);
    expect(fuse({ words: 2, dense: 1 }, { min: 0, max: 2 }, { min: 1, max: 1 }, 0.4)).toBeCloseTo(0.6);
  });
});

describe("grouping by page", () => {
  const parameters = { ...defaultParameters, sectionDecay: 0.5, sectionsPerPage: 3 };
  /** Passage ordinal = document · 100 + section · 10 + passage. */
  const placeOf = (_segment: number, passage: number): { document: number; section: number } => ({
    document: Math.floor(passage / 100),
    section: Math.floor(passage / 10),
  });
  const group = (
    ...passages: readonly (readonly [passage: number, score: number, segment?: number])[]
  ): ReturnType<typeof groupByPage> =>
    groupByPage(
      passages.map(([passage, score, segment = 0]): RankedPassage => ({ segment, passage, score })),
      placeOf,
      parameters,
    );

  test("adds up sections, each with its best passage, decaying", () => {
    expect(group([111, 1], [112, 0.9], [121, 0.6], [131, 0.4], [141, 0.3])).toMatchObject([
      { document: 1, score: 1 + 0.5 * 0.6 + 0.25 * 0.4 },
    ]);
  });

  test("gives nothing for more passages of one section", () => {
    expect(group([111, 1], [112, 1], [113, 1])[0]!.score).toBe(group([111, 1])[0]!.score);
  });

  test("breaks ties by segment, then document, whatever the order of arrival", () => {
    const passages = [
      [210, 1, 1],
      [110, 1, 1],
      [310, 1, 0],
      [110, 1, 0],
    ] as const;
    const order = (list: ReturnType<typeof groupByPage>): unknown =>
      list.map(({ segment, document }) => [segment, document]);
    expect(order(group(...passages))).toEqual([
      [0, 1],
      [0, 3],
      [1, 1],
      [1, 2],
    ]);
    expect(order(group(...passages.toReversed()))).toEqual(order(group(...passages)));
  });

  test("lists a page's passages best first, ties in order of the text", () => {
    expect(group([112, 0.5], [131, 1], [111, 0.5])[0]!.passages.map(({ passage }) => passage)).toEqual([131, 111, 112]);
  });
});
