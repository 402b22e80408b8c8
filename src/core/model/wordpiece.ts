import { normalizeBert, splitBert } from "./bert-normalizer.ts";
import { minTellingPiece } from "./coverage.ts";
import { type AddedToken, readTokenizerFile, type WordPieceSettings } from "./tokenizer-file.ts";

/** Tokens of a text. */
export interface TokenizedText {
  readonly ids: Int32Array;
  /**
   * Share of the characters that stand in whole words of the vocabulary or in pieces of three or more, 0 to 1.
   * Why not the share of known ids: a word of a foreign language is all known, letter by letter.
   */
  readonly coverage: number;
  /** Whether the text has more tokens than were asked for. */
  readonly truncated: boolean;
}

/** Text to the ids of a vocabulary; safe for text of any kind and length. */
export interface WordPieceTokenizer {
  /** Ids that carry no meaning: the unknown token and the special ones. */
  readonly specialIds: ReadonlySet<number>;
  /** One more than the largest id: the rows that a table must have. */
  readonly idCount: number;
  /** At most `maxTokens` ids, without special tokens around them. O(text.length). */
  encode(text: string, maxTokens: number): TokenizedText;
}

const WORD = 0;
const SPACE = 1;
const PUNCTUATION = 2;
/** Anything that the slow way must look at: control characters and all beyond ASCII. */
const OTHER = 3;
const ASCII_KINDS: Uint8Array = classifyAscii();

/** Length of a run without spaces after which it is looked at in parts, so that not all of a book is split for 512 tokens. */
const ENOUGH_TO_NORMALIZE = 1024;

const MAX_CACHED_WORDS = 16_384;
// Why 12: V8 keeps the whole text alive for a slice of 13 characters or more, and cached words live long.
const MAX_CACHED_LENGTH = 12;

function classifyAscii(): Uint8Array {
  const kinds = new Uint8Array(128).fill(OTHER);
  for (let code = 33; code < 127; code++) {
    kinds[code] = /[0-9A-Za-z]/.test(String.fromCharCode(code)) ? WORD : PUNCTUATION;
  }
  for (const code of [9, 10, 13, 32]) kinds[code] = SPACE;
  return kinds;
}

function kindAt(text: string, place: number): number {
  const code = text.charCodeAt(place);
  return code < 128 ? ASCII_KINDS[code]! : OTHER;
}

/** A word cut into pieces. */
interface Pieces {
  readonly ids: readonly number[];
  /** Characters that count as covered, see `TokenizedText.coverage`. */
  readonly covered: number;
}

/** Collects ids up to a limit. */
class Ids {
  readonly list: number[] = [];
  characters = 0;
  covered = 0;
  readonly #limit: number;
  #overflows = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get overflows(): boolean {
    return this.#overflows;
  }

  push(id: number): void {
    if (this.list.length < this.#limit) this.list.push(id);
    else this.#overflows = true;
  }
}

class BertWordPiece implements WordPieceTokenizer {
  readonly specialIds: ReadonlySet<number>;
  readonly idCount: number;
  readonly #settings: WordPieceSettings;
  readonly #initial = new Map<string, number>();
  readonly #continuing = new Map<string, number>();
  readonly #longestPiece: number;
  readonly #added: ReadonlyMap<string, number>;
  readonly #addedPattern: RegExp | undefined;
  readonly #cache = new Map<string, Pieces>();

  constructor(settings: WordPieceSettings) {
    this.#settings = settings;
    const { addedTokens, continuingPrefix, vocabulary, unknownId } = settings;
    for (const [token, id] of vocabulary) {
      this.#initial.set(token, id);
      if (token.startsWith(continuingPrefix)) this.#continuing.set(token.slice(continuingPrefix.length), id);
    }
    this.#longestPiece = longestOf(vocabulary.keys());
    this.#added = new Map(addedTokens.map(({ content, id }) => [content, id]));
    this.#addedPattern = patternOf(addedTokens);
    this.specialIds = new Set([unknownId, ...addedTokens.filter(({ special }) => special).map(({ id }) => id)]);
    this.idCount = 1 + largestOf([...vocabulary.values(), ...this.#added.values()]);
  }

  encode(text: string, maxTokens: number): TokenizedText {
    const ids = new Ids(maxTokens);
    this.#encodeAll(text, ids);
    const coverage = ids.covered / Math.max(1, ids.characters);
    return { ids: Int32Array.from(ids.list), coverage, truncated: ids.overflows };
  }

  /** Added tokens are found first, in the raw text; what lies between them is plain text. */
  #encodeAll(text: string, ids: Ids): void {
    let start = 0;
    for (const match of this.#addedPattern ? text.matchAll(this.#addedPattern) : []) {
      this.#encodePlain(text.slice(start, match.index), ids);
      if (ids.overflows) return;
      ids.push(this.#added.get(match[0])!);
      start = match.index + match[0].length;
    }
    this.#encodePlain(start === 0 ? text : text.slice(start), ids);
  }

  /** ASCII words directly; a word with any other character, up to the next space, by way of the normaliser. */
  #encodePlain(text: string, ids: Ids): void {
    let wordStart = 0;
    let place = 0;
    for (; place < text.length && !ids.overflows; place++) {
      const kind = kindAt(text, place);
      if (kind === WORD) continue;
      if (kind === OTHER) {
        const end = this.#endOfRun(text, place);
        this.#pushNormalized(text.slice(wordStart, end), ids);
        place = end - 1;
      } else {
        this.#pushAscii(text, wordStart, place, ids);
        if (kind === PUNCTUATION) this.#pushWord(text.charAt(place), ids);
      }
      wordStart = place + 1;
    }
    this.#pushAscii(text, wordStart, place, ids);
  }

  /** Where the next white space is, or after many characters the next place between two words. */
  #endOfRun(text: string, place: number): number {
    const enough = place + ENOUGH_TO_NORMALIZE;
    let end = place + 1;
    while (end < text.length && kindAt(text, end) !== SPACE && !(end > enough && this.#standsAlone(text, end - 1)))
      end++;
    return end;
  }

  /** Whether the character is a word by itself whatever stands around it. */
  #standsAlone(text: string, place: number): boolean {
    const code = text.charCodeAt(place);
    if (code < 128) return ASCII_KINDS[code] === PUNCTUATION;
    return this.#settings.normalizer.handleChineseChars && code >= 0x4e00 && code <= 0x9fff;
  }

  #pushAscii(text: string, start: number, end: number, ids: Ids): void {
    if (start >= end) return;
    if (end - start > this.#settings.maxWordLength) {
      ids.characters += end - start;
      return ids.push(this.#settings.unknownId);
    }
    const word = text.slice(start, end);
    this.#pushWord(this.#settings.normalizer.lowercase ? word.toLowerCase() : word, ids);
  }

  #pushNormalized(run: string, ids: Ids): void {
    for (const word of splitBert(normalizeBert(run, this.#settings.normalizer))) {
      if (ids.overflows) return;
      this.#pushWord(word, ids);
    }
  }

  #pushWord(word: string, ids: Ids): void {
    const pieces = this.#piecesOf(word);
    for (const id of pieces.ids) ids.push(id);
    ids.characters += word.length;
    ids.covered += pieces.covered;
  }

  #piecesOf(word: string): Pieces {
    if (word.length > MAX_CACHED_LENGTH) return this.#split(word);
    const cached = this.#cache.get(word);
    if (cached) return cached;
    const pieces = this.#split(word);
    if (this.#cache.size >= MAX_CACHED_WORDS) this.#cache.clear();
    this.#cache.set(word, pieces);
    return pieces;
  }

  /** The longest piece first, again and again; a word that cannot be covered is unknown as a whole. */
  #split(word: string): Pieces {
    const { maxWordLength, unknownId } = this.#settings;
    const unknown: Pieces = { ids: [unknownId], covered: 0 };
    if (isLongerThan(word, maxWordLength)) return unknown;
    const ids: number[] = [];
    let covered = 0;
    for (let start = 0; start < word.length;) {
      const end = this.#endOfPiece(word, start);
      if (end === start) return unknown;
      ids.push(this.#piecesAt(start).get(word.slice(start, end))!);
      if (end - start >= minTellingPiece || end - start === word.length) covered += end - start;
      start = end;
    }
    return { ids, covered };
  }

  #endOfPiece(word: string, start: number): number {
    const pieces = this.#piecesAt(start);
    let end = Math.min(word.length, start + this.#longestPiece);
    while (end > start && !pieces.has(word.slice(start, end))) end--;
    return end;
  }

  #piecesAt(start: number): ReadonlyMap<string, number> {
    return start === 0 ? this.#initial : this.#continuing;
  }
}

/** Whether a word has more code points than `limit`; looks at no more of it than needed. */
function isLongerThan(word: string, limit: number): boolean {
  if (word.length <= limit) return false;
  return word.length > 2 * limit || [...word].length > limit;
}

function longestOf(words: Iterable<string>): number {
  let longest = 0;
  for (const word of words) longest = Math.max(longest, word.length);
  return longest;
}

function largestOf(ids: readonly number[]): number {
  return ids.reduce((largest, id) => Math.max(largest, id), -1);
}

/** Matches any added token, the longest where several begin at one place. */
function patternOf(tokens: readonly AddedToken[]): RegExp | undefined {
  if (tokens.length === 0) return undefined;
  const contents = tokens.map(({ content }) => content).toSorted((a, b) => b.length - a.length);
  return new RegExp(contents.map((content) => content.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")).join("|"), "gu");
}

/**
 * A tokenizer from a parsed `tokenizer.json`; its ids equal those of Hugging Face's `tokenizers`
 * with `add_special_tokens=False`.
 *
 * @throws {ModelError} `model/format`
 */
export function createWordPieceTokenizer(tokenizerJson: unknown): WordPieceTokenizer {
  return new BertWordPiece(readTokenizerFile(tokenizerJson));
}
