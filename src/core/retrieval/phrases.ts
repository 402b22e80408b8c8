import { foldPhrase } from "../lexical/query-terms.ts";
import type { RankedPage, RankedPassage } from "./group.ts";

/** Most passages of a page in which quoted phrases are looked for, and most that are shown of it. */
export const passagesPerPage = 3;

/** What of a passage may hold a phrase. */
export interface PhraseText {
  readonly title: string;
  /** Headings. */
  readonly path: readonly string[];
  readonly text: string;
}

/** How pages with quoted phrases are told. */
export interface PhraseSearch {
  /** Folded, see `foldPhrase`; a page must hold all of them. */
  readonly phrases: readonly string[];
  /** Pages, of the best ones, whose texts are searched. */
  readonly candidates: number;
  /** What a page that holds them gains: at least the highest score of all pages that it stands among. */
  readonly gain: number;
  /** Texts of some passages of a page, without those that cannot be had. */
  readTexts(page: RankedPage, passages: readonly RankedPassage[]): Promise<readonly PhraseText[]>;
}

/**
 * Puts pages that hold every quoted phrase before all others; without any such page the order stays.
 *
 * @param pages - best first.
 * @returns all of them, best first, both those with the phrases and the others in the order they had.
 */
export async function preferPhrases(
  pages: readonly RankedPage[],
  search: PhraseSearch,
): Promise<readonly RankedPage[]> {
  if (search.phrases.length === 0) return pages;
  const holds = await Promise.all(pages.slice(0, search.candidates).map((page) => holdsPhrases(page, search)));
  const raised = pages.filter((_, i) => holds[i]).map((page) => ({ ...page, score: page.score + search.gain }));
  return [...raised, ...pages.filter((_, i) => !holds[i])];
}

async function holdsPhrases(page: RankedPage, search: PhraseSearch): Promise<boolean> {
  const found = await search.readTexts(page, page.passages.slice(0, passagesPerPage));
  const texts = found.map(({ title, path, text }) => foldPhrase([title, ...path, text].join("\n")));
  return search.phrases.every((phrase) => texts.some((text) => text.includes(phrase)));
}
