import { decodeAttribute } from "../../src/core/filter/attribute-block.ts";
import { AttributeColumn } from "../../src/core/filter/attribute-column.ts";
import { tableOfPieces } from "../../src/core/filter/attribute-pieces.ts";
import { type AttributeTable, ownAttributes } from "../../src/core/filter/attribute-table.ts";
import { type Bitset, createBitset } from "../../src/core/filter/bitset.ts";
import type { FilterableSegment, FilteredReaders } from "../../src/core/filter/filter-readers.ts";
import type { Filtered, FilterPlan } from "../../src/core/filter/filter-segments.ts";
import type * as FilterPart from "../../src/core/filter/part.ts";
import { decodeAttributeList } from "../../src/core/pieces/attribute-list.ts";
import { InvalidArgumentError } from "../../src/errors.ts";
import type { Attributes, Facets, QueryOptions } from "../../src/types.ts";
import { utf8 } from "../utf8.ts";
import type { LoadedIndex } from "./loaded-index.ts";

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
 * Of an index, only the blocks of the attributes that are asked for are fetched; one whose blocks cannot be had is left out.
 */
export class LoadedFilter {
  readonly #part: typeof FilterPart;
  readonly #plan: FilterPlan;
  /** Null for an index that is left out. */
  readonly #tables: readonly (AttributeTable | null)[];

  /** @param part - a file of its own: most queries need none of it. @throws {InvalidArgumentError} `argument/where`, `argument/facets`, or `argument/sort`: pages of several indexes have no common order yet. */
  static async read(
    part: typeof FilterPart,
    loaded: readonly FilterableIndex[],
    options: QueryOptions,
  ): Promise<LoadedFilter> {
    const plan = part.planFilter(options);
    if (plan.sort.length > 0) throw noOrder();
    const tables = await Promise.all(
      loaded.map(async (each) => (await each.index.attempt(() => fetchTable(each, plan))) ?? null),
    );
    return new LoadedFilter(part, plan, tables);
  }

  private constructor(part: typeof FilterPart, plan: FilterPlan, tables: readonly (AttributeTable | null)[]) {
    this.#part = part;
    this.#plan = plan;
    this.#tables = tables;
  }

  /** The part of the loaded indexes. @param readers - of the added documents. */
  filterIndexes(readers: readonly FilterableSegment[]): FilteredIndexes {
    const { allowed, facets } = this.#filter(readers);
    const own = allowed?.slice(readers.length);
    return { allowed: own?.map((bits, i) => (this.#tables[i] ? bits : createBitset(0))) ?? null, facets };
  }

  /** The part of the added documents. */
  filterReaders(readers: readonly FilterableSegment[]): FilteredReaders {
    const { allowed, facets } = this.#filter(readers);
    return { allowed: allowed?.slice(0, readers.length) ?? null, facets, arrange: (pages) => pages };
  }

  #filter(readers: readonly FilterableSegment[]): Filtered {
    const missing = tableOfPieces(0, this.#plan.attributes, new Map());
    const { filterSegments, readTable } = this.#part;
    return filterSegments(this.#plan, [...readers.map(readTable), ...this.#tables.map((table) => table ?? missing)]);
  }
}

function noOrder(): InvalidArgumentError {
  return new InvalidArgumentError(
    "argument/sort",
    "`sort` was given while an index in pieces is loaded, whose pages come in the order of their scores alone. Leave it out, or add() the documents instead of load().",
  );
}

async function fetchTable({ index, attributes }: FilterableIndex, plan: FilterPlan): Promise<AttributeTable> {
  const { documents, attributes: listName } = index.entry;
  const list = listName ? decodeAttributeList(await index.fetcher.read(listName), utf8) : { keys: [], names: [] };
  const columns = new Map<string, AttributeColumn>();
  await Promise.all(
    list.keys.map(async (name, i) => {
      if (!plan.attributes.has(name) || Object.hasOwn(attributes, name)) return;
      const block = list.names[i]!;
      columns.set(name, decodeAttribute(await index.fetcher.read(block), block, documents, utf8));
    }),
  );
  for (const [name, value] of Object.entries(attributes)) columns.set(name, constantColumn([value].flat(), documents));
  return tableOfPieces(documents, new Set([...ownAttributes, ...list.keys, ...Object.keys(attributes)]), columns);
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
