import { fold } from "./fold.ts";

/**
 * Version of the rules by which text becomes terms and passages. A stored index of another version is refused,
 * because its terms would not meet those of a query.
 */
export const analysisVersion = 1;

/** A term and the place it was read from, UTF-16 offsets, half-open. */
export interface Token {
  readonly term: string;
  readonly start: number;
  readonly end: number;
  /** `word`: a run of letters and digits. `part`: a piece of a camelCase word. `identifier`: several words joined by punctuation. */
  readonly kind: "word" | "part" | "identifier";
}

/** Longest term, in UTF-16 code units; longer runs (base64, minified code) are cut, so that they cost one term. */
const maxTermLength = 64;

/** Scripts written without spaces: their runs become overlapping bigrams, the same in every browser. */
const unspaced = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;
const unspacedRuns =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}ー々\p{M}]+|[^\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}ー々]+/gu;

/**
 * Runs of words with the punctuation that ties them together: `std::vector`, `mod_rewrite`, `--no-verify`, `a.b.c`, `C++`.
 * Why one expression for both: a single pass over the text gives words and identifiers with their offsets.
 */
const clusters =
  /(?:(?<![\p{L}\p{N}\p{M}_])(?:--?|[.@#$]))?[\p{L}\p{N}\p{M}]+(?:(?:::|->|[-_./:#@+'’]{1,2})[\p{L}\p{N}\p{M}]+)*(?:\+\+|#(?![\p{L}\p{N}]))?/gu;
const words = /[\p{L}\p{N}\p{M}]+/gu;
const camelParts = /\p{Lu}?[\p{Ll}\p{M}]+|\p{Lu}+(?!\p{Ll})|\p{N}+/gu;
const camelCase = /\p{Ll}\p{Lu}|\p{Lu}{2}\p{Ll}/u;
const plainWord = /^[\p{L}\p{N}\p{M}]+$/u;
const apostrophe = /['’]/;
/**
 * The same expressions over ASCII: several times as fast, and most text is nothing else. `\w` has `_`, so it is spelled out.
 */
// oxlint-disable-next-line no-control-regex -- the range is the definition of ASCII
const ascii = /^[\x00-\x7f]*$/;
const asciiClusters =
  /(?:(?<![A-Za-z0-9_])(?:--?|[.@#$]))?[A-Za-z0-9]+(?:(?:::|->|[-_./:#@+']{1,2})[A-Za-z0-9]+)*(?:\+\+|#(?![A-Za-z0-9]))?/g;
const asciiWords = /[A-Za-z0-9]+/g;
const asciiCamelCase = /[a-z][A-Z]|[A-Z]{2}[a-z]/;
const asciiPlainWord = /^[A-Za-z0-9]+$/;
/** What is left of an English contraction after its apostrophe: `it's`, `don't`, `we'll`. */
const contractions: ReadonlySet<string> = new Set(["s", "t", "d", "m", "ll", "re", "ve"]);

/**
 * Reads terms out of text: folded words, bigrams for scripts without spaces, and identifiers both whole and in parts.
 *
 * Words are runs of `\p{L}\p{N}\p{M}`, so that Node and every browser make identical terms. Terms are surface forms;
 * stems are expanded at query time. Order is that of the text; an identifier precedes its words. O(length).
 */
export function analyze(text: string): Token[] {
  const tokens: Token[] = [];
  if (ascii.test(text))
    for (const match of text.matchAll(asciiClusters)) readAsciiCluster(match[0], match.index, tokens);
  else for (const match of text.matchAll(clusters)) readCluster(match[0], match.index, tokens);
  return tokens;
}

function readAsciiCluster(cluster: string, offset: number, tokens: Token[]): void {
  if (asciiPlainWord.test(cluster)) {
    readAsciiWord(cluster, offset, tokens);
    return;
  }
  if (!cluster.includes("'")) pushToken(tokens, cluster.toLowerCase(), offset, offset + cluster.length, "identifier");
  for (const match of cluster.matchAll(asciiWords)) {
    if (!isContraction(cluster, match.index, match[0])) readAsciiWord(match[0], offset + match.index, tokens);
  }
}

function readAsciiWord(word: string, offset: number, tokens: Token[]): void {
  pushToken(tokens, word.toLowerCase(), offset, offset + word.length, "word");
  if (word.length <= maxTermLength && asciiCamelCase.test(word)) readCamelParts(word, offset, tokens);
}

function readCluster(cluster: string, offset: number, tokens: Token[]): void {
  if (plainWord.test(cluster)) {
    readWord(cluster, offset, tokens);
    return;
  }
  if (!apostrophe.test(cluster)) pushToken(tokens, fold(cluster), offset, offset + cluster.length, "identifier");
  for (const match of cluster.matchAll(words)) {
    if (isContraction(cluster, match.index, match[0])) continue;
    readWord(match[0], offset + match.index, tokens);
  }
}

function isContraction(cluster: string, index: number, word: string): boolean {
  return index > 0 && apostrophe.test(cluster[index - 1] ?? "") && contractions.has(word.toLowerCase());
}

function readWord(word: string, offset: number, tokens: Token[]): void {
  if (unspaced.test(word)) {
    readUnspaced(word, offset, tokens);
    return;
  }
  pushToken(tokens, fold(word), offset, offset + word.length, "word");
  if (word.length <= maxTermLength && camelCase.test(word)) readCamelParts(word, offset, tokens);
}

function readCamelParts(word: string, offset: number, tokens: Token[]): void {
  for (const part of word.matchAll(camelParts)) {
    if (part[0].length < 2 || part[0].length === word.length) continue;
    pushToken(tokens, fold(part[0]), offset + part.index, offset + part.index + part[0].length, "part");
  }
}

function readUnspaced(word: string, offset: number, tokens: Token[]): void {
  for (const run of word.matchAll(unspacedRuns)) {
    const start = offset + run.index;
    if (unspaced.test(run[0])) pushBigrams(run[0], start, tokens);
    else pushToken(tokens, fold(run[0]), start, start + run[0].length, "word");
  }
}

/** A lone character is a term by itself; a longer run gives every pair of neighbours. Surrogate pairs count as one. */
function pushBigrams(run: string, offset: number, tokens: Token[]): void {
  const characters = [...run];
  if (characters.length === 1) {
    pushToken(tokens, fold(run), offset, offset + run.length, "word");
    return;
  }
  let start = offset;
  for (let i = 0; i + 1 < characters.length; i++) {
    const pair = (characters[i] ?? "") + (characters[i + 1] ?? "");
    pushToken(tokens, fold(pair), start, start + pair.length, "word");
    start += characters[i]?.length ?? 0;
  }
}

function pushToken(tokens: Token[], term: string, start: number, end: number, kind: Token["kind"]): void {
  if (term === "") return;
  tokens.push({ term: term.length > maxTermLength ? term.slice(0, maxTermLength) : term, start, end, kind });
}
