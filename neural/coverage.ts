import { createWordPieceTokenizer } from "../src/core/model/wordpiece.ts";
import { ModelError } from "../src/errors.ts";
import type { ModelSettings } from "./settings.ts";

/** Passages of which a model knows a smaller share get no vector, as with the instant model. */
export const minCoverage = 0.25;

/**
 * Tells how much of a text a model for certain languages knows: the share of its characters in whole words of the vocabulary
 * or in pieces of three and more, 0 to 1.
 *
 * Why not the share of known ids: such a vocabulary knows a foreign word, too, letter by letter.
 *
 * @param layout - content of tokenizer.json.
 * @returns undefined for a model of many or unknown languages, and where words are not cut by WordPiece: their pieces are short
 * in any language.
 */
export function readCoverage(
  layout: unknown,
  languages: ModelSettings["languages"],
): ((text: string) => number) | undefined {
  if (languages === null || languages === "many") return undefined;
  try {
    const tokenizer = createWordPieceTokenizer(layout);
    return (text) => tokenizer.encode(text, Number.MAX_SAFE_INTEGER).coverage;
  } catch (error) {
    if (error instanceof ModelError) return undefined;
    throw error;
  }
}
