import { normalizeBert, splitBert } from "../../src/core/model/bert-normalizer.ts";
import { createEmbeddingTable } from "../../src/core/model/embedding-table.ts";
import type { Tensor } from "../../src/core/model/safetensors.ts";
import { createStaticEmbedding } from "../../src/core/model/static-embedding.ts";
import type { PiecesModel } from "../../src/core/pieces/entry.ts";
import { decodeTokens, type TokenRow } from "../../src/core/pieces/token-block.ts";
import { utf8 } from "../utf8.ts";
import type { PieceLists } from "./piece-lists.ts";

/** A query as the index's model sees it. */
export interface EmbeddedText {
  /** Unit vector [dim], or zeros. */
  readonly vector: Float32Array;
  /** Share of the text in tokens that say something, 0 to 1. */
  readonly coverage: number;
  readonly truncated: boolean;
}

/** Shortest piece of a longer word that says something of its meaning; as in the tokenizer of the whole model. */
const minTellingPiece = 3;
/** Words of a query that are looked up: each may need a block of its own. */
const maxWords = 64;

/** A word as pieces of the vocabulary; null for one that is in none. */
interface Pieces {
  readonly rows: readonly TokenRow[] | null;
  readonly covered: number;
}

/** Embeds queries with rows of the model that are fetched as they are needed: the result is that of the whole model. */
export class QueryEmbedder {
  readonly #model: PiecesModel;
  readonly #lists: PieceLists;
  readonly #common: ReadonlyMap<string, TokenRow>;

  constructor(model: PiecesModel, lists: PieceLists, common: readonly TokenRow[]) {
    this.#model = model;
    this.#lists = lists;
    this.#common = new Map(common.map((row) => [row.token, row]));
  }

  /** Names of all blocks of the model's rows. */
  async *blocks(): AsyncGenerator<string> {
    yield* this.#lists.listNames;
    yield* this.#lists.names();
  }

  /** @throws {IndexFormatError} where a block cannot be had. */
  async embed(text: string): Promise<EmbeddedText> {
    const words = splitBert(normalizeBert(this.#model.prompt + text, this.#model.normalizer));
    const read = words.slice(0, maxWords);
    const different = [...new Set(read)];
    const found = await Promise.all(different.map((word) => this.#splitWord(word)));
    const pieces = new Map(different.map((word, i) => [word, found[i]!]));
    const rows = read.flatMap((word) => pieces.get(word)!.rows ?? []);
    const characters = read.reduce((sum, word) => sum + word.length, 0);
    const covered = read.reduce((sum, word) => sum + pieces.get(word)!.covered, 0);
    const kept = rows.slice(0, this.#model.maxTokens);
    return {
      vector: this.#addUp(kept),
      coverage: covered / Math.max(1, characters),
      truncated: kept.length < rows.length || read.length < words.length,
    };
  }

  /** The longest piece first, again and again. */
  async #splitWord(word: string): Promise<Pieces> {
    const common = this.#common.get(word);
    if (common !== undefined) return { rows: [common], covered: word.length };
    if ([...word].length > this.#model.maxWordLength) return { rows: null, covered: 0 };
    const rows: TokenRow[] = [];
    let covered = 0;
    for (let start = 0; start < word.length;) {
      const before = start === 0 ? "" : this.#model.continuingPrefix;
      const row = await this.#longestPiece(before + word.slice(start), before.length);
      if (row === null) return { rows: null, covered: 0 };
      const length = row.token.length - before.length;
      if (length >= minTellingPiece || length === word.length) covered += length;
      rows.push(row);
      start += length;
    }
    return { rows, covered };
  }

  /**
   * The longest token that `text` begins with. It is in the block where the text itself would stand, or among the tokens with
   * which that block begins: whatever lies between a beginning of the text and the text begins with it, too.
   */
  async #longestPiece(text: string, least: number): Promise<TokenRow | null> {
    const name = await this.#lists.at(text);
    if (name === undefined) return null;
    const { beginnings, rows } = decodeTokens(await this.#lists.read(name), utf8);
    const fits = (token: string): boolean => token.length > least && text.startsWith(token);
    const row = longest(rows.filter(({ token }) => fits(token)));
    if (row !== null) return row;
    const beginning = beginnings.findLast(fits);
    if (beginning === undefined) return null;
    const other = decodeTokens(await this.#lists.read((await this.#lists.at(beginning))!), utf8);
    return other.rows.find(({ token }) => token === beginning) ?? null;
  }

  #addUp(rows: readonly TokenRow[]): Float32Array {
    const { dim, codebook, tokenWeights } = this.#model;
    const vector = new Float32Array(dim);
    if (rows.length === 0) return vector;
    const different = [...new Map(rows.map((row) => [row.token, row])).values()];
    const places = new Map(different.map(({ token }, i) => [token, i]));
    const table = createEmbeddingTable(toTensors(different, codebook));
    const ids = Int32Array.from(rows, ({ token }) => places.get(token)!);
    createStaticEmbedding(table, dim, new Set(), tokenWeights).embed(ids, "query", vector, 0);
    return vector;
  }
}

function longest(rows: readonly TokenRow[]): TokenRow | null {
  return rows.reduce<TokenRow | null>(
    (best, row) => (best === null || row.token.length > best.token.length ? row : best),
    null,
  );
}

/** The rows as the table of a model's file. */
function toTensors(rows: readonly TokenRow[], codebook: readonly number[]): Map<string, Tensor> {
  const width = rows[0]!.codes.length;
  const embeddings = new Uint8Array(rows.length * width);
  rows.forEach(({ codes }, i) => embeddings.set(codes, i * width));
  const floats = (name: string, numbers: Float32Array): Tensor => ({
    name,
    dtype: "F32",
    shape: [numbers.length],
    bytes: new Uint8Array(numbers.buffer),
  });
  return new Map([
    ["embeddings", { name: "embeddings", dtype: "U8", shape: [rows.length, width], bytes: embeddings }],
    [
      "scales",
      floats(
        "scales",
        Float32Array.from(rows, ({ scale }) => scale),
      ),
    ],
    ["codebook", floats("codebook", Float32Array.from(codebook))],
  ]);
}
