import { InvalidArgumentError, type SearchErrorCode } from "../../errors.ts";
import type { AttributeScalar } from "../../types.ts";
import type { AttributeColumn } from "./attribute-column.ts";
import type { AttributeTable } from "./attribute-table.ts";
import type { AttributeType } from "./attribute-values.ts";
import { describe } from "./where.ts";

/** Types from the narrowest to the widest. Why numbers before dates: `2026` alone is more often a number than a year. */
const types = ["boolean", "number", "date"] as const;

/** Names that a message lists. */
const maxListedNames = 40;

/** The columns of some attributes in every segment. */
export class ColumnSet {
  readonly #tables: readonly AttributeTable[];
  readonly #columns: ReadonlyMap<string, readonly (AttributeColumn | null)[]>;

  constructor(tables: readonly AttributeTable[], names: ReadonlySet<string>) {
    this.#tables = tables;
    const list = [...names];
    const bySegment = tables.map((table) => table.columns(list));
    this.#columns = new Map(list.map((name, i) => [name, bySegment.map((columns) => columns[i]!)]));
  }

  /** An attribute's columns, null in segments where no document has it. */
  of(attribute: string): readonly (AttributeColumn | null)[] {
    return this.#columns.get(attribute) ?? [];
  }

  /** Whether no document has a value. */
  isEmpty(attribute: string): boolean {
    return this.of(attribute).every((column) => column === null);
  }

  /** The type that all values of an attribute have, over all segments. */
  typeOf(attribute: string): AttributeType {
    return types.find((type) => this.findOther(attribute, type) === undefined) ?? "keyword";
  }

  /** A value that is none of a type, of a document that was not removed. */
  findOther(attribute: string, type: AttributeType): AttributeScalar | undefined {
    for (const [i, column] of this.of(attribute).entries()) {
      const table = this.#tables[i]!;
      const other = column?.findOther(type, (document) => table.isRemoved(document));
      if (other !== undefined) return other;
    }
    return undefined;
  }

  /** @throws {InvalidArgumentError} with a code where no document has an attribute of that name; the message lists those there are. */
  check(attribute: string, code: SearchErrorCode, place: string): void {
    if (!this.isEmpty(attribute) || this.#tables.length === 0) return;
    const names = new Set(this.#tables.flatMap((table) => [...table.names()]));
    if (names.has(attribute)) return;
    const listed = [...names].sort().slice(0, maxListedNames).join(", ");
    const more = names.size > maxListedNames ? " and others" : "";
    throw new InvalidArgumentError(
      code,
      `\`${place}\`: no document has an attribute ${describe(attribute)}. There are ${listed}${more}.`,
      { attribute },
    );
  }
}
