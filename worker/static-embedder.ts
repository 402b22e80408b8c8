import { minCoverage } from "../src/core/model/coverage.ts";
import { createEmbeddingTable } from "../src/core/model/embedding-table.ts";
import { formatError } from "../src/core/model/format-error.ts";
import { readModelConfig, type StaticModelConfig } from "../src/core/model/model-config.ts";
import { parseSafetensors } from "../src/core/model/safetensors.ts";
import { createStaticEmbedding, type StaticEmbedding, type TextKind } from "../src/core/model/static-embedding.ts";
import { createWordPieceTokenizer, type TokenizedText, type WordPieceTokenizer } from "../src/core/model/wordpiece.ts";
import { cosine } from "../src/core/vector/cosine.ts";
import { InvalidArgumentError, ModelError, SearchError } from "../src/errors.ts";
import { isUrls, type ModelSource, readModelFile, readModelFiles, type ReadOptions } from "./model-files.ts";
import type { Embedder, ModelFingerprint, OnBytes } from "./ports.ts";

/** Settings of the static embedder. */
export interface StaticEmbedderOptions {
  /** One of the dims that the model was trained for. Default: all of it. */
  readonly dim?: number;
  readonly onBytes?: OnBytes;
  /** Passages of which the model knows a smaller share get a zero vector, 0 to 1. Default: `minCoverage` of the core. */
  readonly minCoverage?: number;
}

const MIN_GOLDEN_COSINE = 0.999;

interface Parts {
  readonly tokenizer: WordPieceTokenizer;
  readonly embedding: StaticEmbedding;
}

class StaticEmbedder implements Embedder {
  readonly fingerprint: ModelFingerprint;
  readonly denseWeight: number;
  readonly #config: StaticModelConfig;
  readonly #minCoverage: number;
  #parts: Parts | undefined;

  constructor(config: StaticModelConfig, parts: Parts, minCoverage: number) {
    this.#minCoverage = minCoverage;
    this.fingerprint = { id: config.id, revision: config.revision, dim: parts.embedding.dim };
    this.denseWeight = config.denseWeight;
    this.#config = config;
    this.#parts = parts;
  }

  async embed(texts: readonly string[]): Promise<Float32Array> {
    const { dim } = this.fingerprint;
    const vectors = new Float32Array(texts.length * dim); // [texts.length, dim]
    texts.forEach((text, row) => {
      const { coverage } = this.#embedInto(this.#config.prompts.document + text, "document", vectors, row * dim);
      if (coverage < this.#minCoverage) vectors.fill(0, row * dim, (row + 1) * dim);
    });
    return vectors;
  }

  async embedQuery(text: string): Promise<{ vector: Float32Array; coverage: number; truncated: boolean }> {
    const vector = new Float32Array(this.fingerprint.dim);
    const prompt = this.#config.prompts.query;
    const tokens = this.#embedInto(prompt + text, "query", vector, 0);
    // Why without the prompt: its tokens are always known and say nothing of the text.
    const own = prompt === "" ? tokens : this.#open().tokenizer.encode(text, this.#config.maxTokens);
    return { vector, coverage: own.coverage, truncated: tokens.truncated };
  }

  async close(): Promise<void> {
    this.#parts = undefined;
  }

  #embedInto(text: string, kind: TextKind, vectors: Float32Array, offset: number): TokenizedText {
    const { tokenizer, embedding } = this.#open();
    const tokens = tokenizer.encode(text, this.#config.maxTokens);
    embedding.embed(tokens.ids, kind, vectors, offset);
    return tokens;
  }

  #open(): Parts {
    if (this.#parts) return this.#parts;
    throw new SearchError(
      "search/closed",
      `The model "${this.#config.id}" is closed; expected an open one. Create the search anew.`,
    );
  }
}

/**
 * The built-in kind of embedder: a row per token, added up. Files are verified by size and hash, then by the vectors
 * that the model's own texts must get.
 *
 * @throws {ModelError} `model/missing`, `model/unreachable`, `model/truncated`, `model/checksum`, `model/format`
 * @throws {InvalidArgumentError} `argument/option` for a dim the model was not trained for.
 */
export async function loadStaticEmbedder(source: ModelSource, options: StaticEmbedderOptions = {}): Promise<Embedder> {
  try {
    return await load(source, options, "default");
  } catch (error) {
    // Why once more: after a release the HTTP cache may hold files of two releases that do not fit together.
    if (!isUrls(source) || !isDamage(error)) throw error;
    return load(source, options, "reload");
  }
}

async function load(source: ModelSource, options: StaticEmbedderOptions, cache: RequestCache): Promise<Embedder> {
  const reading: ReadOptions = { onBytes: options.onBytes, cache };
  const config = readModelConfig(parseJson("config.json", await readModelFile(source, "config.json", reading)));
  const dim = checkDim(config, options.dim ?? config.dim);
  const files = await readModelFiles(source, config.files, reading);
  const tokenizer = createWordPieceTokenizer(parseJson("tokenizer.json", files["tokenizer.json"]));
  const embedding = buildEmbedding(config, files["model.safetensors"], tokenizer, dim);
  checkGolden(config, { tokenizer, embedding });
  return new StaticEmbedder(config, { tokenizer, embedding }, options.minCoverage ?? minCoverage);
}

function buildEmbedding(
  config: StaticModelConfig,
  weights: Uint8Array,
  tokenizer: WordPieceTokenizer,
  dim: number,
): StaticEmbedding {
  const table = createEmbeddingTable(parseSafetensors(weights, decodeUtf8));
  if (table.dim !== config.dim || table.rows < tokenizer.idCount) {
    const found = { rows: table.rows, dim: table.dim };
    const expected = `${tokenizer.idCount} rows of ${config.dim}`;
    throw formatError(`The weights have ${table.rows} rows of ${table.dim} numbers; expected ${expected}.`, found);
  }
  return createStaticEmbedding(table, dim, tokenizer.specialIds, config.tokenWeights);
}

function checkDim(config: StaticModelConfig, dim: number): number {
  if (config.matryoshkaDims.includes(dim)) return dim;
  const expected = config.matryoshkaDims.join(", ");
  throw new InvalidArgumentError(
    "argument/option",
    `The option dim is ${String(dim)}; expected one of ${expected}, for which "${config.id}" was trained. Choose one of these.`,
    { option: "dim", value: dim, expected },
  );
}

/** Texts of the config, as documents, must get the vectors of the config, or tokenizer and weights do not belong together. */
function checkGolden(config: StaticModelConfig, { tokenizer, embedding }: Parts): void {
  const found = new Float32Array(embedding.dim);
  for (const { text, vector } of config.golden) {
    embedding.embed(tokenizer.encode(text, config.maxTokens).ids, "document", found, 0);
    const similarity = cosine(found, vector);
    if (similarity >= MIN_GOLDEN_COSINE) continue;
    throw formatError(
      `The model "${config.id}" fails its self-test: the vector of ${JSON.stringify(text.slice(0, 60))} has cosine ` +
        `${similarity.toFixed(4)} with the expected one; expected at least ${MIN_GOLDEN_COSINE}.`,
      { id: config.id, text, cosine: similarity },
    );
  }
}

function parseJson(name: string, bytes: Uint8Array): unknown {
  const text = decodeUtf8(bytes);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw formatError(`The model's ${name} begins with ${JSON.stringify(text.slice(0, 40))}; expected JSON.`, {
      file: name,
      bytes: bytes.length,
    });
  }
}

function decodeUtf8(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function isDamage(error: unknown): boolean {
  return error instanceof ModelError && ["model/truncated", "model/checksum", "model/format"].includes(error.code);
}
