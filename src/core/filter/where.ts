import { InvalidArgumentError } from "../../errors.ts";
import type { AttributeScalar } from "../../types.ts";

/** The comparisons of a range. */
export const comparisons = ["gt", "gte", "lt", "lte"] as const;
export type Comparison = (typeof comparisons)[number];

/** One bound of a range; what it compares with is checked against the attribute's type when that is known. */
export interface Bound {
  readonly comparison: Comparison;
  readonly value: AttributeScalar;
}

/** A checked `where`. */
export type Condition =
  | { readonly kind: "and" | "or"; readonly parts: readonly Condition[] }
  | { readonly kind: "not"; readonly part: Condition }
  | { readonly kind: "in"; readonly attribute: string; readonly values: readonly AttributeScalar[] }
  | { readonly kind: "range"; readonly attribute: string; readonly bounds: readonly Bound[] };

/** More than anyone writes by hand or makes of a list of boxes to tick; less than what would hold up the worker. */
const maxDepth = 20;
const maxConditions = 1000;
const maxValues = 10_000;
const maxShownLength = 60;

/**
 * Checks a `where` that comes from anywhere: an object of attributes and what their values must be, all of which must hold;
 * `and` and `or` take a list of such objects, `not` takes one.
 *
 * @throws {InvalidArgumentError} `argument/where`, naming the place, what was found there and what is expected.
 */
export function readWhere(where: unknown): Condition {
  const reader = new WhereReader();
  return reader.readObject(where, "where", 1);
}

class WhereReader {
  #conditions = 0;

  readObject(where: unknown, place: string, depth: number): Condition {
    if (!isPlain(where)) throw whereError(place, where, 'an object such as { lang: "en" }');
    if (depth > maxDepth) throw whereError(place, where, `no more than ${maxDepth} levels`);
    const entries = Object.entries(where);
    this.#count(entries.length, place);
    const parts = entries.map(([name, value]) => this.#readEntry(name, value, `${place}.${shorten(name)}`, depth));
    return parts.length === 1 ? parts[0]! : { kind: "and", parts };
  }

  #count(conditions: number, place: string): void {
    this.#conditions += conditions;
    if (this.#conditions > maxConditions) {
      const expected = `at most ${maxConditions} in all; many values of one attribute go into { in: […] }`;
      throw new InvalidArgumentError(
        "argument/where",
        `\`${place}\`: found too many conditions, expected ${expected}.`,
      );
    }
  }

  #readEntry(name: string, value: unknown, place: string, depth: number): Condition {
    if (name === "not") return { kind: "not", part: this.readObject(value, place, depth + 1) };
    if (name === "and" || name === "or") return { kind: name, parts: this.#readList(value, place, depth) };
    if (isScalar(value)) return { kind: "in", attribute: name, values: [value] };
    if (isPlain(value)) return this.#readCondition(name, value, place);
    throw whereError(place, value, "a string, a finite number, a boolean, { in: […] } or a range such as { gte: 1 }");
  }

  #readList(value: unknown, place: string, depth: number): Condition[] {
    if (!Array.isArray(value)) throw whereError(place, value, "an array of objects");
    this.#count(value.length, place);
    return (value as unknown[]).map((part, i) => this.readObject(part, `${place}[${i}]`, depth + 1));
  }

  #readCondition(attribute: string, value: Readonly<Record<string, unknown>>, place: string): Condition {
    const { in: list, ...rest } = value;
    const names = Object.keys(rest);
    const unknown = names.find((name) => !isComparison(name));
    if (unknown !== undefined || Object.keys(value).length === 0) {
      const found = unknown === undefined ? "an empty object" : `the key "${shorten(unknown)}"`;
      throw whereError(place, found, `in, ${comparisons.join(", ")}`, true);
    }
    const parts: Condition[] = [];
    if ("in" in value) parts.push({ kind: "in", attribute, values: readValues(list, `${place}.in`) });
    if (names.length > 0) parts.push({ kind: "range", attribute, bounds: readBounds(rest, place) });
    return parts.length === 1 ? parts[0]! : { kind: "and", parts };
  }
}

function readValues(list: unknown, place: string): AttributeScalar[] {
  if (!Array.isArray(list)) throw whereError(place, list, "an array of values");
  if (list.length > maxValues) throw whereError(place, `${list.length} values`, `at most ${maxValues}`, true);
  return (list as unknown[]).map((value, i) => {
    if (isScalar(value)) return value;
    throw whereError(`${place}[${i}]`, value, "a string, a finite number or a boolean");
  });
}

function readBounds(range: Readonly<Record<string, unknown>>, place: string): Bound[] {
  return Object.entries(range).map(([comparison, value]) => {
    if (!isScalar(value)) throw whereError(`${place}.${comparison}`, value, "a finite number or a date");
    return { comparison: comparison as Comparison, value };
  });
}

/** Names of all attributes that a condition asks for, each once. */
export function attributesOf(condition: Condition): Set<string> {
  switch (condition.kind) {
    case "and":
    case "or":
      return new Set(condition.parts.flatMap((part) => [...attributesOf(part)]));
    case "not":
      return attributesOf(condition.part);
    case "in":
    case "range":
      return new Set([condition.attribute]);
  }
}

function isComparison(name: string): name is Comparison {
  return (comparisons as readonly string[]).includes(name);
}

function isScalar(value: unknown): value is AttributeScalar {
  return typeof value === "string" || typeof value === "boolean" || Number.isFinite(value);
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return Object.prototype.toString.call(value) === "[object Object]";
}

function whereError(place: string, found: unknown, expected: string, isDescribed = false): InvalidArgumentError {
  const shown = isDescribed ? String(found) : describe(found);
  return new InvalidArgumentError("argument/where", `\`${place}\`: found ${shown}, expected ${expected}.`, { place });
}

/** A value as messages show it. */
export function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(shorten(value));
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

function shorten(text: string): string {
  return text.length > maxShownLength ? `${text.slice(0, maxShownLength)}…` : text;
}
