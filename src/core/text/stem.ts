import { stemmer } from "stemmer";

const english = /^[a-z]{3,}$/;

/** Stems met lately: text repeats its words. Emptied when full, which costs less than an order of use. */
const remembered = new Map<string, string>();
const maxRemembered = 20_000;

/**
 * Stem of an English-looking term (Porter, 1980), or the term itself.
 *
 * Terms with other letters, digits or punctuation are left alone, so identifiers and other scripts never change.
 */
export function stem(term: string): string {
  return isStemmed(term) ? recall(term) : term;
}

/** Whether a term looks like an English word: only those share stems. */
export function isStemmed(term: string): boolean {
  return english.test(term);
}

function recall(term: string): string {
  let stemmed = remembered.get(term);
  if (stemmed === undefined) {
    stemmed = stemmer(term);
    if (remembered.size >= maxRemembered) remembered.clear();
    remembered.set(term, stemmed);
  }
  return stemmed;
}

/**
 * Longest text that every word with this stem begins with.
 *
 * Porter changes the end of a word only: final `y` becomes `i`, and `e` may be added (`sizing` -> `size`), so the last
 * letter of a stem that ends in `i` or `e` is not trusted. `-bility` becomes `-bl`, so neither is the `l` of that.
 */
export function stemPrefix(stemmed: string): string {
  return /(?:[ie]|bl)$/.test(stemmed) ? stemmed.slice(0, -1) : stemmed;
}
