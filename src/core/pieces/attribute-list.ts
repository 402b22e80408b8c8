import { type AttributePlace, encodeAttributes } from "../filter/attribute-pieces.ts";
import type { Utf8 } from "../utf8.ts";
import { PayloadReader } from "./bytes.ts";
import { encodeKeyList, type KeyList, readKeyList } from "./key-list.ts";

/**
 * Writes the values of each attribute as a block, and the list of them.
 *
 * @param places - of the documents, in the order in which they are numbered.
 * @returns the list's name, or null where there is no document.
 */
export function writeAttributes(
  places: readonly AttributePlace[],
  put: (payload: Uint8Array) => string,
  utf8: Utf8,
): string | null {
  const attributes = encodeAttributes(places, utf8);
  if (attributes.length === 0) return null;
  const list = { keys: attributes.map(({ name }) => name), names: attributes.map(({ block }) => put(block)) };
  return put(encodeKeyList(list, utf8));
}

/** Reads the list of `writeAttributes`: names of attributes, and of their blocks. */
export function decodeAttributeList(payload: Uint8Array, utf8: Utf8): KeyList {
  return readKeyList(new PayloadReader(payload, utf8));
}
