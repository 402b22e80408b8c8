import type { Facets } from "../../types.ts";
import type { AttributeTable } from "./attribute-table.ts";
import { type Bitset, createBitset, hasBit } from "./bitset.ts";
import { ColumnSet } from "./column-set.ts";
import { countFacets, readFacets } from "./facets.ts";
import { matchDocuments } from "./match.ts";
import { byScore, minSortShare, readSort, type SortablePage, type SortKey, sortPages } from "./sort.ts";
import { attributesOf, type Condition, readWhere } from "./where.ts";

/** What a query asks of attributes, unchecked. */
export interface FilterRequest {
  readonly where?: unknown;
  readonly facets?: unknown;
  readonly sort?: unknown;
}

/** A checked request. */
export interface FilterPlan {
  readonly where: Condition | null;
  readonly facets: readonly string[];
  readonly sort: readonly SortKey[];
  /** Names of all attributes whose columns are needed. */
  readonly attributes: ReadonlySet<string>;
}

/** What a request amounts to in one index. */
export interface Filtered {
  /** For each segment the documents that may be found, or null: all of them. Removed documents may be among them. */
  readonly allowed: readonly Bitset[] | null;
  readonly facets: Facets;
  /** Puts the pages of an answer, best first, in the order asked for; leaves out those that answer much worse than the best one. */
  order<Page extends SortablePage>(pages: readonly Page[]): readonly Page[];
  /** Every document that may be found, in the order asked for, with the score 0; empty where no order by an attribute was. */
  list(): SortablePage[];
}

/**
 * Checks what can be checked without an index.
 *
 * @throws {InvalidArgumentError} `argument/where`, `argument/facets` or `argument/sort`.
 */
export function planFilter({ where, facets, sort }: FilterRequest): FilterPlan {
  const condition = isGiven(where) ? readWhere(where) : null;
  const names = isGiven(facets) ? readFacets(facets) : [];
  const keys = isGiven(sort) ? readSort(sort) : [];
  const sorted = keys.map(({ by }) => by).filter((by) => by !== byScore);
  const filtered = condition === null ? [] : attributesOf(condition);
  return { where: condition, facets: names, sort: keys, attributes: new Set([...filtered, ...names, ...sorted]) };
}

function isGiven(option: unknown): boolean {
  return option !== undefined && option !== null;
}

/**
 * Finds the documents that fit, before anything is scored, and counts their values.
 *
 * @param tables - of all segments, in the order of their readers.
 * @throws {InvalidArgumentError} for an attribute that no document has, or a range that does not go with its attribute's type.
 */
export function filterSegments(plan: FilterPlan, tables: readonly AttributeTable[]): Filtered {
  const columns = new ColumnSet(tables, plan.attributes);
  if (plan.where !== null) for (const name of attributesOf(plan.where)) columns.check(name, "argument/where", "where");
  for (const name of plan.facets) columns.check(name, "argument/facets", "facets");
  for (const { by } of plan.sort) if (by !== byScore) columns.check(by, "argument/sort", "sort");
  const allowed = plan.where === null ? null : matchDocuments(plan.where, tables, columns);
  const isByAttribute = plan.sort.some(({ by }) => by !== byScore);
  return {
    allowed,
    facets: countFacets(plan.facets, tables, columns, allowed),
    order: (pages) => {
      if (plan.sort.length === 0) return pages;
      const least = (pages[0]?.score ?? 0) * minSortShare;
      const near = isByAttribute ? pages.filter(({ score }) => score >= least) : pages;
      return sortPages(near, plan.sort, columns);
    },
    list: () => (isByAttribute ? sortPages(listDocuments(tables, allowed), plan.sort, columns) : []),
  };
}

function listDocuments(tables: readonly AttributeTable[], allowed: readonly Bitset[] | null): SortablePage[] {
  return tables.flatMap((table, segment) => {
    const bits = allowed?.[segment] ?? createBitset(table.documents, true);
    const documents = Array.from({ length: table.documents }, (_, document) => document);
    return documents
      .filter((document) => hasBit(bits, document) && !table.isRemoved(document))
      .map((document) => ({ segment, document, score: 0 }));
  });
}
