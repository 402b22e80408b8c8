import { describe, expect, test } from "vitest";
import { attributesOf, readWhere } from "../../../../src/core/filter/where.ts";

function refusal(where: unknown): string {
  try {
    readWhere(where);
  } catch (error) {
    expect(error).toMatchObject({ name: "InvalidArgumentError", code: "argument/where" });
    return (error as Error).message;
  }
  throw new Error(`${JSON.stringify(where)} was not refused`);
}

describe("a condition", () => {
  test("may nest and, or and not, and says which attributes it needs", () => {
    const condition = readWhere({
      lang: "en",
      or: [{ price: { gte: 1, lt: 5 } }, { not: { and: [{ tag: { in: ["a", "b"] } }, { draft: true }] } }],
    });
    expect([...attributesOf(condition)]).toEqual(["lang", "price", "tag", "draft"]);
  });

  test("of nothing at all holds for everything", () => {
    expect(readWhere({})).toEqual({ kind: "and", parts: [] });
  });

  test("may name an attribute after a member of every object", () => {
    const where: unknown = JSON.parse('{ "__proto__": "a", "constructor": "b", "toString": { "in": ["c"] } }');
    expect([...attributesOf(readWhere(where))]).toEqual(["__proto__", "constructor", "toString"]);
  });
});

describe("refused with its place, what was found and what is expected", () => {
  test.each<[unknown, string]>([
    ["lang", '`where`: found "lang", expected an object'],
    [7, "`where`: found 7"],
    [[{ lang: "en" }], "`where`: found an array"],
    [{ lang: null }, "`where.lang`: found null, expected a string, a finite number, a boolean"],
    [
      { lang: ["en", "de"] },
      "`where.lang`: found an array, expected a string, a finite number, a boolean, { in: […] }",
    ],
    [{ price: NaN }, "`where.price`: found NaN"],
    [{ price: Infinity }, "`where.price`: found Infinity"],
    [{ price: {} }, "`where.price`: found an empty object, expected in, gt, gte, lt, lte"],
    [{ price: { from: 1 } }, '`where.price`: found the key "from", expected in, gt, gte, lt, lte'],
    [{ price: { constructor: 1 } }, 'found the key "constructor"'],
    [{ price: { gte: null } }, "`where.price.gte`: found null"],
    [{ price: { gte: new Date(0) } }, "`where.price.gte`: found an object, expected a finite number or a date"],
    [{ tag: { in: "a" } }, '`where.tag.in`: found "a", expected an array of values'],
    [{ tag: { in: ["a", null] } }, "`where.tag.in[1]`: found null"],
    [{ or: { a: 1 } }, "`where.or`: found an object, expected an array"],
    [{ and: [{ a: 1 }, "b"] }, '`where.and[1]`: found "b", expected an object'],
    [{ not: [{ a: 1 }] }, "`where.not`: found an array"],
    [new Map([["lang", "en"]]), "`where`: found an object"],
    [{ ["x".repeat(500)]: null }, `\`where.${"x".repeat(60)}…\``],
  ])("%j", (where, message) => {
    expect(refusal(where)).toContain(message);
  });

  test("too deep, too many conditions, too many values", () => {
    let deep: unknown = { a: 1 };
    for (let i = 0; i < 100_000; i++) deep = { not: deep };
    expect(refusal(deep)).toContain("no more than 20 levels");
    expect(refusal({ or: Array.from({ length: 1001 }, () => ({})) })).toContain("at most 1000 in all");
    expect(refusal(Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`a${i}`, 1])))).toContain("too many");
    expect(refusal({ a: { in: Array.from({ length: 10_001 }, () => 1) } })).toContain(
      "10001 values, expected at most 10000",
    );
  });
});
