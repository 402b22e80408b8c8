import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

function read(path: string): string {
  return readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
}

/** The members of the type `SearchErrorCode`. */
function declaredCodes(): string[] {
  const [, members = ""] = /export type SearchErrorCode =([^;]*);/.exec(read("src/errors.ts")) ?? [];
  return [...members.matchAll(/"([^"]+)"/g)].map(([, code]) => code!);
}

/** First cells of the guide's table rows that name codes, each code by itself. */
function describedCodes(): string[] {
  const rows = [...read("docs/guide/errors.md").matchAll(/^\| (`[a-z]+\/[^|]*) \|[^|]+\|[^|]+\|$/gm)];
  return rows.flatMap(([, cell]) => [...cell!.matchAll(/`([^`]+)`/g)].map(([, code]) => code!));
}

describe("the guide's tables of errors", () => {
  test("have a row with cause and remedy for every code, once, and none for a code that there is not", () => {
    expect(declaredCodes().length).toBeGreaterThan(30);
    expect(describedCodes().toSorted()).toEqual(declaredCodes().toSorted());
  });
});
