import { describe, expect, test } from "vitest";
import { finishVectors, poolRanges, poolStates } from "../../../neural/pooling.ts";
import { cosine } from "../../../src/core/vector/cosine.ts";

// Two rows of three tokens of two numbers; the second row has two tokens, the third is padding.
const states = { data: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 99, 99), rows: 2, length: 3, width: 2 };
const lengths = [3, 2];

describe("pooling", () => {
  test.each([
    ["mean", [3, 4, 8, 9]],
    ["cls", [1, 2, 7, 8]],
    ["last", [5, 6, 9, 10]],
  ] as const)("%s reads no padding", (pooling, expected) => {
    expect([...poolStates(states, lengths, pooling)]).toEqual(expected);
  });

  test("mean leaves out what stands before the text, but never all", () => {
    expect([...poolStates(states, lengths, "mean", [1, 5])]).toEqual([4, 5, 9, 10]);
  });
});

test("ranges of tokens are averaged one by one, whichever row they are in", () => {
  const ranges = [
    { row: 1, start: 0, end: 1 },
    { row: 0, start: 1, end: 3 },
    { row: 0, start: 0, end: 3 },
  ];
  expect([...poolRanges(states, ranges)]).toEqual([7, 8, 4, 5, 3, 4]);
});

describe("a finished vector", () => {
  test("has length 1 after it was cut", () => {
    expect(
      [...finishVectors(Float32Array.of(3, 4, 12), 3, { layerNorm: false, dim: 2 })].map((x) => x.toFixed(3)),
    ).toEqual(["0.600", "0.800"]);
  });

  test("goes through the layer norm before it is cut", () => {
    const whole = [1, 2, 3, 6];
    const [first, second] = finishVectors(Float32Array.from(whole), 4, { layerNorm: true, dim: 2 });
    const centred = whole.map((value) => value - 3);
    expect(cosine([first!, second!], centred.slice(0, 2))).toBeCloseTo(1, 5);
  });

  test("of zeros stays one", () => {
    expect([...finishVectors(new Float32Array(4), 2, { layerNorm: false, dim: 2 })]).toEqual([0, 0, 0, 0]);
  });
});
