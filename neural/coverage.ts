import { createWordPieceTokenizer } from "../src/core/model/wordpiece.ts";
import { ModelError } from "../src/errors.ts";
import { createPieceReader, shareOfTelling } from "./byte-pieces.ts";
import type { ModelSettings } from "./settings.ts";

/**
 * Tells how much of a text a model for certain languages knows: the share of its characters in whole words of the vocabulary
 * or in pieces of three and more, 0 to 1.
 *
 * Why not the share of known ids: such a vocabulary knows a foreign word, too, letter by letter or byte by byte.
 *
 * @param layout - content of tokenizer.json.
 * @param encode - a text's ids, without special tokens.
 * @returns undefined for a model of many or unknown languages, and where words are cut neither by WordPiece nor into bytes that
 * are merged: pieces of such vocabularies are made for many languages.
 */
export function readCoverage(
  layout: unknown,
  languages: ModelSettings["languages"],
  encode: (text: string) => readonly number[],
): ((text: string) => number) | undefined {
  if (languages === null || languages === "many") return undefined;
  const readPiece = createPieceReader(layout);
  if (readPiece !== null) return (text) => shareOfTelling(encode(text).map(readPiece));
  try {
    const tokenizer = createWordPieceTokenizer(layout);
    return (text) => tokenizer.encode(text, Number.MAX_SAFE_INTEGER).coverage;
  } catch (error) {
    if (error instanceof ModelError) return undefined;
    throw error;
  }
}
