/** The four switches of a `BertNormalizer` as Hugging Face's `tokenizers` defines it. */
export interface BertNormalizerOptions {
  /** Drops control characters and U+FFFD, makes every white space a plain space. */
  readonly cleanText: boolean;
  /** Sets spaces around CJK ideographs, so that each is a word. */
  readonly handleChineseChars: boolean;
  readonly stripAccents: boolean;
  readonly lowercase: boolean;
}

/**
 * Marks, punctuation and control characters that are plain letters here, inside of `[]`: the reference stands on tables of
 * Unicode 8, and ids must be the same whichever Unicode a browser has. Between them stand letters only.
 */
const PLAIN =
  "\\u061D\\u07FD\\u0890-\\u08E2\\u09FD\\u09FE\\u0A76\\u0AFA-\\u0AFF\\u0B55\\u0C04-\\u0C3C\\u0C77\\u0C84\\u0D00\\u0D3B\\u0D3C" +
  "\\u0D81\\u0EBA\\u0ECE\\u180F-\\u1886\\u1ABF-\\u1AEB\\u1B4E\\u1B4F\\u1B7D-\\u1B7F\\u1DF6-\\u1DFB\\u2E43-\\u2E5D\\uA82C\\uA8C5\\uA8FF" +
  "\\uA9BD\\u{105C9}-\\u{105E4}\\u{10D24}-\\u{10D27}\\u{10D69}-\\u{10F89}\\u{11070}-\\u{11074}\\u{110C2}-\\u{110CD}\\u{111CF}" +
  "\\u{1123E}-\\u{11241}\\u{1133B}\\u{11383}-\\u{1145E}\\u{11660}-\\u{1166C}\\u{116B9}\\u{1182F}-\\u{1183B}\\u{11938}-\\u{11FFF}" +
  "\\u{12FF1}-\\u{1612F}\\u{16D68}-\\u{16D6F}\\u{16E97}-\\u{16E9A}\\u{16F4F}\\u{16FE2}-\\u{16FE4}\\u{1CF00}-\\u{1CF46}" +
  "\\u{1E000}-\\u{1E6F5}\\u{1E944}-\\u{1E95F}";
const SOME_PLAIN = new RegExp(`[${PLAIN}]`, "u");
const BETWEEN_PLAIN = new RegExp(`[^${PLAIN}]+`, "gu");
// Lone surrogates (Cs) stand in no UTF-8 text: they go like other characters that say nothing.
const CONTROL = new RegExp(`(?=[\\uFFFD\\p{Cc}\\p{Cf}\\p{Co}\\p{Cs}])(?![\\t\\n\\r${PLAIN}])[^]`, "gu");
const WHITE_SPACE = /\p{White_Space}/gu;
// Why 2B920 where Unicode says 2B820: the reference has it so, and ids must be the same.
const IDEOGRAPH =
  /[\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF\u{20000}-\u{2A6DF}\u{2A700}-\u{2B73F}\u{2B740}-\u{2B81F}\u{2B920}-\u{2CEAF}\u{2F800}-\u{2FA1F}]/gu;
// U+1734 and U+1171E were nonspacing marks in Unicode 8, U+111C9 and U+166D were punctuation.
const NONSPACING_MARK = new RegExp(`(?=\\p{Mn})(?![\\u{111C9}${PLAIN}])[^]|[\\u1734\\u{1171E}]`, "gu");
const PUNCTUATION = "!-/:-@\\[-`{-~\\p{P}\\u166D\\u{111C9}";
const WORD_OR_PUNCTUATION = new RegExp(`(?:[^\\p{White_Space}${PUNCTUATION}]|[${PLAIN}])+|[${PUNCTUATION}]`, "gu");

/**
 * Text as the vocabulary of a BERT-like model spells it.
 *
 * Equal to the reference for every character that Unicode has today. What it adds later may differ, in words that are in no
 * vocabulary.
 *
 * @see https://github.com/huggingface/tokenizers, normalizers/bert.rs
 */
export function normalizeBert(text: string, options: BertNormalizerOptions): string {
  let normal = options.cleanText ? text.replace(CONTROL, "").replace(WHITE_SPACE, " ") : text;
  if (options.handleChineseChars) normal = normal.replace(IDEOGRAPH, " $& ");
  if (options.stripAccents) normal = decompose(normal).replace(NONSPACING_MARK, "");
  // Why sigma first: the reference lowers one character at a time and knows no final sigma.
  return options.lowercase ? normal.replaceAll("Σ", "σ").toLowerCase() : normal;
}

/** NFD, but for what has a decomposition only since later versions of Unicode. */
function decompose(text: string): string {
  if (!SOME_PLAIN.test(text)) return text.normalize("NFD");
  return text.replace(BETWEEN_PLAIN, (part) => part.normalize("NFD"));
}

/** Words and single punctuation marks of normalised text, in order: `BertPreTokenizer` of the reference. */
export function splitBert(normal: string): string[] {
  return normal.match(WORD_OR_PUNCTUATION) ?? [];
}
