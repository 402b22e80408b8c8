import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { packPasses, type PassText } from "../../../neural/passes.ts";

/** Texts of so many ids, each id telling the text and its place. */
function textsOf(lengths: readonly number[]): PassText[] {
  return lengths.map((length, text) => ({ text, ids: Array.from({ length }, (_, at) => text * 1000 + at) }));
}

const [head, suffix] = [[-1, -2], [-3]];

describe("passes", () => {
  test("hold as many texts as fit, and the last one once more before the next", () => {
    const passes = packPasses(textsOf([3, 2, 2, 4]), head, suffix, 10);
    expect(passes.map(({ ids }) => ids.slice(2, -1))).toEqual([
      [0, 1, 2, 1000, 1001, 2000, 2001],
      [2000, 2001, 3000, 3001, 3002, 3003],
    ]);
    expect(passes.map(({ spans }) => spans)).toEqual([
      [
        { text: 0, start: 2, end: 5 },
        { text: 1, start: 5, end: 7 },
        { text: 2, start: 7, end: 9 },
      ],
      [{ text: 3, start: 4, end: 8 }],
    ]);
  });

  test("leave the text before out where there is no room for both", () => {
    const passes = packPasses(textsOf([5, 5]), head, suffix, 10);
    expect(passes.map(({ ids }) => ids.slice(2, -1).length)).toEqual([5, 5]);
  });

  test("of no text are none", () => {
    expect(packPasses([], head, suffix, 10)).toEqual([]);
  });

  test("hold every text once, whole and in order, and are never too long", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 30 }), (lengths) => {
        const texts = textsOf(lengths);
        const passes = packPasses(texts, head, suffix, 15);
        const found = passes.flatMap(({ ids, spans }) =>
          spans.map(({ text, start, end }) => ({ text, ids: ids.slice(start, end) })),
        );
        expect(found).toEqual(texts);
        for (const { ids } of passes) {
          expect(ids.length).toBeLessThanOrEqual(15);
          expect([ids.slice(0, 2), ids.at(-1)]).toEqual([head, -3]);
        }
      }),
    );
  });
});
