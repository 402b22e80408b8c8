import { type AttributeTable, readTable } from "../../../../src/core/filter/attribute-table.ts";
import type { Attributes, Document } from "../../../../src/types.ts";
import { makeReader } from "../../../property/make-reader.ts";

/** A document of some attributes; `own` gives it another title or language. */
export function documentOf(url: string, attributes?: Attributes, own: Partial<Document> = {}): Document {
  return { url, text: "Some text.", ...(attributes === undefined ? {} : { attributes }), ...own } as Document;
}

/** The table of a segment written of some documents. */
export function tableOf(documents: readonly Document[]): AttributeTable {
  return readTable(makeReader(documents));
}
