import type { AttributeScalar } from "../../types.ts";
import type { AttributeTable } from "./attribute-table.ts";
import type { AttributeType } from "./attribute-values.ts";
import { ColumnSet } from "./column-set.ts";

/** What is known of an attribute in an index. */
export interface AttributeDescription {
  readonly name: string;
  readonly type: AttributeType;
  /** Documents that have it. */
  readonly documents: number;
  /** Different values. */
  readonly values: number;
  /** Where more than half of the documents would make it a number or a date: that type, and a value that is none of it. */
  readonly nearly: { readonly type: "number" | "date"; readonly except: AttributeScalar } | null;
}

/** Lists the attributes of an index by name, with their types; `url` and `title` are left out, which every document has. */
export function describeAttributes(tables: readonly AttributeTable[]): AttributeDescription[] {
  const names = new Set(tables.flatMap((table) => [...table.names()]));
  const sorted = [...names].filter((name) => name !== "url" && name !== "title").sort();
  const columns = new ColumnSet(tables, new Set(sorted));
  return sorted.map((name) => describe(name, tables, columns)).filter(({ documents }) => documents > 0);
}

function describe(name: string, tables: readonly AttributeTable[], columns: ColumnSet): AttributeDescription {
  const type = columns.typeOf(name);
  const counts = countValues(name, tables, columns);
  const nearly = (["number", "date"] as const).find((each) => counts[each] * 2 > counts.documents && each !== type);
  const except = nearly === undefined || type !== "keyword" ? undefined : columns.findOther(name, nearly);
  return {
    name,
    type,
    documents: counts.documents,
    values: counts.values.size,
    nearly: nearly === undefined || except === undefined ? null : { type: nearly, except },
  };
}

interface ValueCounts {
  documents: number;
  /** Documents all of whose values are numbers, or dates. */
  number: number;
  date: number;
  readonly values: Set<AttributeScalar>;
}

function countValues(name: string, tables: readonly AttributeTable[], columns: ColumnSet): ValueCounts {
  const counts: ValueCounts = { documents: 0, number: 0, date: 0, values: new Set() };
  columns.of(name).forEach((column, i) => {
    if (column === null) return;
    const orders = { number: column.ordersAs("number"), date: column.ordersAs("date") };
    for (let document = 0; document < column.documentCount; document++) {
      const codes = column.codes.subarray(column.starts[document], column.starts[document + 1]);
      if (codes.length === 0 || tables[i]!.isRemoved(document)) continue;
      counts.documents++;
      for (const type of ["number", "date"] as const)
        if (codes.every((code) => !Number.isNaN(orders[type][code]))) counts[type]++;
      for (const code of codes) counts.values.add(column.values[code]!);
    }
  });
  return counts;
}
