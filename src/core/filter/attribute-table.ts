import type { Attributes, AttributeScalar, AttributeValue } from "../../types.ts";
import { type AttributeColumn, ColumnBuilder } from "./attribute-column.ts";

/** The attributes of one segment, column by column. */
export interface AttributeTable {
  readonly documents: number;
  /** Whether a document has been removed: it is neither counted nor listed. */
  isRemoved(document: number): boolean;
  /** Names of all attributes that documents of the segment have. */
  names(): ReadonlySet<string>;
  /** Columns of some attributes, in their order; null for one that no document of the segment has. */
  columns(names: readonly string[]): (AttributeColumn | null)[];
}

/** What a document says by itself, without an attribute. */
export const ownAttributes = ["url", "title", "lang"] as const;

/** What a table is read of: a `SegmentReader` is one. */
export interface AttributeSource {
  readonly reference: { readonly documents: number };
  /** Its columns as they are stored: the same object for all readers of one segment. */
  readonly bytes: { readonly documents: Uint8Array };
  attributesJson(document: number): string;
  url(document: number): string;
  title(document: number): string;
  lang(document: number): string;
  isRemoved(document: number): boolean;
}

/** What was read of a segment's attributes so far; its documents never change. */
interface KnownColumns {
  names: ReadonlySet<string> | null;
  readonly columns: Map<string, AttributeColumn>;
}

/** Why by the stored bytes: a segment gets a new reader with every removal and every new set of vectors. */
const known: WeakMap<Uint8Array, KnownColumns> = new WeakMap();

/**
 * The table of a segment in memory. Columns are made when they are first asked for, and kept: most attributes, such as
 * descriptions, are never compared, and would take as much memory again.
 */
export function readTable(source: AttributeSource): AttributeTable {
  const { documents } = source.reference;
  const key = source.bytes.documents;
  const parts = known.get(key) ?? { names: null, columns: new Map<string, AttributeColumn>() };
  known.set(key, parts);
  return {
    documents,
    isRemoved: (document) => source.isRemoved(document),
    names: () => (parts.names ??= new Set([...ownAttributes, ...namesOf(source)])),
    columns: (names) => {
      const wanted = names.filter((name) => !parts.columns.has(name));
      for (const [name, column] of readColumns(source, wanted)) parts.columns.set(name, column);
      return names.map((name) => orNull(parts.columns.get(name)));
    },
  };
}

/** A column without a single value stands for an attribute that no document has. */
function orNull(column: AttributeColumn | undefined): AttributeColumn | null {
  return column === undefined || column.values.length === 0 ? null : column;
}

function namesOf(source: AttributeSource): Set<string> {
  const names = new Set<string>();
  for (let document = 0; document < source.reference.documents; document++)
    for (const name of Object.keys(attributesOf(source, document))) names.add(name);
  return names;
}

function readColumns(source: AttributeSource, names: readonly string[]): Map<string, AttributeColumn> {
  const builders = new Map(names.map((name) => [name, new ColumnBuilder()]));
  const stored = names.some((name) => !isOwn(name));
  for (let document = 0; document < source.reference.documents && names.length > 0; document++) {
    const attributes = stored ? attributesOf(source, document) : {};
    for (const [name, builder] of builders) {
      builder.add(isOwn(name) ? ownValues(source, name, document) : storedValues(attributes, name));
    }
  }
  return new Map([...builders].map(([name, builder]) => [name, builder.finish()]));
}

function attributesOf(source: AttributeSource, document: number): Attributes {
  const json = source.attributesJson(document);
  return json === "" ? {} : (JSON.parse(json) as Attributes);
}

function isOwn(name: string): name is (typeof ownAttributes)[number] {
  return (ownAttributes as readonly string[]).includes(name);
}

function storedValues(attributes: Attributes, name: string): readonly AttributeScalar[] {
  if (!Object.hasOwn(attributes, name)) return [];
  const value: AttributeValue = attributes[name]!;
  return typeof value === "object" ? value : [value];
}

function ownValues(source: AttributeSource, name: (typeof ownAttributes)[number], document: number): string[] {
  const value = source[name](document);
  if (value === "") return [];
  return name === "lang" ? languageRanges(value) : [value];
}

/** A language and what it is a variant of: `zh-Hant-TW` is `zh-Hant` and `zh`, too (RFC 4647, basic filtering). */
function languageRanges(tag: string): string[] {
  const parts = tag.split("-");
  return parts.map((_, i) => parts.slice(0, parts.length - i).join("-"));
}
