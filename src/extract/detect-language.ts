import { franc } from "franc-min";
import type { PageDocument } from "./extract-page.ts";

/** Letters that are looked at, and how many there must be for an answer to be worth having. */
const maxSample = 2000;
const minLetters = 150;

/**
 * Says in which language a page is written that does not say so itself: by the trigrams of its running text, without code.
 *
 * @returns a BCP 47 tag, `""` where the text is too short or in none of the languages known.
 */
export function detectLanguage({ title, sections }: PageDocument): string {
  let sample = title ?? "";
  for (const { text } of sections) {
    if (sample.length >= maxSample) break;
    sample += `\n${proseOf(text)}`;
  }
  const letters = sample.match(/\p{L}/gu)?.length ?? 0;
  if (letters < minLetters) return "";
  const code = franc(sample.slice(0, maxSample), { minLength: 1 });
  return code === "und" ? "" : (Intl.getCanonicalLocales(code)[0] ?? "");
}

/** Lines that read like sentences: most of what they are made of is letters and spaces. */
function proseOf(text: string): string {
  return text
    .slice(0, 4 * maxSample)
    .split("\n")
    .filter((line) => line.length > 20 && (line.match(/[^\p{L}\p{M}\s]/gu)?.length ?? 0) < line.length / 8)
    .join("\n");
}
