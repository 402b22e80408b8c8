import { expect, test } from "vitest";
import { formatTable } from "../../../bench/report.ts";
import { percentile, spreadOf } from "../../../bench/statistics.ts";

test("a percentile is one of the values, by the nearest rank", () => {
  const values = [50, 10, 40, 20, 30];
  expect([0, 0.2, 0.5, 0.95, 1].map((share) => percentile(values, share))).toEqual([10, 10, 30, 50, 50]);
  expect(percentile([], 0.5)).toBeNaN();
  expect(values[0]).toBe(50);
});

test("a spread has the median and the outermost values", () => {
  expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3, runs: 3 });
  expect(spreadOf([10, 4, 1, 2])).toEqual({ median: 3, min: 1, max: 10, runs: 4 });
  expect(spreadOf([7])).toEqual({ median: 7, min: 7, max: 7, runs: 1 });
});

test("a table has a line for each row, with the spread of repeated runs", () => {
  const table = formatTable([
    { what: "rate", value: spreadOf([1000, 2000, 3000]), unit: "passages/s" },
    { what: "once", value: spreadOf([1.234]), unit: "ms" },
    { what: "bytes", value: 12_345, unit: "" },
    { what: "text", value: "5 / 15", unit: "ms" },
  ]);
  expect(table.split("\n").slice(2)).toEqual([
    "| rate | 2,000 (1,000 to 3,000) passages/s |",
    "| once | 1.23 ms |",
    "| bytes | 12,345 |",
    "| text | 5 / 15 ms |",
  ]);
});
