import { describe, expect, test } from "vitest";
import { bestOf, fuseScores, listCandidates, type PassageScores } from "../../../../worker/loaded/fuse-evidence.ts";

const documentOf = (passage: number) => ({ document: passage, weight: passage === 9 ? 2 : 1 });

function scoresOf(known: PassageScores, denseWeight = 0.5): Map<number, number> {
  const candidates = listCandidates(known, 10);
  const passages = fuseScores(known, candidates, { words: 10, dense: 0.6 }, denseWeight, documentOf, 3);
  expect(passages.every(({ segment }) => segment === 3)).toBe(true);
  return new Map(passages.map(({ passage, score }) => [passage, score]));
}

const meaning = (scores: readonly (readonly [number, number])[]) => ({
  scores: new Map(scores),
  mean: 0.1,
  highest: 0.6,
  nearness: (passage: number) => (passage === 5 ? 0.1 : 0),
});

describe("passages of a loaded index", () => {
  test("one whose vector was not read stands between those that mean the same and those that mean nothing of it", () => {
    const words = new Map([
      [1, 10],
      [2, 10],
      [3, 10],
      [4, 5],
      [5, 5],
    ]);
    const scores = scoresOf({
      words,
      meaning: meaning([
        [1, 0.6],
        [2, 0.1],
      ]),
    });
    expect(scores.get(1)).toBeCloseTo(1);
    expect(scores.get(2)).toBeCloseTo(0.5);
    expect(scores.get(3)).toBeCloseTo(0.5 + 0.5 * 0.56);
    // Of two that words have found alike, the one among passages near to the question is taken to be nearer.
    expect(scores.get(4)).toBeCloseTo(0.25 + 0.5 * 0.39);
    expect(scores.get(5)).toBeCloseTo(0.25 + 0.5 * (0.39 + (0.97 * 0.1) / 0.5));
  });

  test("words alone count where nothing is known of meaning, and no passage is found by a guess", () => {
    expect([...scoresOf({ words: new Map([[1, 5]]), meaning: null })]).toEqual([[1, 0.5]]);
    expect([...scoresOf({ words: new Map(), meaning: meaning([[4, 0.1]]) })]).toEqual([]);
  });

  test("a page's weight multiplies what its passages score", () => {
    const scores = scoresOf({ words: new Map([[9, 5]]), meaning: null });
    expect(scores.get(9)).toBe(1);
  });

  test("the best come first, and of equal ones those that stand first", () => {
    const scores = new Map([
      [7, 1],
      [2, 3],
      [5, 1],
      [1, Number.NEGATIVE_INFINITY],
    ]);
    expect(bestOf(scores, 3)).toEqual([2, 5, 7]);
    expect(bestOf(new Map(), 3)).toEqual([]);
  });
});
