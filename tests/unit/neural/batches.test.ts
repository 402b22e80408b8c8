import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planBatches } from "../../../neural/batches.ts";

const limits = { tokens: 100, rows: 8 };

describe("batches", () => {
  test("hold texts of like length, the longest first", () => {
    expect(planBatches([10, 50, 12, 48], limits)).toEqual([
      [1, 3],
      [2, 0],
    ]);
  });

  test("hold a text that is longer than allowed by itself", () => {
    expect(planBatches([500, 3], limits)).toEqual([[0], [1]]);
  });

  test("are none without texts", () => {
    expect(planBatches([], limits)).toEqual([]);
  });

  test("hold each text once, and keep to both limits", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 80 }), (lengths) => {
        const batches = planBatches(lengths, limits);
        expect(batches.flat().toSorted((a, b) => a - b)).toEqual(lengths.map((_, at) => at));
        for (const batch of batches) {
          const padded = batch.length * Math.max(...batch.map((at) => lengths[at]!));
          expect(batch.length === 1 || padded <= limits.tokens).toBe(true);
          expect(batch.length).toBeLessThanOrEqual(limits.rows);
        }
      }),
    );
  });
});
