import { InvalidArgumentError } from "../../errors.ts";
import type { AttributeScalar } from "../../types.ts";
import type { AttributeColumn } from "./attribute-column.ts";
import type { AttributeTable } from "./attribute-table.ts";
import { type AttributeType, toNumber, toTime } from "./attribute-values.ts";
import { type Bitset, combineBits, createBitset, setBit } from "./bitset.ts";
import type { ColumnSet } from "./column-set.ts";
import { type Bound, type Comparison, type Condition, describe } from "./where.ts";

/**
 * The documents of each segment that a condition holds for. A document without a value fits no condition on it, so it fits
 * every `not` of one. Of several values, one that fits is enough.
 *
 * @throws {InvalidArgumentError} `argument/where` for a range that does not go with the attribute's type.
 */
export function matchDocuments(condition: Condition, tables: readonly AttributeTable[], columns: ColumnSet): Bitset[] {
  switch (condition.kind) {
    case "and":
    case "or": {
      const parts = condition.parts.map((part) => matchDocuments(part, tables, columns));
      return tables.map(({ documents }, i) => combineParts(condition.kind, documents, parts, i));
    }
    case "not":
      return matchDocuments(condition.part, tables, columns).map((bits) => bits.map((byte) => ~byte));
    case "in":
      return matchValues(condition.attribute, tables, columns, (column) => findValues(column, condition.values));
    case "range": {
      const find = readRange(condition.attribute, condition.bounds, columns);
      return matchValues(condition.attribute, tables, columns, find);
    }
  }
}

function combineParts(kind: "and" | "or", documents: number, parts: readonly Bitset[][], segment: number): Bitset {
  const combine = kind === "and" ? (a: number, b: number) => a & b : (a: number, b: number) => a | b;
  return parts.reduce<Bitset>(
    (bits, part) => combineBits(bits, part[segment]!, combine),
    createBitset(documents, kind === "and"),
  );
}

/** For each value of a column, whether it fits. */
type FindFitting = (column: AttributeColumn) => ArrayLike<boolean>;

function matchValues(
  attribute: string,
  tables: readonly AttributeTable[],
  columns: ColumnSet,
  find: FindFitting,
): Bitset[] {
  return tables.map(({ documents }, i) => {
    const bits = createBitset(documents);
    const column = columns.of(attribute)[i];
    if (!column) return bits;
    const fits = find(column);
    const { starts, codes } = column;
    for (let document = 0; document < documents; document++) {
      for (let at = starts[document]!; at < starts[document + 1]!; at++) {
        if (fits[codes[at]!]) setBit(bits, document);
      }
    }
    return bits;
  });
}

/** Values are equal where they are spelled alike, whatever their type, since markup knows nothing but text; numbers by value, too. */
function findValues(column: AttributeColumn, wanted: readonly AttributeScalar[]): boolean[] {
  const spelled = new Set(wanted.map(String));
  const numbers = new Set(wanted.filter((value) => typeof value === "number"));
  return column.values.map((value) => spelled.has(String(value)) || numbers.has(toNumber(value)));
}

const holds: Readonly<Record<Comparison, (value: number, bound: number) => boolean>> = {
  gt: (value, bound) => value > bound,
  gte: (value, bound) => value >= bound,
  lt: (value, bound) => value < bound,
  lte: (value, bound) => value <= bound,
};

function readRange(attribute: string, bounds: readonly Bound[], columns: ColumnSet): FindFitting {
  if (columns.isEmpty(attribute)) return () => [];
  const type = columns.typeOf(attribute);
  if (type !== "number" && type !== "date") throw rangeError(attribute, type, columns);
  const limits = bounds.map((bound) => ({ holds: holds[bound.comparison], limit: readLimit(attribute, bound, type) }));
  return (column) =>
    Array.from(column.ordersAs(type), (order) => limits.every((each) => each.holds(order, each.limit)));
}

function readLimit(attribute: string, { comparison, value }: Bound, type: "number" | "date"): number {
  const limit = type === "number" ? toNumber(value) : toTime(value);
  if (!Number.isNaN(limit)) return limit;
  const expected = type === "number" ? "a number" : 'an ISO 8601 date such as "2026-03-01"';
  throw new InvalidArgumentError(
    "argument/where",
    `\`where\`: "${attribute}" is a ${type}, found ${describe(value)} for ${comparison}, expected ${expected}.`,
    { attribute, type },
  );
}

function rangeError(attribute: string, type: AttributeType, columns: ColumnSet): InvalidArgumentError {
  const odd = columns.findOther(attribute, "number") ?? "";
  const other = Number.isNaN(toTime(odd)) ? odd : (columns.findOther(attribute, "date") ?? odd);
  return new InvalidArgumentError(
    "argument/where",
    `\`where\`: "${attribute}" is a ${type}: it has the value ${describe(other)}, for one. Ranges are for attributes whose values are all numbers or all ISO 8601 dates; use { in: […] }.`,
    { attribute, type },
  );
}
