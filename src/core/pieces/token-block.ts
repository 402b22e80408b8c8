import type { Utf8 } from "../utf8.ts";
import { PayloadReader, PayloadWriter } from "./bytes.ts";
import { readShared, writeShared } from "./key-list.ts";

/** A token of the model with its row of the table, as the table has it. */
export interface TokenRow {
  /** Pieces inside of a word begin with the prefix of the vocabulary, such as `##`. */
  readonly token: string;
  /** [dim / 2] 4-bit codes. */
  readonly codes: Uint8Array;
  readonly scale: number;
}

/** Consecutive tokens of the sorted vocabulary. */
export interface TokenBlock {
  /** Tokens that the block's first one begins with, and that stand in earlier blocks: the shortest first. */
  readonly beginnings: readonly string[];
  readonly rows: readonly TokenRow[];
}

/** Payload of a block of tokens. */
export function encodeTokens({ beginnings, rows }: TokenBlock, utf8: Utf8): Uint8Array {
  const writer = new PayloadWriter(utf8);
  writer.number(beginnings.length);
  for (const token of beginnings) writer.text(token);
  writer.number(rows.length);
  writer.number(rows[0]?.codes.length ?? 0);
  let previous = "";
  for (const { token } of rows) {
    writeShared(writer, previous, token);
    previous = token;
  }
  writer.bytes(new Uint8Array(Float32Array.from(rows, ({ scale }) => scale).buffer));
  for (const { codes } of rows) writer.bytes(codes);
  return writer.finish();
}

export function decodeTokens(payload: Uint8Array, utf8: Utf8): TokenBlock {
  const reader = new PayloadReader(payload, utf8);
  const beginnings = Array.from({ length: reader.count() }, () => reader.text());
  const count = reader.count();
  const width = reader.number();
  const tokens: string[] = [];
  for (let i = 0; i < count; i++) tokens.push(readShared(reader, tokens[i - 1] ?? ""));
  const scales = new Float32Array(reader.bytes(4 * count).slice().buffer);
  return { beginnings, rows: tokens.map((token, i) => ({ token, codes: reader.bytes(width), scale: scales[i]! })) };
}
