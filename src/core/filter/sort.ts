import { InvalidArgumentError } from "../../errors.ts";
import { type AttributeType, compareValues } from "./attribute-values.ts";
import type { ColumnSet } from "./column-set.ts";
import { describe } from "./where.ts";

/** A page to be put in order. */
export interface SortablePage {
  readonly segment: number;
  /** Ordinal within the segment. */
  readonly document: number;
  readonly score: number;
}

/** One thing that pages are put in order by. */
export interface SortKey {
  /** Name of an attribute, or `score`. */
  readonly by: string;
  readonly isDescending: boolean;
}

/** The word for how well a page answers, in place of an attribute's name. */
export const byScore = "score";

const maxKeys = 8;

/**
 * Share of the best page's score that a page must have to be put in order by an attribute. Why: pages that hardly answer are
 * found, too, far down; by date, they would come first.
 */
export const minSortShare = 0.5;

/** @throws {InvalidArgumentError} `argument/sort` unless it is an object such as `{ published: "desc" }`. */
export function readSort(sort: unknown): SortKey[] {
  const entries = Object.prototype.toString.call(sort) === "[object Object]" ? Object.entries(sort as object) : [];
  if (entries.length === 0 || entries.length > maxKeys) {
    const found = entries.length > maxKeys ? `${entries.length} attributes` : describe(sort);
    throw sortError("sort", found, `an object of 1 to ${maxKeys} attributes, such as { published: "desc" }`);
  }
  return entries.map(([by, order]: [string, unknown]) => {
    if (order !== "asc" && order !== "desc") throw sortError(`sort.${by}`, describe(order), '"asc" or "desc"');
    return { by, isDescending: order === "desc" };
  });
}

function sortError(place: string, found: string, expected: string): InvalidArgumentError {
  return new InvalidArgumentError("argument/sort", `\`${place}\`: found ${found}, expected ${expected}.`);
}

/**
 * Puts pages in order by some keys, the first one first. Pages that are equal by all keys keep their order; those without a value
 * come last, whichever the direction. Of several values the smallest counts, descending the largest.
 */
export function sortPages<Page extends SortablePage>(
  pages: readonly Page[],
  keys: readonly SortKey[],
  columns: ColumnSet,
): Page[] {
  const typed = keys.map((key) => ({ ...key, type: key.by === byScore ? null : columns.typeOf(key.by) }));
  const rows = pages.map((page) => ({ page, values: typed.map((key) => valueOf(page, key, columns)) }));
  return rows
    .sort((a, b) => {
      for (const [i, { isDescending }] of keys.entries()) {
        const order = compareWithMissing(a.values[i], b.values[i], isDescending);
        if (order !== 0) return order;
      }
      return 0;
    })
    .map(({ page }) => page);
}

type SortValue = number | string | undefined;

function compareWithMissing(a: SortValue, b: SortValue, isDescending: boolean): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  return isDescending ? compareValues(b, a) : compareValues(a, b);
}

interface TypedKey extends SortKey {
  /** Null for the score. */
  readonly type: AttributeType | null;
}

function valueOf(page: SortablePage, { by, type, isDescending }: TypedKey, columns: ColumnSet): SortValue {
  if (type === null) return page.score;
  const column = columns.of(by)[page.segment];
  if (!column) return undefined;
  const codes = column.codes.subarray(column.starts[page.document], column.starts[page.document + 1]);
  const values = [...codes].map((code) =>
    type === "keyword" ? String(column.values[code]) : column.ordersAs(type)[code]!,
  );
  return values.reduce<SortValue>((best, value) => pick(best, value, isDescending), undefined);
}

function pick(best: SortValue, value: number | string, isDescending: boolean): number | string {
  if (best === undefined) return value;
  const order = compareValues(value, best);
  return (isDescending ? order > 0 : order < 0) ? value : best;
}
