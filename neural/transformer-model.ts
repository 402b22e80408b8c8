import { decodeFloat16 } from "../src/core/model/float16.ts";
import { ModelError } from "../src/errors.ts";
import { readCoverage } from "./coverage.ts";
import { applyHeads, type DenseHead } from "./dense-heads.ts";
import type { Span } from "./passes.ts";
import { poolRanges, poolStates, type TokenStates } from "./pooling.ts";
import type { Dtype, ModelSettings } from "./settings.ts";
import type { TextModel } from "./text-model.ts";
import type { Tokenizer } from "./windows.ts";

/** A tensor of Transformers.js, reduced to what is used of it. */
export interface RuntimeTensor {
  readonly dims: readonly number[];
  readonly type: string;
  readonly data: unknown;
  dispose(): void;
}

/** A tokenizer of Transformers.js. */
export interface RuntimeTokenizer {
  (
    text: string,
    options: { add_special_tokens: boolean; truncation: false; padding: false; return_tensor: false },
  ): {
    input_ids: number[];
  };
  readonly unk_token_id?: number | null;
  /** The content of tokenizer.json. */
  readonly _tokenizerJSON?: unknown;
  readonly pad_token_id?: number | null;
}

/** A model of Transformers.js. */
export interface RuntimeModel {
  (inputs: Record<string, RuntimeTensor>): Promise<Record<string, RuntimeTensor>>;
  readonly config: { readonly vocab_size?: number };
  dispose(): Promise<unknown>;
}

/** The parts of `@huggingface/transformers` that are used, in Node as in a browser. */
export interface Runtime {
  readonly AutoTokenizer: { from_pretrained(model: string): Promise<unknown> };
  readonly AutoModel: {
    from_pretrained(
      model: string,
      options: { device: string; dtype: string; session_options?: object },
    ): Promise<unknown>;
  };
  readonly Tensor: new (type: "int64", data: BigInt64Array, dims: number[]) => RuntimeTensor;
}

/** Where an opened model came from, for messages. */
export interface ModelOrigin {
  readonly url: string;
  readonly device: string;
  readonly dtype: Dtype;
}

/** What is known of the model before it is opened. */
export type TransformerSettings = Pick<ModelSettings, "pooling" | "poolsPrompt" | "languages">;

/** What goes through the model at once; see `TextModel.run`. */
interface Batch {
  readonly rows: readonly (readonly number[])[];
  readonly heads: readonly number[];
  readonly spans: readonly (readonly Span[] | null)[] | undefined;
}

/** Outputs with one vector per text, the best first. */
const vectorOutputs = ["sentence_embedding", "embeddings", "text_embeds"];
/** Outputs with a state per token. */
const stateOutputs = ["last_hidden_state", "token_embeddings"];

/** Wraps an opened tokenizer of Transformers.js. */
export function wrapTokenizer(tokenizer: RuntimeTokenizer, languages: ModelSettings["languages"]): Tokenizer {
  const encode: Tokenizer["encode"] = (text, addSpecialTokens) =>
    tokenizer(text, { add_special_tokens: addSpecialTokens, truncation: false, padding: false, return_tensor: false })
      .input_ids;
  const coverage = readCoverage(tokenizer._tokenizerJSON, languages, (text) => encode(text, false));
  const unknownId = tokenizer.unk_token_id ?? findUnknownId(tokenizer._tokenizerJSON);
  return { encode, unknownId, ...(coverage && { coverage }) };
}

/** Id of the unknown token in tokenizer.json, for models whose tokenizer_config.json does not name it; -1 without one. */
function findUnknownId(layout: unknown): number {
  const { model } = (layout ?? {}) as { model?: { unk_id?: unknown; unk_token?: unknown; vocab?: unknown } };
  if (typeof model?.unk_id === "number") return model.unk_id;
  const { unk_token: token, vocab } = model ?? {};
  if (typeof token !== "string" || typeof vocab !== "object" || vocab === null) return -1;
  return (vocab as Record<string, number>)[token] ?? -1;
}

/** A model with tokenizer and heads, opened by Transformers.js. */
export class TransformerModel implements TextModel {
  readonly tokenizer: Tokenizer;
  readonly #runtime: Pick<Runtime, "Tensor">;
  readonly #model: RuntimeModel;
  readonly #settings: TransformerSettings;
  readonly #heads: readonly DenseHead[];
  readonly #origin: ModelOrigin;
  readonly #padId: number;
  #dim: number | null = null;

  constructor(
    runtime: Pick<Runtime, "Tensor">,
    parts: { tokenizer: RuntimeTokenizer; model: RuntimeModel; heads: readonly DenseHead[] },
    settings: TransformerSettings,
    origin: ModelOrigin,
  ) {
    this.#runtime = runtime;
    this.#model = parts.model;
    this.#heads = parts.heads;
    this.#settings = settings;
    this.#origin = origin;
    this.#padId = parts.tokenizer.pad_token_id ?? 0;
    this.tokenizer = wrapTokenizer(parts.tokenizer, settings.languages);
  }

  get dim(): number | null {
    return this.#dim;
  }

  async run(
    rows: readonly (readonly number[])[],
    heads: readonly number[],
    spans?: readonly (readonly Span[] | null)[],
  ): Promise<{ vectors: Float32Array; width: number }> {
    this.#checkIds(rows);
    const length = Math.max(1, ...rows.map((row) => row.length));
    const inputs = this.#pad(rows, length);
    let outputs: Record<string, RuntimeTensor> = {};
    try {
      outputs = await this.#model(inputs);
      const result = this.#read(outputs, { rows, heads, spans }, length);
      this.#dim = result.width;
      return result;
    } catch (error) {
      if (error instanceof ModelError) throw error;
      throw this.#failed(error, rows.length, length);
    } finally {
      for (const tensor of [...Object.values(inputs), ...Object.values(outputs)]) tensor.dispose();
    }
  }

  async close(): Promise<void> {
    await this.#model.dispose();
  }

  /** A tokenizer of another model gives ids that the embedding table does not have. */
  #checkIds(rows: readonly (readonly number[])[]): void {
    const size = this.#model.config.vocab_size ?? Number.POSITIVE_INFINITY;
    for (const row of rows) {
      const wrong = row.find((id) => !(id >= 0 && id < size));
      if (wrong === undefined) continue;
      throw new ModelError(
        "model/format",
        `The tokenizer gives the id ${wrong}; config.json says that the model has ${size} (vocab_size). Tokenizer and ` +
          `model do not belong together: use the files of one release.`,
        { url: this.#origin.url, id: wrong, vocabularySize: size },
      );
    }
  }

  /** Padding on the right; where there is none no mask bit is 0. */
  #pad(rows: readonly (readonly number[])[], length: number): Record<string, RuntimeTensor> {
    const ids = new BigInt64Array(rows.length * length).fill(BigInt(this.#padId));
    const mask = new BigInt64Array(rows.length * length);
    rows.forEach((row, at) => {
      row.forEach((id, place) => (ids[at * length + place] = BigInt(id)));
      mask.fill(1n, at * length, at * length + row.length);
    });
    const dims = [rows.length, length];
    const { Tensor } = this.#runtime;
    return { input_ids: new Tensor("int64", ids, dims), attention_mask: new Tensor("int64", mask, dims) };
  }

  #read(
    outputs: Record<string, RuntimeTensor>,
    batch: Batch,
    length: number,
  ): { vectors: Float32Array; width: number } {
    const { rows, spans } = batch;
    const { name, tensor } = this.#choose(outputs, spans === undefined);
    const width = tensor.dims.at(-1)!;
    const data = this.#numbers(name, tensor);
    if (tensor.dims.length === 2) {
      this.#checkShape(name, tensor, [rows.length, width]);
      if (spans !== undefined)
        throw this.#wrongOutput(`"${name}" has one vector per text, and late chunking needs a state per token`);
      return { vectors: data.slice(), width };
    }
    this.#checkShape(name, tensor, [rows.length, length, width]);
    const pooled = this.#pool(name, { data, rows: rows.length, length, width }, batch);
    return applyHeads(pooled, width, this.#heads);
  }

  /** A vector per row, or per span of a row that has spans. */
  #pool(name: string, states: TokenStates, { rows, heads, spans }: Batch): Float32Array {
    const { pooling, poolsPrompt } = this.#settings;
    if (pooling === "none")
      throw this.#wrongOutput(`"${name}" has a state per token, and the pooling is "none"; expected mean, cls or last`);
    const lengths = rows.map((row) => row.length);
    const skip = poolsPrompt ? [] : heads;
    if (spans === undefined) return poolStates(states, lengths, pooling, skip);
    const ranges = rows.flatMap(
      ({ length: end }, row) =>
        spans[row]?.map((span) => ({ ...span, row })) ?? [{ row, start: Math.min(skip[row] ?? 0, end - 1), end }],
    );
    return poolRanges(states, ranges);
  }

  /** A vector per text if there is one, for it has gone through all layers; else states of the tokens. */
  #choose(outputs: Record<string, RuntimeTensor>, isWhole: boolean): { name: string; tensor: RuntimeTensor } {
    const names = Object.keys(outputs);
    const name =
      (isWhole ? vectorOutputs.find((each) => outputs[each]?.dims.length === 2) : undefined) ??
      stateOutputs.find((each) => outputs[each]?.dims.length === 3) ??
      names.find((each) => outputs[each]!.dims.length === 3) ??
      names.find((each) => outputs[each]!.dims.length === 2);
    if (name !== undefined) return { name, tensor: outputs[name]! };
    const found = names.map((each) => `${each} [${outputs[each]!.dims.join(", ")}]`).join(", ");
    throw this.#wrongOutput(
      `the outputs are ${found || "none"}; expected last_hidden_state [texts, tokens, dim] or sentence_embedding [texts, dim]`,
    );
  }

  #numbers(name: string, { data, type }: RuntimeTensor): Float32Array {
    if (data instanceof Float32Array) return data;
    if (type === "float16" && data instanceof Uint16Array) return decodeFloat16(data);
    if (type === "float16") return Float32Array.from(data as ArrayLike<number>);
    throw this.#wrongOutput(`"${name}" is of type ${type}; expected float32 or float16`);
  }

  #checkShape(name: string, { dims }: RuntimeTensor, expected: readonly number[]): void {
    if (dims.length === expected.length && dims.every((size, at) => size === expected[at])) return;
    throw this.#wrongOutput(`"${name}" is [${dims.join(", ")}]; expected [${expected.join(", ")}]`);
  }

  #wrongOutput(what: string): ModelError {
    const { url, device, dtype } = this.#origin;
    return new ModelError("model/output", `The model at ${url} does not fit: ${what}. Choose an embedding model.`, {
      url,
      device,
      dtype,
    });
  }

  #failed(error: unknown, rows: number, length: number): ModelError {
    const { url, device, dtype } = this.#origin;
    const code = isDeviceLoss(error) ? "model/device" : "model/session";
    return new ModelError(
      code,
      `The model at ${url} failed on ${device} with ${rows} texts of up to ${length} tokens: ${shorten(error)}. ` +
        `Another device or dtype may work: see the options \`device\` and \`dtype\`.`,
      { url, device, dtype, rows, length },
      error,
    );
  }
}

/** What a runtime said, without its stack of file names. */
export function shorten(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\s+/g, " ").slice(0, 300);
}

function isDeviceLoss(error: unknown): boolean {
  return /device.*lost|lost.*device|GPU(Device|Buffer).*(lost|destroyed)|mapAsync/i.test(String(error));
}
