import type { Utf8 } from "../utf8.ts";
import { encodeAttribute } from "./attribute-block.ts";
import type { AttributeColumn } from "./attribute-column.ts";
import { type AttributeSource, type AttributeTable, readTable } from "./attribute-table.ts";

/** A document of an index in memory, at the place that it has in an index in pieces. */
export interface AttributePlace {
  readonly reader: AttributeSource;
  readonly document: number;
}

/**
 * Blocks of all attributes of some documents, with the names of the attributes in order of code units.
 *
 * @param places - of the documents, in the order in which they are numbered in the blocks.
 */
export function encodeAttributes(
  places: readonly AttributePlace[],
  utf8: Utf8,
): { readonly name: string; readonly block: Uint8Array }[] {
  const table = readTable({
    reference: { documents: places.length },
    bytes: { documents: new Uint8Array() },
    attributesJson: (i) => places[i]!.reader.attributesJson(places[i]!.document),
    url: (i) => places[i]!.reader.url(places[i]!.document),
    title: (i) => places[i]!.reader.title(places[i]!.document),
    lang: (i) => places[i]!.reader.lang(places[i]!.document),
    isRemoved: () => false,
  });
  const names = [...table.names()].sort(compareNames);
  return table.columns(names).flatMap((column, i) => {
    return column === null ? [] : [{ name: names[i]!, block: encodeAttribute(column, utf8) }];
  });
}

/**
 * The table of an index in pieces, of which the columns that a query needs were fetched: `planFilter` says which.
 *
 * @param names - of all attributes of the index.
 * @param columns - by name.
 */
export function tableOfPieces(
  documents: number,
  names: ReadonlySet<string>,
  columns: ReadonlyMap<string, AttributeColumn>,
): AttributeTable {
  return {
    documents,
    isRemoved: () => false,
    names: () => names,
    columns: (wanted) => wanted.map((name) => columns.get(name) ?? null),
  };
}

function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
