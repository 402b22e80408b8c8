import { InvalidArgumentError } from "../../errors.ts";
import type { AttributeScalar, FacetCount, Facets } from "../../types.ts";
import type { AttributeColumn } from "./attribute-column.ts";
import type { AttributeTable } from "./attribute-table.ts";
import { compareValues } from "./attribute-values.ts";
import { type Bitset, hasBit } from "./bitset.ts";
import type { ColumnSet } from "./column-set.ts";
import { describe } from "./where.ts";

/** Values told of an attribute: nobody reads more, and an attribute such as `url` has one for every page. */
const maxValues = 100;
const maxFacets = 50;

/** @throws {InvalidArgumentError} `argument/facets` unless it is an array of names. */
export function readFacets(facets: unknown): string[] {
  const isList = Array.isArray(facets) && facets.every((name) => typeof name === "string");
  if (isList && facets.length <= maxFacets) return [...new Set(facets as string[])];
  const found = isList ? `${facets.length} names` : describe(facets);
  throw new InvalidArgumentError(
    "argument/facets",
    `\`facets\`: found ${found}, expected an array of at most ${maxFacets} names of attributes.`,
  );
}

/**
 * Counts, for each attribute, how many of the documents have which value: the most frequent values first, of those that are as
 * frequent the smaller one.
 *
 * @param matching - for each segment the documents to count, or null for all. Removed ones are never counted.
 */
export function countFacets(
  names: readonly string[],
  tables: readonly AttributeTable[],
  columns: ColumnSet,
  matching: readonly Bitset[] | null,
): Facets {
  return Object.fromEntries(
    names.map((name) => {
      const counts = new Map<AttributeScalar, number>();
      columns.of(name).forEach((column, i) => {
        if (column !== null) addCounts(counts, column, tables[i]!, matching?.[i] ?? null);
      });
      return [name, listCounts(counts)];
    }),
  );
}

function addCounts(
  counts: Map<AttributeScalar, number>,
  { values, starts, codes }: AttributeColumn,
  table: AttributeTable,
  matching: Bitset | null,
): void {
  const countOf = new Uint32Array(values.length);
  for (let document = 0; document < table.documents; document++) {
    if (table.isRemoved(document) || (matching !== null && !hasBit(matching, document))) continue;
    for (let at = starts[document]!; at < starts[document + 1]!; at++) countOf[codes[at]!]!++;
  }
  values.forEach((value, code) => {
    if (countOf[code]! > 0) counts.set(value, (counts.get(value) ?? 0) + countOf[code]!);
  });
}

/** Why not sorted as a whole: an attribute such as `url` has as many values as there are documents. */
function listCounts(counts: ReadonlyMap<AttributeScalar, number>): FacetCount[] {
  const best: FacetCount[] = [];
  for (const [value, count] of counts) {
    const entry = { value, count };
    const before = best.findLastIndex((other) => compareCounts(other, entry) <= 0);
    if (before + 1 < maxValues) best.splice(before + 1, 0, entry);
    if (best.length > maxValues) best.pop();
  }
  return best;
}

function compareCounts(a: FacetCount, b: FacetCount): number {
  return b.count - a.count || compareScalars(a.value, b.value);
}

function compareScalars(a: AttributeScalar, b: AttributeScalar): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return compareValues(String(a), String(b));
}
