import type { Utf8 } from "../utf8.ts";
import { type PayloadReader, PayloadWriter } from "./bytes.ts";
import type { PutPiece } from "./put-piece.ts";

/** Sorted keys, each the first one of what a block holds, with the blocks' names. */
export interface KeyList {
  readonly keys: readonly string[];
  readonly names: readonly string[];
}

/** Order of keys: by UTF-16 code units, the same in every browser. */
export function compareKeys(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Writes keys front-coded: what a key shares with the one before it is not written again. */
export function writeKeyList(writer: PayloadWriter, { keys, names }: KeyList): void {
  writer.number(keys.length);
  let previous = "";
  keys.forEach((key, i) => {
    writeShared(writer, previous, key);
    writer.name(names[i]!);
    previous = key;
  });
}

export function readKeyList(reader: PayloadReader): KeyList {
  const count = reader.count();
  const keys: string[] = [];
  const names: string[] = [];
  for (let i = 0; i < count; i++) {
    keys.push(readShared(reader, keys[i - 1] ?? ""));
    names.push(reader.name());
  }
  return { keys, names };
}

/** Writes a text as what it shares with the one before, in UTF-16 code units, and the rest. */
export function writeShared(writer: PayloadWriter, previous: string, text: string): void {
  let shared = 0;
  while (shared < text.length && text[shared] === previous[shared]) shared++;
  // Why: half a surrogate pair has no UTF-8.
  if (shared > 0 && /[\ud800-\udbff]/.test(text[shared - 1]!)) shared--;
  writer.number(shared);
  writer.text(text.slice(shared));
}

export function readShared(reader: PayloadReader, previous: string): string {
  return previous.slice(0, reader.number()) + reader.text();
}

/** Index of the last key that is not greater than `key`; 0 where all are. The block that holds the key, if any does. */
export function placeOf(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (compareKeys(keys[middle]!, key) <= 0) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Half-open range of the blocks in which keys with this beginning may be. */
export function placesOf(keys: readonly string[], prefix: string): readonly [start: number, end: number] {
  const start = placeOf(keys, prefix);
  let end = start + 1;
  while (end < keys.length && (keys[end]!.startsWith(prefix) || compareKeys(keys[end]!, prefix) < 0)) end++;
  return [start, end];
}

/** The payload of a block that is nothing but a list. */
export function encodeKeyList(list: KeyList, utf8: Utf8): Uint8Array {
  const writer = new PayloadWriter(utf8);
  writeKeyList(writer, list);
  return writer.finish();
}

/** Blocks named by one list. */
const blocksPerList = 64;

/** Writes the names of sorted blocks as lists of their own. @returns the list of these lists. */
export function writeKeyLists({ keys, names }: KeyList, put: PutPiece, utf8: Utf8): KeyList {
  const lists: { keys: string[]; names: string[] } = { keys: [], names: [] };
  for (let at = 0; at < keys.length; at += blocksPerList) {
    const end = at + blocksPerList;
    lists.keys.push(keys[at]!);
    lists.names.push(put(encodeKeyList({ keys: keys.slice(at, end), names: names.slice(at, end) }, utf8)));
  }
  return lists;
}
