/** One bit a document, bit `d & 7` of byte `d >> 3`, as in tombstones. Bits past the last document are never read. */
export type Bitset = Uint8Array;

/** A bitset of so many documents, all in or all out. */
export function createBitset(documents: number, isFull = false): Bitset {
  return new Uint8Array(Math.ceil(documents / 8)).fill(isFull ? 0xff : 0);
}

/** Puts a document in. */
export function setBit(bits: Bitset, document: number): void {
  bits[document >> 3]! |= 1 << (document & 7);
}

/** Whether a document is in. */
export function hasBit(bits: Bitset, document: number): boolean {
  return (bits[document >> 3]! & (1 << (document & 7))) !== 0;
}

/** Whether any of a half-open range is in. */
export function hasBitWithin(bits: Bitset, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (hasBit(bits, i)) return true;
  return false;
}

/** Combines two bitsets of one length byte by byte. */
export function combineBits(a: Bitset, b: Bitset, combine: (a: number, b: number) => number): Bitset {
  return a.map((byte, i) => combine(byte, b[i]!));
}
