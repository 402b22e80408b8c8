import type { BertNormalizerOptions } from "./bert-normalizer.ts";
import { formatError } from "./format-error.ts";

/** A token that is found in the raw text before anything else, such as `[SEP]`. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
}

/** What a `tokenizer.json` with a WordPiece model says, checked. */
export interface WordPieceSettings {
  readonly normalizer: BertNormalizerOptions;
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly addedTokens: readonly AddedToken[];
  readonly unknownId: number;
  /** What a piece inside a word begins with. */
  readonly continuingPrefix: string;
  /** Longer words, in code points, are unknown as a whole. */
  readonly maxWordLength: number;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads a parsed `tokenizer.json` of Hugging Face's `tokenizers`.
 *
 * @throws {ModelError} `model/format` unless it is WordPiece with BertNormalizer and BertPreTokenizer.
 */
export function readTokenizerFile(json: unknown): WordPieceSettings {
  const file = fieldsOf(json, "tokenizer.json");
  const model = fieldsOf(file["model"], "model");
  expectType(file["pre_tokenizer"], "pre_tokenizer", "BertPreTokenizer");
  expectType(model, "model", "WordPiece");
  const vocabulary = readVocabulary(model["vocab"]);
  const unknownToken = model["unk_token"];
  const unknownId = typeof unknownToken === "string" ? vocabulary.get(unknownToken) : undefined;
  if (unknownId === undefined) throw wrong("model.unk_token", unknownToken, "a token of the vocabulary");
  return {
    normalizer: readNormalizer(file["normalizer"]),
    vocabulary,
    addedTokens: readAddedTokens(file["added_tokens"]),
    unknownId,
    continuingPrefix: readOr(model, "continuing_subword_prefix", "##"),
    maxWordLength: readOr(model, "max_input_chars_per_word", 100),
  };
}

function readNormalizer(value: unknown): BertNormalizerOptions {
  expectType(value, "normalizer", "BertNormalizer");
  const fields = value as Fields;
  const lowercase = readOr(fields, "lowercase", true);
  return {
    cleanText: readOr(fields, "clean_text", true),
    handleChineseChars: readOr(fields, "handle_chinese_chars", true),
    // Why: null means "as lowercase", as in the original BERT.
    stripAccents: readOr(fields, "strip_accents", lowercase),
    lowercase,
  };
}

function readVocabulary(value: unknown): Map<string, number> {
  const vocabulary = new Map<string, number>();
  for (const [token, id] of Object.entries(fieldsOf(value, "model.vocab"))) {
    if (!isId(id)) throw wrong(`model.vocab[${JSON.stringify(token)}]`, id, "an integer >= 0");
    vocabulary.set(token, id);
  }
  return vocabulary;
}

function readAddedTokens(value: unknown): AddedToken[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw wrong("added_tokens", value, "a list");
  return value.map((entry: unknown, place) => readAddedToken(entry, `added_tokens[${place}]`));
}

function readAddedToken(value: unknown, where: string): AddedToken {
  const { id, content, special, ...rest } = fieldsOf(value, where);
  if (!isId(id)) throw wrong(`${where}.id`, id, "an integer >= 0");
  if (typeof content !== "string" || content === "") throw wrong(`${where}.content`, content, "a token");
  for (const rule of ["single_word", "lstrip", "rstrip", "normalized"]) {
    if (rest[rule]) throw wrong(`${where}.${rule}`, rest[rule], "false, the only way that is read here");
  }
  return { id, content, special: special === true };
}

function expectType(value: unknown, where: string, type: string): void {
  const found = fieldsOf(value, where)["type"];
  if (found !== type) throw wrong(`${where}.type`, found, `"${type}"`);
}

function fieldsOf(value: unknown, where: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw wrong(where, value, "an object");
}

/** A field, or its default where it is absent or null; it must be of the default's type. */
function readOr<Value extends string | number | boolean>(fields: Fields, name: string, fallback: Value): Value {
  const value = fields[name] ?? fallback;
  if (typeof value !== typeof fallback) throw wrong(name, value, `a ${typeof fallback}`);
  return value as Value;
}

function isId(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}

function wrong(where: string, value: unknown, expected: string): Error {
  const found = (JSON.stringify(value) ?? "nothing").slice(0, 80);
  return formatError(`The tokenizer has ${found} in ${where}; expected ${expected}.`, { where, found });
}
