import { hash64, hex64 } from "../segment/checksum.ts";
import { nameBytes } from "./bytes.ts";

/**
 * Name of a block: 48 bits of the hash of its compressed bytes. Finds damage; it does not resist attack, and need not: who can
 * change the blocks can change the entry file.
 */
export function pieceName(bytes: Uint8Array): string {
  return hex64(...hash64(bytes)).slice(0, 2 * nameBytes);
}

/** Path of a block's file from the folder of the entry file. */
export function piecePath(name: string): string {
  return `pieces/${name.slice(0, 2)}/${name.slice(2)}.bin`;
}
