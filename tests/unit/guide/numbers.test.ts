import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

function readRows(path: string): string[] {
  const text = readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
  return text.split("\n").filter((line) => line.startsWith("|") && /\d/.test(line));
}

describe("the guide's numbers", () => {
  test("are those of the README, row by row", () => {
    const rows = readRows("docs/guide/numbers.md");
    expect(rows.length).toBeGreaterThan(15);
    expect(readRows("README.md")).toEqual(expect.arrayContaining(rows));
  });
});
