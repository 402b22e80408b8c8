import { describe, expect, test } from "vitest";
import { compareValues, toNumber, toTime } from "../../../../src/core/filter/attribute-values.ts";

describe("dates", () => {
  test.each([
    ["2026-03-01", Date.UTC(2026, 2, 1)],
    ["2026-03", Date.UTC(2026, 2, 1)],
    ["2026", Date.UTC(2026, 0, 1)],
    ["2024-02-29", Date.UTC(2024, 1, 29)],
    ["1969-12-31", Date.UTC(1969, 11, 31)],
    ["2026-12-31", Date.UTC(2026, 11, 31)],
    ["2026-03-01T12:30", Date.UTC(2026, 2, 1, 12, 30)],
    ["2026-03-01 12:30:15", Date.UTC(2026, 2, 1, 12, 30, 15)],
    ["2026-03-01T12:30:15.5Z", Date.UTC(2026, 2, 1, 12, 30, 15, 500)],
    ["2026-03-01T12:30:15.123456Z", Date.UTC(2026, 2, 1, 12, 30, 15, 123)],
    ["2026-03-01T12:30:00+02:00", Date.UTC(2026, 2, 1, 10, 30)],
    ["2026-03-01T23:30:00-0530", Date.UTC(2026, 2, 2, 5)],
    ["2026-03-01t12:00:00z", Date.UTC(2026, 2, 1, 12)],
  ])("%s is a moment", (text, time) => {
    expect(toTime(text)).toBe(time);
  });

  test.each([
    ["2026-02-29"],
    ["2026-13-01"],
    ["2026-00-10"],
    ["2026-04-31"],
    ["2026-04-00"],
    ["2026-3-1"],
    ["0050-01-01"],
    ["1.3.2026"],
    ["2026-03-01T24:00"],
    ["2026-03-01T12:60"],
    ["tomorrow"],
    [""],
    [20260301],
    [true],
  ])("%j is none", (value) => {
    expect(toTime(value)).toBeNaN();
  });

  test("are what the language's own parser reads, wherever both know the form", () => {
    for (let time = Date.UTC(1900, 0, 1); time < Date.UTC(2110, 0, 1); time += 86_400_000 * 3.37) {
      const text = new Date(Math.floor(time)).toISOString();
      expect(toTime(text)).toBe(Date.parse(text));
      expect(toTime(text.slice(0, 10))).toBe(Date.parse(text.slice(0, 10)));
    }
  });
});

test("numbers may be spelled in plain digits", () => {
  expect([12, -0.5, "12.50", "-3", "007"].map(toNumber)).toEqual([12, -0.5, 12.5, -3, 7]);
  for (const value of ["", " 1", "1e3", "0x10", "1,5", "١", "1".repeat(16), "NaN", true, "--1", "1.", ".5"]) {
    expect(toNumber(value), String(value)).toBeNaN();
  }
});

test("texts are compared without case, and always alike", () => {
  expect(["b", "a", "B", "A", "ä"].toSorted(compareValues)).toEqual(["A", "a", "B", "b", "ä"]);
  expect([10, 9, -1].toSorted(compareValues)).toEqual([-1, 9, 10]);
});
