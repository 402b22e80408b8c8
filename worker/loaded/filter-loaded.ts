import { decodeAttribute } from "../../src/core/filter/attribute-block.ts";
import { AttributeColumn } from "../../src/core/filter/attribute-column.ts";
import { tableOfPieces } from "../../src/core/filter/attribute-pieces.ts";
import { type AttributeTable, ownAttributes } from "../../src/core/filter/attribute-table.ts";
import { type Bitset, createBitset } from "../../src/core/filter/bitset.ts";
import type { FilterableSegment, FilteredReaders } from "../../src/core/filter/filter-readers.ts";
import type { Filtered, FilterPlan } from "../../src/core/filter/filter-segments.ts";
import type * as FilterPart from "../../src/core/filter/part.ts";
import { decodeAttributeList } from "../../src/core/pieces/attribute-list.ts";
import type { Attributes, Facets, QueryOptions } from "../../src/types.ts";
import { utf8 } from "../utf8.ts";
import type { LoadedIndex } from "./loaded-index.ts";
import type { PageSorter } from "./sort-pages.ts";

/** A loaded index, with what the app said of all its documents. */
export interface FilterableIndex {
  readonly index: LoadedIndex;
  readonly attributes: Attributes;
}

/** What a request leaves of loaded indexes. */
export interface FilteredIndexes {
  /** For each index the documents that may be found, or null: all of them. */
  readonly allowed: readonly Bitset[] | null;
  readonly facets: Facets;
}

/**
 * Filters loaded indexes and added documents as one: an attribute is known where any of them has it, and has one type in all.
 * Of an index, only the blocks of the attributes that are asked for are fetched; of one whose blocks cannot be had, nothing fits a
 * condition, and no page has a value to be counted or put in order by.
 */
export class LoadedFilter {
  readonly #part: typeof FilterPart;
  readonly #plan: FilterPlan;
  /** Null for an index whose blocks cannot be had. */
  readonly #tables: readonly (AttributeTable | null)[];

  /** @param part - a file of its own: most queries need none of it. @throws {InvalidArgumentError} `argument/where`, `argument/facets` or `argument/sort`. */
  static async read(
    part: typeof FilterPart,
    loaded: readonly FilterableIndex[],
    options: QueryOptions,
    hasText: boolean,
  ): Promise<LoadedFilter> {
    const plan = part.planFilter(options);
    const isListed = plan.sort.length > 0 && !hasText;
    const tables = await Promise.all(
      loaded.map(async (each) => (await each.index.attempt(() => fetchTable(each, plan, isListed))) ?? null),
    );
    return new LoadedFilter(part, plan, tables);
  }

  private constructor(part: typeof FilterPart, plan: FilterPlan, tables: readonly (AttributeTable | null)[]) {
    this.#part = part;
    this.#plan = plan;
    this.#tables = tables;
  }

  /** Whether pages come in another order than that of their scores. */
  get isSorted(): boolean {
    return this.#plan.sort.length > 0;
  }

  /** The part of the loaded indexes. @param readers - of the added documents. */
  filterIndexes(readers: readonly FilterableSegment[]): FilteredIndexes {
    const { allowed, facets } = this.filter(readers);
    const own = allowed?.slice(readers.length);
    return { allowed: own?.map((bits, i) => (this.#tables[i] ? bits : createBitset(0))) ?? null, facets };
  }

  /** The part of the added documents. @param sorter - puts their pages in order, unless by their scores. */
  filterReaders(readers: readonly FilterableSegment[], sorter: PageSorter | null): FilteredReaders {
    const { allowed, facets } = this.filter(readers);
    return {
      allowed: allowed?.slice(0, readers.length) ?? null,
      facets,
      arrange: (pages, hasText) => sorter?.arrange(readers, pages, hasText) ?? pages,
    };
  }

  /** All as one: the added documents come first, then the indexes. */
  filter(readers: readonly FilterableSegment[]): Filtered {
    const missing = tableOfPieces(0, this.#plan.attributes, new Map());
    const { filterSegments, readTable } = this.#part;
    return filterSegments(this.#plan, [...readers.map(readTable), ...this.#tables.map((table) => table ?? missing)]);
  }
}

/** @param isListed - whether documents are listed that no word was looked for in: those that are gone must be told then. */
async function fetchTable(
  { index, attributes }: FilterableIndex,
  plan: FilterPlan,
  isListed: boolean,
): Promise<AttributeTable> {
  const { documents, attributes: listName, removed } = index.entry;
  const list = listName ? decodeAttributeList(await index.fetcher.read(listName), utf8) : { keys: [], names: [] };
  const tellsGone = isListed && (removed?.documents ?? 0) > 0;
  const stored = new Map<string, AttributeColumn>();
  await Promise.all(
    list.keys.map(async (name, i) => {
      const isAsked = plan.attributes.has(name) && !Object.hasOwn(attributes, name);
      if (!isAsked && !(tellsGone && name === "url")) return;
      const block = list.names[i]!;
      stored.set(name, decodeAttribute(await index.fetcher.read(block), block, documents, utf8));
    }),
  );
  const urls = tellsGone ? stored.get("url") : undefined;
  const columns = new Map(stored);
  for (const [name, value] of Object.entries(attributes)) columns.set(name, constantColumn([value].flat(), documents));
  const names = new Set([...ownAttributes, ...list.keys, ...Object.keys(attributes)]);
  return {
    ...tableOfPieces(documents, names, columns),
    // Why by the address: each document has one, and what stands in the place of one that is gone has none.
    isRemoved: (document) => urls !== undefined && urls.starts[document] === urls.starts[document + 1],
  };
}

/** The column of an attribute that every document has with the same values. */
function constantColumn(given: readonly (string | number | boolean)[], documents: number): AttributeColumn {
  const values = [...new Set(given)];
  return new AttributeColumn(
    values,
    Uint32Array.from({ length: documents + 1 }, (_, i) => i * values.length),
    Uint32Array.from({ length: documents * values.length }, (_, i) => i % values.length),
  );
}
