import { IndexFormatError } from "../../errors.ts";
import type { TokenWeights } from "../model/static-embedding.ts";

/** Name of the entry file: the only file of an index in pieces that changes. */
export const entryName = "inkling-pieces.json";

/** Newest format that is read here. */
export const piecesFormat = 1;

/** The model that made the vectors, and how a query is embedded with the rows that are blocks of the index. */
export interface PiecesModel {
  readonly id: string;
  readonly revision: string;
  readonly dim: number;
  readonly maxTokens: number;
  readonly prompt: string;
  readonly denseWeight: number;
  readonly tokenWeights: TokenWeights;
  /** What pieces inside of a word begin with. */
  readonly continuingPrefix: string;
  readonly maxWordLength: number;
  readonly normalizer: {
    readonly cleanText: boolean;
    readonly handleChineseChars: boolean;
    readonly stripAccents: boolean;
    readonly lowercase: boolean;
  };
  /** [16] numbers that 4-bit codes stand for. */
  readonly codebook: readonly number[];
}

/** The entry file: what the index holds, and the names of the two blocks that lead to all others. */
export interface PiecesEntry {
  readonly format: number;
  /** Version of analyzer and chunker, as in a manifest. */
  readonly analysis: number;
  /** Numbers of ordinals. */
  readonly documents: number;
  readonly passages: number;
  /** How many of these stand for documents that are gone, and for their passages. Absent where there are none. */
  readonly removed?: { readonly documents: number; readonly passages: number };
  /** Blocks and their bytes, without this file. */
  readonly blocks: number;
  readonly bytes: number;
  /** Block that leads to terms, documents and texts. */
  readonly words: string;
  /** Block that leads to vectors and to the rows of the model; null where the index has none. */
  readonly meaning: string | null;
  /** Block that lists attributes and their blocks; null where there is no document. */
  readonly attributes: string | null;
  readonly model: PiecesModel | null;
}

/** Documents and passages that can be found. */
export function countLive({ documents, passages, removed }: PiecesEntry): { documents: number; passages: number } {
  return { documents: documents - (removed?.documents ?? 0), passages: passages - (removed?.passages ?? 0) };
}

const blockName = /^[0-9a-f]{12}$/;

/**
 * Checks the parsed entry file.
 *
 * @param url - for messages.
 * @throws {IndexFormatError} `index/newer-format` or `index/format`.
 */
export function checkEntry(json: unknown, url: string, analysis: number): PiecesEntry {
  const entry = (typeof json === "object" && json !== null ? json : {}) as Partial<PiecesEntry>;
  const { format, words, meaning, attributes, model, documents, passages } = entry;
  if (!isCount(format)) throw odd(url, "`format`", format);
  if (format > piecesFormat || (isCount(entry.analysis) && entry.analysis > analysis)) {
    throw new IndexFormatError(
      "index/newer-format",
      `The index at ${url} was built by a newer version of the library (format ${format}, analysis ${String(entry.analysis)}); this one reads format ${piecesFormat}, analysis ${analysis}. Load the newer library, or build the index with this one.`,
      { url, format, supported: piecesFormat },
    );
  }
  if (entry.analysis !== analysis) throw odd(url, "`analysis`", entry.analysis);
  if (typeof words !== "string" || !blockName.test(words)) throw odd(url, "`words`", words);
  if (meaning !== null && (typeof meaning !== "string" || !blockName.test(meaning)))
    throw odd(url, "`meaning`", meaning);
  if (attributes !== null && (typeof attributes !== "string" || !blockName.test(attributes)))
    throw odd(url, "`attributes`", attributes);
  if (!isCount(documents) || !isCount(passages)) throw odd(url, "`documents` or `passages`", documents);
  const { removed = { documents: 0, passages: 0 } } = entry;
  if (!isCount(removed?.documents) || !isCount(removed?.passages)) throw odd(url, "`removed`", JSON.stringify(removed));
  if (meaning !== null && !isModel(model)) throw odd(url, "`model`", JSON.stringify(model));
  return entry as PiecesEntry;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isModel(model: PiecesModel | null | undefined): boolean {
  return (
    typeof model === "object" &&
    model !== null &&
    isCount(model.dim) &&
    isCount(model.maxTokens) &&
    Array.isArray(model.codebook) &&
    model.codebook.length === 16 &&
    typeof model.tokenWeights === "object"
  );
}

function odd(url: string, what: string, found: unknown): IndexFormatError {
  return new IndexFormatError(
    "index/format",
    `${url} is no entry file of an index in pieces: found ${String(found).slice(0, 80)} in ${what}. Build the index again, and copy the whole folder.`,
    { url },
  );
}
