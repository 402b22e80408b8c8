import { loadPart } from "../src/promises.ts";

/**
 * SHA-256 of some bytes, in hex. By the platform where it may be asked; pages of plain http have no `crypto.subtle`, and load
 * code for it.
 *
 * @throws {SearchError} `library/part` where that cannot be loaded.
 */
export async function hashSha256(bytes: Uint8Array): Promise<string> {
  const { subtle } = (globalThis.crypto ?? {}) as { readonly subtle?: SubtleCrypto };
  const hash = subtle
    ? new Uint8Array(await subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>))
    : (await loadPart(import("./plain-sha256.ts"))).sha256(bytes);
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
