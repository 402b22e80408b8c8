import type { Dtype, Pooling, Prompts } from "./settings.ts";

/** What is known of a model besides its files. */
export interface RegistryEntry {
  /** Hub id of the model, or the name of a built-in one. */
  readonly id: string;
  /** Hub id of the repository that has its ONNX files (or its table), where it is another one. */
  readonly repository?: string;
  readonly kind: "transformer" | "static";
  /** Architecture as `config.json` names it in `model_type`. */
  readonly architecture: string;
  readonly dim: number;
  readonly matryoshkaDims?: readonly number[];
  readonly pooling: Pooling;
  readonly maxTokens: number;
  readonly prompts?: Partial<Prompts>;
  readonly layerNorm?: boolean;
  readonly dtypes: readonly Dtype[];
  /** Weights, embeddings among them; absent where they are not known. */
  readonly parameters?: number;
  /** BCP 47 tags, or `many`. */
  readonly languages: readonly string[] | "many";
  /** SPDX name, or the name of its terms. */
  readonly licence: string;
  /** Hub id of a larger model whose document vectors its query vectors fit. */
  readonly documentModel?: string;
}

/** Name of the built-in instant model, which the search runs by itself. */
export const instantModelId = "inkling-instant-v1";
/** Name of the built-in neural model, and of its folder. */
export const builtInNeuralModelId = "inkling-neural-v1";

const arctic = "Represent this sentence for searching relevant passages: ";
const common: readonly Dtype[] = ["q8", "fp32", "fp16"];
const english = ["en"];

/**
 * Models whose settings are known, from their cards and configuration files. An entry says how a model is used, not how
 * good it is; which weights have been run is told in the user guide. Prompts end where the text begins.
 */
export const registry: readonly RegistryEntry[] = [
  {
    id: instantModelId,
    kind: "static",
    architecture: "inkling",
    dim: 256,
    matryoshkaDims: [256, 128, 64],
    pooling: "mean",
    maxTokens: 512,
    dtypes: ["q4"],
    languages: english,
    licence: "MIT",
  },
  {
    id: builtInNeuralModelId,
    kind: "transformer",
    architecture: "modernbert",
    dim: 352,
    matryoshkaDims: [352, 256, 128, 64],
    pooling: "mean",
    maxTokens: 512,
    dtypes: ["q8"],
    languages: english,
    licence: "MIT",
  },
  {
    id: "sentence-transformers/all-MiniLM-L6-v2",
    repository: "Xenova/all-MiniLM-L6-v2",
    kind: "transformer",
    architecture: "bert",
    dim: 384,
    pooling: "mean",
    maxTokens: 256,
    dtypes: common,
    parameters: 22_700_000,
    languages: english,
    licence: "Apache-2.0",
  },
  {
    id: "MongoDB/mdbr-leaf-ir",
    kind: "transformer",
    architecture: "bert",
    dim: 768,
    matryoshkaDims: [768, 512, 256, 128],
    pooling: "mean",
    maxTokens: 512,
    prompts: { query: arctic },
    dtypes: ["q8", "fp32"],
    parameters: 23_000_000,
    languages: english,
    licence: "Apache-2.0",
    documentModel: "Snowflake/snowflake-arctic-embed-m-v1.5",
  },
  {
    id: "intfloat/e5-small-v2",
    repository: "Xenova/e5-small-v2",
    kind: "transformer",
    architecture: "bert",
    dim: 384,
    pooling: "mean",
    maxTokens: 512,
    prompts: { query: "query: ", document: "passage: " },
    dtypes: common,
    parameters: 33_400_000,
    languages: english,
    licence: "MIT",
  },
  {
    id: "intfloat/multilingual-e5-small",
    repository: "Xenova/multilingual-e5-small",
    kind: "transformer",
    architecture: "bert",
    dim: 384,
    pooling: "mean",
    maxTokens: 512,
    prompts: { query: "query: ", document: "passage: " },
    dtypes: common,
    parameters: 118_000_000,
    languages: "many",
    licence: "MIT",
  },
  {
    id: "thenlper/gte-small",
    repository: "Xenova/gte-small",
    kind: "transformer",
    architecture: "bert",
    dim: 384,
    pooling: "mean",
    maxTokens: 512,
    dtypes: common,
    parameters: 33_400_000,
    languages: english,
    licence: "MIT",
  },
  {
    id: "BAAI/bge-small-en-v1.5",
    repository: "Xenova/bge-small-en-v1.5",
    kind: "transformer",
    architecture: "bert",
    dim: 384,
    pooling: "cls",
    maxTokens: 512,
    prompts: { query: arctic },
    dtypes: common,
    parameters: 33_400_000,
    languages: english,
    licence: "MIT",
  },
  {
    id: "ibm-granite/granite-embedding-30m-english",
    repository: "onnx-community/granite-embedding-30m-english-ONNX",
    kind: "transformer",
    architecture: "roberta",
    dim: 384,
    pooling: "cls",
    maxTokens: 512,
    dtypes: common,
    parameters: 30_300_000,
    languages: english,
    licence: "Apache-2.0",
  },
  {
    id: "ibm-granite/granite-embedding-small-english-r2",
    repository: "onnx-community/granite-embedding-small-english-r2-ONNX",
    kind: "transformer",
    architecture: "modernbert",
    dim: 384,
    pooling: "cls",
    maxTokens: 8192,
    dtypes: common,
    parameters: 47_000_000,
    languages: english,
    licence: "Apache-2.0",
  },
  {
    id: "Snowflake/snowflake-arctic-embed-xs",
    kind: "transformer",
    architecture: "bert",
    dim: 384,
    pooling: "cls",
    maxTokens: 512,
    prompts: { query: arctic },
    dtypes: common,
    parameters: 22_600_000,
    languages: english,
    licence: "Apache-2.0",
  },
  {
    id: "Snowflake/snowflake-arctic-embed-m-v2.0",
    kind: "transformer",
    architecture: "gte",
    dim: 768,
    matryoshkaDims: [768, 256],
    pooling: "cls",
    maxTokens: 8192,
    prompts: { query: "query: " },
    dtypes: common,
    parameters: 305_000_000,
    languages: "many",
    licence: "Apache-2.0",
  },
  {
    id: "jinaai/jina-embeddings-v2-small-en",
    repository: "Xenova/jina-embeddings-v2-small-en",
    kind: "transformer",
    architecture: "bert",
    dim: 512,
    pooling: "mean",
    maxTokens: 8192,
    dtypes: common,
    parameters: 33_000_000,
    languages: english,
    licence: "Apache-2.0",
  },
  {
    id: "nomic-ai/nomic-embed-text-v1.5",
    kind: "transformer",
    architecture: "nomic_bert",
    dim: 768,
    matryoshkaDims: [768, 512, 256, 128, 64],
    pooling: "mean",
    layerNorm: true,
    maxTokens: 8192,
    prompts: { query: "search_query: ", document: "search_document: " },
    dtypes: common,
    parameters: 137_000_000,
    languages: english,
    licence: "Apache-2.0",
  },
  {
    id: "google/embeddinggemma-300m",
    repository: "onnx-community/embeddinggemma-300m-ONNX",
    kind: "transformer",
    architecture: "gemma3_text",
    dim: 768,
    matryoshkaDims: [768, 512, 256, 128],
    // Mean and two dense layers are part of the ONNX file.
    pooling: "none",
    maxTokens: 2048,
    prompts: { query: "task: search result | query: ", document: "title: {title|none} | text: " },
    // Not fp16: its activations leave the range of that type.
    dtypes: ["q8", "q4", "fp32"],
    parameters: 308_000_000,
    languages: "many",
    licence: "Gemma",
  },
  {
    id: "minishlab/potion-base-8M",
    kind: "static",
    architecture: "model2vec",
    dim: 256,
    pooling: "mean",
    maxTokens: 512,
    dtypes: ["fp32"],
    parameters: 7_600_000,
    languages: english,
    licence: "MIT",
  },
  {
    id: "minishlab/potion-retrieval-32M",
    kind: "static",
    architecture: "model2vec",
    dim: 512,
    pooling: "mean",
    maxTokens: 512,
    dtypes: ["fp32"],
    parameters: 32_300_000,
    languages: english,
    licence: "MIT",
  },
  {
    id: "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2",
    repository: "Xenova/paraphrase-multilingual-MiniLM-L12-v2",
    kind: "transformer",
    architecture: "bert",
    dim: 384,
    pooling: "mean",
    maxTokens: 128,
    dtypes: common,
    parameters: 118_000_000,
    languages: "many",
    licence: "Apache-2.0",
  },
];

/** The entry of a model, by its id, its repository, or the last part of either. */
export function findRegistryEntry(id: string): RegistryEntry | undefined {
  const named = registry.find((entry) => entry.id === id || entry.repository === id);
  if (named !== undefined || id === "" || id.includes("/")) return named;
  return registry.find((entry) => lastPart(entry.id) === id || lastPart(entry.repository ?? "") === id);
}

function lastPart(id: string): string {
  return id.slice(id.lastIndexOf("/") + 1);
}
