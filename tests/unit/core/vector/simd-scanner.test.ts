import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { quantizeInt8, type QuantizedRows } from "../../../../src/core/vector/quantize.ts";
import { createPlainScanner, quantizeQuery } from "../../../../src/core/vector/scan.ts";
import { createSimdScanner } from "../../../../src/core/vector/simd-scanner.ts";
import { chooseScanner } from "../../../../worker/simd-kernel.ts";

const root = fileURLToPath(new URL("../../../../", import.meta.url));

/** Rows of a linear congruential sequence: every code occurs, the same in every run. */
function makeRows(count: number, dim: number, seed: number): QuantizedRows {
  let state = seed >>> 0;
  const values = Float32Array.from({ length: count * dim }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
  return quantizeInt8(values, dim);
}

describe("the SIMD scanner", () => {
  const { createScanner, fallback } = chooseScanner();

  it("runs in this Node", () => {
    expect(fallback).toBeNull();
  });

  it("gives exactly the scores of the plain scanner, for every dim it takes", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1024, max: 1100 }),
        fc.constantFrom(16, 64, 128, 256),
        fc.nat(),
        (count, dim, seed) => {
          const rows = makeRows(count, dim, seed);
          const query = quantizeQuery(Float32Array.from({ length: dim }, (_, i) => Math.sin(i + seed)));
          const expected = new Float32Array(count);
          const found = new Float32Array(count);
          createPlainScanner(rows).scan(query, expected);
          createScanner(rows).scan(query, found);
          expect(found).toEqual(expected);
        },
      ),
      { numRuns: 20 },
    );
  });

  it("sums the greatest codes without overflow", () => {
    const dim = 256;
    const rows = { codes: new Int8Array(1024 * dim).fill(-127), scales: new Float32Array(1024).fill(1) };
    const scores = new Float32Array(1024);
    createScanner(rows).scan({ codes: new Int8Array(dim).fill(127), scale: 1 }, scores);
    expect(new Set(scores)).toEqual(new Set([-127 * 127 * dim]));
  });

  it("leaves few rows and odd dims to the plain scanner", () => {
    const refuse = createSimdScanner(() => {
      throw new Error("no kernel was to be started");
    });
    expect(() => refuse(makeRows(1023, 64, 1))).not.toThrow();
    expect(() => refuse(makeRows(2000, 20, 1))).not.toThrow();
    expect(() => refuse({ codes: new Int8Array(), scales: new Float32Array() })).not.toThrow();
    expect(() => refuse(makeRows(1024, 64, 1))).toThrow("no kernel");
  });

  it("is the compiled form of its source", () => {
    expect(
      execFileSync(process.execPath, ["scripts/build-kernel.mjs", "--check"], { cwd: root, encoding: "utf8" }),
    ).toContain("bytes");
  });
});

describe("the plain scanner", () => {
  it("is within the rounding of both sides of the float product", () => {
    const dim = 64;
    const values = Float32Array.from({ length: 50 * dim }, (_, i) => Math.cos(i * 7.3) / 8);
    const query = Float32Array.from({ length: dim }, (_, i) => Math.sin(i * 1.7) / 8);
    const scores = new Float32Array(50);
    createPlainScanner(quantizeInt8(values, dim)).scan(quantizeQuery(query), scores);
    scores.forEach((score, row) => {
      const exact = query.reduce((sum, value, i) => sum + value * values[row * dim + i]!, 0);
      expect(Math.abs(score - exact)).toBeLessThan(0.005);
    });
  });

  it("scores a zero query and zero rows with zero", () => {
    const scores = new Float32Array(2).fill(9);
    createPlainScanner(quantizeInt8(new Float32Array(8), 4)).scan(quantizeQuery(new Float32Array(4)), scores);
    expect([...scores]).toEqual([0, 0]);
  });
});
