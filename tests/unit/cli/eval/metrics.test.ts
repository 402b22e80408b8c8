import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRandom, pairedBootstrap } from "../../../../cli/eval/bootstrap.ts";
import { mean, ndcgAt, recallAt, reciprocalRankAt } from "../../../../cli/eval/metrics.ts";

const judgements = new Map([
  ["a", 3],
  ["b", 1],
  ["c", 0],
  ["d", -1],
]);

describe("ndcgAt", () => {
  test("is the hand-worked value", () => {
    // Gains 2^3 - 1 = 7 and 2^1 - 1 = 1; the ranking has them at ranks 2 and 4, the ideal at 1 and 2.
    const expected = (7 / Math.log2(3) + 1 / Math.log2(5)) / (7 + 1 / Math.log2(3));
    expect(ndcgAt(10, ["x", "a", "c", "b"], judgements)).toBeCloseTo(expected, 12);
    expect(expected).toBeCloseTo(0.63519, 4);
  });

  test.each([
    ["1 for the ideal ranking", ["a", "b"], 1],
    ["0 for nothing found", ["x"], 0],
    ["0 for an empty ranking", [], 0],
    ["not lowered by a document judged below 0", ["a", "b", "d"], 1],
  ])("is %s", (_, ranking, expected) => expect(ndcgAt(10, ranking, judgements)).toBe(expected));

  test("reads no further than k, in ranking and ideal", () => {
    expect(ndcgAt(1, ["b", "a"], judgements)).toBeCloseTo(1 / 7, 12);
  });

  test("is 0 where nothing is relevant", () => expect(ndcgAt(10, ["c"], new Map([["c", 0]]))).toBe(0));

  test("never exceeds 1, and no ranking beats the ideal", () => {
    const grades = fc.dictionary(fc.string({ minLength: 1 }), fc.integer({ min: -1, max: 4 }));
    fc.assert(
      fc.property(grades, fc.array(fc.string()), (graded, ranking) => {
        const value = ndcgAt(10, [...new Set(ranking)], new Map(Object.entries(graded)));
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1 + 1e-12);
      }),
      { seed: 3 },
    );
  });
});

test.each([
  [100, ["x", "a"], 0.5],
  [1, ["x", "a"], 0],
  [100, ["b", "a"], 1],
])("recallAt(%i, %j) is %f", (k, ranking, expected) => expect(recallAt(k, ranking, judgements)).toBe(expected));

test.each([
  [10, ["x", "c", "b", "a"], 1 / 3],
  [2, ["x", "c", "b"], 0],
  [10, [], 0],
])("reciprocalRankAt(%i, %j) is %f", (k, ranking, expected) =>
  expect(reciprocalRankAt(k, ranking, judgements)).toBe(expected),
);

test("the mean of nothing is 0", () => expect(mean([])).toBe(0));

describe("pairedBootstrap", () => {
  test("finds a steady difference significant, in either direction", () => {
    const a = Array.from({ length: 50 }, (_, i) => 0.5 + (i % 5) / 100);
    const b = a.map((value) => value - 0.1);
    expect(pairedBootstrap(a, b)).toMatchObject({ significant: 1 });
    expect(pairedBootstrap(a, b).difference).toBeCloseTo(0.1, 12);
    expect(pairedBootstrap(b, a)).toMatchObject({ significant: -1 });
  });

  test("finds none in the same values, or in noise around 0", () => {
    const a = Array.from({ length: 40 }, (_, i) => i / 40);
    expect(pairedBootstrap(a, a)).toEqual({ difference: 0, interval: [0, 0], significant: 0 });
    const noise = a.map((value, i) => value + (i % 2 === 0 ? 0.1 : -0.1));
    expect(pairedBootstrap(noise, a).significant).toBe(0);
  });

  test("has the interval of a normal mean", () => {
    // 200 values of +1 and -1: the mean has standard error 1 / sqrt(200) = 0.0707, the interval is ± 1.96 of it.
    const a = Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? 1 : -1));
    const [low, high] = pairedBootstrap(
      a,
      a.map(() => 0),
    ).interval;
    expect(low).toBeCloseTo(-0.1386, 2);
    expect(high).toBeCloseTo(0.1386, 2);
  });

  test("is the same every time", () => {
    expect(pairedBootstrap([1, 0, 1, 1], [0, 0, 1, 0])).toEqual(pairedBootstrap([1, 0, 1, 1], [0, 0, 1, 0]));
  });

  test("of no queries says nothing", () => {
    expect(pairedBootstrap([], [])).toEqual({ difference: 0, interval: [0, 0], significant: 0 });
  });
});

test("random numbers are even over [0, 1)", () => {
  const random = createRandom(5);
  const buckets = Array.from({ length: 10 }, () => 0);
  for (let i = 0; i < 10_000; i++) buckets[Math.floor(random() * 10)]!++;
  for (const count of buckets) expect(Math.abs(count - 1000)).toBeLessThan(150);
});
