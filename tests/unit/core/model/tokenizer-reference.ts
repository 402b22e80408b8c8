import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** What the reference in Rust gives for a line: written by `models/tokenizer_lines.py`. */
export interface GoldenLine {
  readonly kind: string;
  readonly text: string;
  readonly ids: readonly number[];
}

function readGolden<Row>(name: string): Row[] {
  const bytes = readFileSync(new URL(`../../../golden/${name}.jsonl.gz`, import.meta.url));
  const rows = gunzipSync(bytes).toString("utf8").split("\n");
  return rows.filter((row) => row !== "").map((row) => JSON.parse(row) as Row);
}

/** The 10,000 lines. */
export function readGoldenLines(): GoldenLine[] {
  return readGolden<[string, string, number[]]>("tokenizer-lines").map(([kind, text, ids]) => ({ kind, text, ids }));
}

/** For each code point but the surrogates, the words that the reference makes of it between `a` and `b`. */
export function* referenceWords(): Generator<readonly [code: number, words: readonly string[]]> {
  const runs = readGolden<[number, string[]]>("tokenizer-characters");
  for (const [place, [first, words]] of runs.entries()) {
    const end = runs[place + 1]?.[0] ?? 0x110000;
    for (let code = first; code < end; code++) {
      if (code < 0xd800 || code >= 0xe000)
        yield [code, words.map((word) => word.replaceAll("\0", String.fromCodePoint(code)))];
    }
  }
}

/** What `@huggingface/tokenizers` does unlike the reference in Rust. */
export type PortDifference = "final sigma" | "ideographs beyond the basic plane" | "characters later than Unicode 8";

interface Repair {
  readonly of: PortDifference;
  readonly pattern: RegExp;
  readonly replacement: string;
}

/** A letter and a punctuation mark that are in no vocabulary used here: what they are part of is unknown, as with what they replace. */
const unknownLetter = "ꙮ";
const unknownMark = "\u1801";

/** Texts for the port, so written that it gives the ids of the reference. */
export class PortRepairs {
  private readonly repairs: readonly Repair[];

  constructor() {
    const later = laterCharacters();
    this.repairs = [
      // It lowers by context, so that a sigma at the end of a word is another letter.
      { of: "final sigma", pattern: /Σ/gu, replacement: "σ" },
      // It looks for ideographs in UTF-16 units, and finds those of the basic plane only.
      {
        of: "ideographs beyond the basic plane",
        pattern: /[\u{20000}-\u{2A6DF}\u{2A700}-\u{2B81F}\u{2B920}-\u{2CEAF}\u{2F800}-\u{2FA1F}]/gu,
        replacement: " $& ",
      },
      // It knows what JavaScript knows of Unicode, the reference what stood in version 8.
      {
        of: "characters later than Unicode 8",
        pattern: setOf(later.letters),
        replacement: unknownLetter,
      },
      { of: "characters later than Unicode 8", pattern: setOf(later.marks), replacement: "" },
      { of: "characters later than Unicode 8", pattern: setOf(later.punctuation), replacement: unknownMark },
    ];
  }

  /** The text as the port must get it. */
  repair(text: string): string {
    return this.repairs.reduce((repaired, { pattern, replacement }) => repaired.replace(pattern, replacement), text);
  }

  /** The differences that the text has an occasion for. */
  find(text: string): Set<PortDifference> {
    return new Set(
      this.repairs
        .filter(({ pattern, replacement }) => text.replace(pattern, replacement) !== text)
        .map(({ of }) => of),
    );
  }
}

interface LaterCharacters {
  readonly letters: string[];
  readonly marks: string[];
  readonly punctuation: string[];
}

/** Characters that the reference takes for something else than the Unicode of this JavaScript. */
function laterCharacters(): LaterCharacters {
  const later: LaterCharacters = { letters: [], marks: [], punctuation: [] };
  for (const [code, words] of referenceWords()) {
    const character = String.fromCodePoint(code);
    const isPlain = words.length === 1 && words[0] === `a${character}b`;
    const isChangedNow = /[\p{Mn}\p{P}\p{Cc}\p{Cf}\p{Co}]/u.test(character) || character !== character.normalize("NFD");
    if (isPlain && isChangedNow) later.letters.push(character);
    if (words.join() === "ab" && !/[\p{Mn}\p{Cc}\p{Cf}\p{Co}\uFFFD]/u.test(character)) later.marks.push(character);
    if (words.length === 3 && code > 0x7f && words[1] === character && /[^\p{P}\p{Lo}\p{Cn}]/u.test(character))
      later.punctuation.push(character);
  }
  return later;
}

function setOf(characters: readonly string[]): RegExp {
  return new RegExp(
    `[${characters.map((character) => `\\u{${character.codePointAt(0)!.toString(16)}}`).join("")}]`,
    "gu",
  );
}
