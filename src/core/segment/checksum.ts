import { xxHash32 } from "js-xxhash";

/** xxHash32 of bytes, as an unsigned 32-bit integer: finds damage, does not resist attack. */
export function checksum(bytes: Uint8Array): number {
  return xxHash32(bytes, 0) >>> 0;
}

/** 64-bit content hash in two unsigned halves: xxHash32 with two seeds. */
export function hash64(bytes: Uint8Array): [high: number, low: number] {
  return [xxHash32(bytes, 0x9e3779b9) >>> 0, xxHash32(bytes, 0) >>> 0];
}

/** The two halves as 16 hex digits. */
export function hex64(high: number, low: number): string {
  return high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");
}
