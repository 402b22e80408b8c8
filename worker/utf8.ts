import type { Utf8 } from "../src/core/utf8.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** UTF-8 coding by the platform. */
export const utf8: Utf8 = {
  encode: (text) => encoder.encode(text),
  decode: (bytes) => decoder.decode(bytes),
};
