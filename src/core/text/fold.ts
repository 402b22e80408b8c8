/** Combining marks that only decorate a letter: Latin, Greek and Cyrillic diacritics, Hebrew points, Arabic short vowels. */
const decorations: RegExp =
  /[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0640]/g;

/** Letters that Unicode does not decompose, and what readers type for them. */
const spellings: Readonly<Record<string, string>> = {
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "o",
  ł: "l",
  đ: "d",
  ð: "d",
  þ: "th",
  ı: "i",
  ς: "σ",
};
const respelled: RegExp = /[ßæœøłđðþıς]/g;
// oxlint-disable-next-line no-control-regex -- the range is the definition of ASCII
const ascii: RegExp = /^[\x00-\x7f]*$/;

/**
 * Folds case, width and diacritics: `Ünïcode` becomes `unicode`, `Straße` becomes `strasse`.
 *
 * Vowel signs of Indic scripts and Thai are letters to their readers and stay.
 * The result may be longer or shorter than the input; offsets are taken before folding.
 */
export function fold(text: string): string {
  if (ascii.test(text)) return text.toLowerCase();
  return text
    .normalize("NFKD")
    .toLowerCase()
    .replace(decorations, "")
    .replace(respelled, (letter) => spellings[letter] ?? letter)
    .normalize("NFC");
}
