import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { projectToPlane } from "../../../demo/src/playground/project.ts";

/** Variance along one axis of a plane. */
function spread(plane: Float32Array, axis: number): number {
  const values = plane.filter((_, i) => i % 2 === axis);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
}

describe("projectToPlane", () => {
  test("keeps rows of two dims as far apart as they are", () => {
    const vectors = Float32Array.from([0, 0, 4, 0, 0, 1, 4, 1, 2, 0.5]);
    const plane = projectToPlane(vectors, 2);
    const distance = (from: Float32Array, a: number, b: number): number =>
      Math.hypot(from[2 * a]! - from[2 * b]!, from[2 * a + 1]! - from[2 * b + 1]!);
    for (let a = 0; a < 5; a++) {
      for (let b = 0; b < a; b++) expect(distance(plane, a, b)).toBeCloseTo(distance(vectors, a, b), 2);
    }
    expect(spread(plane, 0)).toBeGreaterThan(spread(plane, 1));
  });

  test("holds more of the variance on its first axis than any single dim of the rows", () => {
    const rows = fc.array(fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: 6, maxLength: 6 }), {
      minLength: 3,
      maxLength: 30,
    });
    fc.assert(
      fc.property(rows, (table) => {
        const plane = projectToPlane(Float32Array.from(table.flat()), 6);
        const variances = table[0]!.map((_, dim) => {
          const mean = table.reduce((sum, row) => sum + row[dim]!, 0) / table.length;
          return table.reduce((sum, row) => sum + (row[dim]! - mean) ** 2, 0);
        });
        expect(spread(plane, 0) + spread(plane, 1)).toBeGreaterThanOrEqual(0.9 * Math.max(...variances) - 1e-4);
        expect(spread(plane, 0) + spread(plane, 1)).toBeLessThanOrEqual(
          variances.reduce((sum, value) => sum + value, 0) + 1e-3,
        );
      }),
    );
  });

  test("finds the direction of many rows from some of them", () => {
    const vectors = Float32Array.from({ length: 2000 * 8 }, (_, i) =>
      i % 8 === 5 ? Math.sin(i) * 10 : Math.cos(i * i),
    );
    const plane = projectToPlane(vectors, 8);
    for (const row of [0, 7, 1999]) expect(Math.abs(plane[row * 2]!)).toBeCloseTo(Math.abs(vectors[row * 8 + 5]!), 0);
  });

  test.each([
    ["no rows", [], 0],
    ["one row", [1, 2, 3], 3],
    ["equal rows", [1, 2, 1, 2, 1, 2], 2],
  ])("gives dots without numbers that are none, for %s", (_, vectors, dim) => {
    const plane = projectToPlane(Float32Array.from(vectors), dim);
    expect(plane.length).toBe(dim === 0 ? 0 : (2 * vectors.length) / dim);
    expect(plane.every((value) => Math.abs(value) < 1e-6)).toBe(true);
  });
});
