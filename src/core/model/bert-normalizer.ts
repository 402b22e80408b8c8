/** The four switches of a `BertNormalizer` as Hugging Face's `tokenizers` defines it. */
export interface BertNormalizerOptions {
  /** Drops control characters and U+FFFD, makes every white space a plain space. */
  readonly cleanText: boolean;
  /** Sets spaces around CJK ideographs, so that each is a word. */
  readonly handleChineseChars: boolean;
  readonly stripAccents: boolean;
  readonly lowercase: boolean;
}

// Lone surrogates (Cs) stand in no UTF-8 text: they go like other characters that say nothing.
const CONTROL = /(?![\t\n\r])[\uFFFD\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu;
const WHITE_SPACE = /\p{White_Space}/gu;
// Why 2B920 where Unicode says 2B820: the reference has it so, and ids must be the same.
const IDEOGRAPH =
  /[\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF\u{20000}-\u{2A6DF}\u{2A700}-\u{2B73F}\u{2B740}-\u{2B81F}\u{2B920}-\u{2CEAF}\u{2F800}-\u{2FA1F}]/gu;
const NONSPACING_MARK = /\p{Mn}/gu;
const WORD_OR_PUNCTUATION = /[!-/:-@[-`{-~\p{P}]|[^\p{White_Space}!-/:-@[-`{-~\p{P}]+/gu;

/**
 * Text as the vocabulary of a BERT-like model spells it.
 *
 * Equal to the reference for all characters but some 670 that Unicode has added or reclassified since version 8,
 * on whose tables the reference stands.
 *
 * @see https://github.com/huggingface/tokenizers, normalizers/bert.rs
 */
export function normalizeBert(text: string, options: BertNormalizerOptions): string {
  let normal = options.cleanText ? text.replace(CONTROL, "").replace(WHITE_SPACE, " ") : text;
  if (options.handleChineseChars) normal = normal.replace(IDEOGRAPH, " $& ");
  if (options.stripAccents) normal = normal.normalize("NFD").replace(NONSPACING_MARK, "");
  // Why sigma first: the reference lowers one character at a time and knows no final sigma.
  return options.lowercase ? normal.replaceAll("Σ", "σ").toLowerCase() : normal;
}

/** Words and single punctuation marks of normalised text, in order: `BertPreTokenizer` of the reference. */
export function splitBert(normal: string): string[] {
  return normal.match(WORD_OR_PUNCTUATION) ?? [];
}
