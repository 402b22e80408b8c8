import type { HitPassage } from "../../types.ts";
import { makeExcerpt } from "../text/excerpt.ts";

/** Length of an excerpt in UTF-16 code units. */
const excerptLength = 280;

/** A passage with its place in its page. */
export interface PlacedPassage {
  /** Headings from the outermost to the passage's own. */
  readonly path: readonly string[];
  readonly anchor: string;
  /** `""` where none is known. */
  readonly lang: string;
  readonly text: string;
}

/** What an excerpt is chosen and marked by: see `makeExcerpt`. */
export interface QueryWords {
  readonly weights: ReadonlyMap<string, number>;
  readonly prefix: string;
}

/** A passage as a hit shows it. @param words - of the query; null: the beginning is shown. */
export function toHitPassage(
  { path, anchor, lang, text }: PlacedPassage,
  score: number,
  words: QueryWords | null,
): HitPassage {
  const excerpt = makeExcerpt(text, words?.weights ?? new Map(), words?.prefix ?? "", excerptLength);
  return {
    section: path.at(-1) ?? "",
    path,
    anchor,
    excerpt: excerpt.text,
    ...(lang === "" ? {} : { lang }),
    ranges: excerpt.ranges,
    score,
  };
}
