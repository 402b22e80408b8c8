/** A small but whole `tokenizer.json`, with parts replaced. */
export function tokenizerJson(
  tokens: readonly string[],
  replaced: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    added_tokens: [],
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
    },
    ...replaced,
  };
}
