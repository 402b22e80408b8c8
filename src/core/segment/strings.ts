import type { Utf8 } from "../utf8.ts";

/** Strings as two columns: UTF-8 bytes, and count + 1 offsets into them. */
export interface StringColumn {
  readonly bytes: Uint8Array;
  readonly offsets: Uint32Array;
}

/** Joins strings into columns. Lone surrogates become U+FFFD. */
export function encodeStrings(strings: readonly string[], utf8: Utf8): StringColumn {
  const encoded = strings.map((text) => utf8.encode(text));
  const offsets = new Uint32Array(strings.length + 1);
  encoded.forEach((bytes, i) => (offsets[i + 1] = offsets[i]! + bytes.length));
  const bytes = new Uint8Array(offsets[strings.length]!);
  encoded.forEach((part, i) => bytes.set(part, offsets[i]));
  return { bytes, offsets };
}

/** The string at an index, or `""` outside of the column. */
export function stringAt(column: StringColumn, index: number, utf8: Utf8): string {
  const start = column.offsets[index] ?? 0;
  const end = column.offsets[index + 1] ?? start;
  return start === end ? "" : utf8.decode(column.bytes.subarray(start, end));
}
