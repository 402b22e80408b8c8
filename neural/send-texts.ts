import { transfer } from "comlink";
import type { EmbeddedTexts } from "../src/model-provider.ts";

/** Marks vectors as to be sent without a copy: they are gone on this side then. */
export function sendTexts(embedded: EmbeddedTexts): EmbeddedTexts {
  const { vectors, coverage, truncated } = embedded;
  const buffers = [vectors, coverage, truncated].map(({ buffer }) => buffer as ArrayBuffer);
  return transfer(embedded, buffers);
}
