import type { Utf8 } from "../src/core/utf8.ts";

const encoder = new TextEncoder();
// Why ignoreBOM: without it a leading U+FEFF is swallowed, and every offset after it is off by one.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** UTF-8 coding by the platform. */
export const utf8: Utf8 = {
  encode: (text) => encoder.encode(text),
  decode: (bytes) => decoder.decode(bytes),
};
