import { cosine } from "../src/core/vector/cosine.ts";
import { ModelError } from "../src/errors.ts";
import type { TextEmbedder } from "./embedder.ts";
import type { Dtype, GoldenText } from "./settings.ts";

/** Texts that devices are compared by where a model brings none: short and long, of several scripts. */
export const comparisonTexts: readonly string[] = [
  "reset password",
  "How do I stop the page from jumping while images load?",
  "Give every image a width and a height, or an aspect ratio in the style sheet; the browser then keeps the place free.",
  "Comment changer mon mot de passe ?",
];

/** What is tested, as messages name it. */
export interface Tested {
  readonly url: string;
  readonly device: string;
  readonly dtype: Dtype;
}

/** Smallest cosine to a known vector: weights of 32 bits may differ by rounding only, those of 8 and 4 bits by more. */
export function minCosine(dtype: Dtype): number {
  return dtype === "fp32" ? 0.999 : 0.99;
}

/** Vectors of this device for the comparison texts, as golden texts for another device. */
export async function makeGolden(embedder: TextEmbedder): Promise<GoldenText[]> {
  const { vectors } = await embedder.embed(comparisonTexts, "plain");
  const dim = vectors.length / comparisonTexts.length;
  return comparisonTexts.map((text, at) => ({ text, vector: [...vectors.subarray(at * dim, (at + 1) * dim)] }));
}

/**
 * Compares vectors with known ones, each text by itself as a query would be.
 *
 * @throws {ModelError} `model/self-test` for the first vector that is too far from the known one.
 */
export async function selfTest(embedder: TextEmbedder, golden: readonly GoldenText[], about: Tested): Promise<void> {
  for (const expected of golden) {
    const { vectors } = await embedder.embed([expected.text], expected.kind ?? "plain");
    checkGolden(vectors, expected, about);
  }
}

/**
 * Compares a vector with the one that its text should have.
 *
 * @throws {ModelError} `model/self-test`
 */
export function checkGolden(found: ArrayLike<number>, { text, vector }: GoldenText, about: Tested): void {
  const limit = minCosine(about.dtype);
  const similarity = cosine(found, vector);
  if (similarity >= limit) return;
  throw new ModelError(
    "model/self-test",
    `The model at ${about.url} fails its self-test on ${about.device} with ${about.dtype}: the vector of ` +
      `${JSON.stringify(text.slice(0, 60))} has cosine ${similarity.toFixed(4)} with the expected one; expected at least ` +
      `${limit}. Another device or dtype may be right: see the options \`device\` and \`dtype\`.`,
    { ...about, cosine: similarity, text: text.slice(0, 60) },
  );
}
