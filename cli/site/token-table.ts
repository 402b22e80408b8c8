import { readModelConfig, type StaticModelConfig } from "../../src/core/model/model-config.ts";
import { parseSafetensors, readNumbers, type Tensor } from "../../src/core/model/safetensors.ts";
import { readTokenizerFile } from "../../src/core/model/tokenizer-file.ts";
import { compareKeys } from "../../src/core/pieces/key-list.ts";
import type { TokenRow } from "../../src/core/pieces/token-block.ts";
import type { TokenTable } from "../../src/core/pieces/write-pieces.ts";
import { stopWords } from "../../src/core/text/stop-words.ts";
import { utf8 } from "../../worker/utf8.ts";
import { createFileModelSource } from "../model-source.ts";

/** Punctuation that stands in questions. */
const punctuation = "?!.,:;'\"()-/_";

/**
 * Reads the table of a static model, to be cut into blocks that a query's tokens are fetched from.
 *
 * @param folder - of the model.
 * @returns null where the model has no table of 4-bit rows: transformers, and tables of other numbers.
 */
export async function readTokenTable(folder: string): Promise<TokenTable | null> {
  const source = createFileModelSource(folder);
  const json = JSON.parse(utf8.decode(await source.read("config.json"))) as Record<string, unknown>;
  if (json["kind"] !== "static") return null;
  const config = readModelConfig(json);
  const tensors = parseSafetensors(await source.read("model.safetensors"), (bytes) => utf8.decode(bytes));
  const codes = tensors.get("embeddings");
  if (codes?.dtype !== "U8" || !tensors.has("scales")) return null;
  const tokenizer = readTokenizerFile(JSON.parse(utf8.decode(await source.read("tokenizer.json"))));
  const rows = readRows(codes, floatsOf(tensors.get("scales")!), config.dim / 2, tokenizer.vocabulary);
  const silent = new Set(tokenizer.addedTokens.filter(({ special }) => special).map(({ content }) => content));
  const tokens = rows.filter(({ id, token }) => id !== tokenizer.unknownId && !silent.has(token));
  return {
    model: {
      ...describe(config),
      continuingPrefix: tokenizer.continuingPrefix,
      maxWordLength: tokenizer.maxWordLength,
      normalizer: tokenizer.normalizer,
      codebook: Array.from(codebookOf(tensors)),
    },
    tokens: tokens.sort((a, b) => compareKeys(a.token, b.token)),
    common: new Set([...stopWords, ...punctuation]),
  };
}

function describe({ id, revision, dim, maxTokens, prompts, denseWeight, tokenWeights }: StaticModelConfig) {
  return { id, revision, dim, maxTokens, prompt: prompts.query, denseWeight, tokenWeights };
}

function readRows(
  { bytes }: Tensor,
  scales: Float32Array,
  width: number,
  vocabulary: ReadonlyMap<string, number>,
): (TokenRow & { readonly id: number })[] {
  return [...vocabulary].map(([token, id]) => ({
    id,
    token,
    codes: bytes.subarray(id * width, (id + 1) * width),
    scale: scales[id]!,
  }));
}

function floatsOf(tensor: Tensor): Float32Array {
  return Float32Array.from(readNumbers(tensor));
}

/** Numbers that the codes stand for; the same rule as that of the table in memory. */
function codebookOf(tensors: ReadonlyMap<string, Tensor>): Float32Array {
  const codebook = tensors.get("codebook");
  return codebook === undefined ? Float32Array.from({ length: 16 }, (_, code) => code - 8) : floatsOf(codebook);
}
