import { IndexFormatError } from "../../errors.ts";
import { VarintWriter } from "../segment/varint.ts";
import type { Utf8 } from "../utf8.ts";

/** Bytes of a block's name. */
export const nameBytes = 6;

/** The error for a block whose bytes are those that were written, but are no block of its kind. */
export function unreadable(what: string): IndexFormatError {
  return new IndexFormatError(
    "index/format",
    `A block of the loaded index cannot be read: ${what}. Build the index again with the same version of the library.`,
  );
}

/** Writes the payload of a block: integers as LEB128, texts with their length, bytes as they are. */
export class PayloadWriter {
  readonly #parts: Uint8Array[] = [];
  readonly #utf8: Utf8;
  #numbers: VarintWriter = new VarintWriter();
  #length = 0;

  constructor(utf8: Utf8) {
    this.#utf8 = utf8;
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length + this.#numbers.length;
  }

  /** @param value - an integer, 0 <= value < 2^32. */
  number(value: number): void {
    this.#numbers.write(value);
  }

  bytes(bytes: Uint8Array): void {
    this.#flush();
    this.#parts.push(bytes);
    this.#length += bytes.length;
  }

  text(text: string): void {
    const bytes = this.#utf8.encode(text);
    this.number(bytes.length);
    this.bytes(bytes);
  }

  /** A block's name: 12 hex digits. */
  name(name: string): void {
    this.bytes(Uint8Array.from({ length: nameBytes }, (_, i) => Number.parseInt(name.slice(2 * i, 2 * i + 2), 16)));
  }

  #flush(): void {
    if (this.#numbers.length === 0) return;
    const bytes = this.#numbers.finish();
    this.#parts.push(bytes);
    this.#length += bytes.length;
    this.#numbers = new VarintWriter();
  }

  /** All bytes written. */
  finish(): Uint8Array {
    this.#flush();
    const joined = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      joined.set(part, at);
      at += part.length;
    }
    return joined;
  }
}

/** Reads what a `PayloadWriter` wrote. Every read is checked against the end. */
export class PayloadReader {
  readonly #bytes: Uint8Array;
  readonly #utf8: Utf8;
  #at = 0;

  constructor(bytes: Uint8Array, utf8: Utf8) {
    this.#bytes = bytes;
    this.#utf8 = utf8;
  }

  number(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw unreadable("it ends too early");
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw unreadable("a number in it has no end");
  }

  /** A count of things of which each has at least a byte: one that cannot be is refused before room is made for it. */
  count(): number {
    const count = this.number();
    if (count > this.#bytes.length) throw unreadable(`it says that it holds ${count} entries`);
    return count;
  }

  /** A view of the next bytes. */
  bytes(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) throw unreadable("it ends too early");
    return this.#bytes.subarray(this.#at, (this.#at += length));
  }

  /** Whether all bytes were read: what later versions added to the end of a block is absent in those of earlier ones. */
  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** A view of all bytes that are left. */
  rest(): Uint8Array {
    return this.bytes(this.#bytes.length - this.#at);
  }

  text(): string {
    return this.#utf8.decode(this.bytes(this.number()));
  }

  name(): string {
    return Array.from(this.bytes(nameBytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
}

/** Booleans, eight a byte, the first in the lowest bit. */
export function packBits(bits: readonly boolean[]): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(bits.length / 8));
  bits.forEach((bit, i) => {
    if (bit) bytes[i >> 3]! |= 1 << (i & 7);
  });
  return bytes;
}

/** Whether a bit of `packBits` is set. */
export function bitAt(bytes: Uint8Array, index: number): boolean {
  return (bytes[index >> 3]! & (1 << (index & 7))) !== 0;
}
