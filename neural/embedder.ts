import { ModelError } from "../src/errors.ts";
import type { EmbeddedTexts } from "../src/model-provider.ts";
import { type BatchLimits, planBatches } from "./batches.ts";
import { finishVectors, normalizeInPlace } from "./pooling.ts";
import { fillPrompt, type ModelSettings } from "./settings.ts";
import type { TextModel } from "./text-model.ts";
import { cutIntoWindows, findFrame, type Frame, type Window } from "./windows.ts";

/** What a text is embedded as; `plain` without a prompt. */
export type TextKind = "query" | "document" | "plain";

/** About 0.2 s of one core with a model of 11 M parameters: as long as a query may have to wait. */
export const batchLimits: BatchLimits = { tokens: 2048, rows: 32 };

/** Settings that say how texts become vectors. */
export type EmbedderSettings = Pick<ModelSettings, "dim" | "prompts" | "maxTokens" | "layerNorm" | "matryoshkaDims">;

/** Texts to unit vectors, by any runtime. */
export class TextEmbedder {
  readonly #model: TextModel;
  readonly #settings: EmbedderSettings;
  readonly #frame: Frame;
  /** Leading numbers kept, null for all. */
  readonly #dim: number | null;
  readonly #limits: BatchLimits;

  /**
   * @param dim - length of the vectors; one of `matryoshkaDims`, or null for all that the model gives.
   * @throws {ModelError} `model/format` where the tokenizer does not do what tokenizers do.
   */
  constructor(
    model: TextModel,
    settings: EmbedderSettings,
    dim: number | null = null,
    limits: BatchLimits = batchLimits,
  ) {
    this.#model = model;
    this.#settings = settings;
    this.#frame = findFrame(model.tokenizer);
    this.#dim = dim;
    this.#limits = limits;
  }

  /** Embeds all at once. @see steps */
  async embed(texts: readonly string[], kind: TextKind, titles?: readonly string[]): Promise<EmbeddedTexts> {
    const steps = this.steps(texts, kind, titles);
    for (let step = await steps.next(); ; step = await steps.next()) if (step.done) return step.value;
  }

  /**
   * Embeds texts batch by batch; between two steps other work may run.
   *
   * @throws {ModelError} `model/output` for numbers that are none, or too few of them; and what the model throws.
   */
  async *steps(
    texts: readonly string[],
    kind: TextKind,
    titles?: readonly string[],
  ): AsyncGenerator<undefined, EmbeddedTexts> {
    const cut = texts.map((text, at) => this.#cut(text, kind, titles?.[at] ?? ""));
    const windows = cut.flatMap(({ windows: own, coverage }, text) =>
      coverage === 0 ? [] : own.map((window) => ({ window, text })),
    );
    const sums: (Float32Array | undefined)[] = texts.map(() => undefined);
    const batches = planBatches(
      windows.map(({ window }) => window.ids.length),
      this.#limits,
    );
    for (const batch of batches) {
      const chosen = batch.map((at) => windows[at]!);
      const vectors = await this.#run(chosen.map(({ window }) => window));
      chosen.forEach(({ window, text }, row) => (sums[text] = addWeighted(sums[text], vectors[row]!, window.weight)));
      yield;
    }
    return this.#collect(sums, cut);
  }

  #cut(text: string, kind: TextKind, title: string): ReturnType<typeof cutIntoWindows> {
    const prompt = kind === "plain" ? "" : fillPrompt(this.#settings.prompts[kind], title);
    return cutIntoWindows(this.#model.tokenizer, this.#frame, prompt, text, this.#settings.maxTokens);
  }

  /** Unit vectors of one batch. */
  async #run(windows: readonly Window[]): Promise<Float32Array[]> {
    const { vectors, width } = await this.#model.run(
      windows.map(({ ids }) => ids),
      windows.map(({ head }) => head),
    );
    const dim = this.#dim ?? this.#settings.dim ?? width;
    if (width < dim || !this.#isExpected(width)) throw wrongWidth(width, this.#settings.dim ?? dim);
    const at = vectors.findIndex((value) => !Number.isFinite(value));
    if (at >= 0) throw notFinite(vectors[at]!);
    const finished = finishVectors(vectors, width, { layerNorm: this.#settings.layerNorm, dim });
    return windows.map((_, row) => finished.subarray(row * dim, (row + 1) * dim));
  }

  /** Models that were trained for shorter vectors may give more numbers than are to be kept; others give what they should. */
  #isExpected(width: number): boolean {
    const { dim, matryoshkaDims } = this.#settings;
    return dim === null || width === dim || (width > dim && matryoshkaDims.length > 0);
  }

  #collect(
    sums: readonly (Float32Array | undefined)[],
    cut: readonly ReturnType<typeof cutIntoWindows>[],
  ): EmbeddedTexts {
    const dim =
      this.#dim ?? this.#settings.dim ?? sums.find((sum) => sum !== undefined)?.length ?? this.#model.dim ?? 0;
    const vectors = new Float32Array(sums.length * dim); // [texts, dim]
    sums.forEach((sum, text) => {
      if (sum === undefined) return;
      normalizeInPlace(sum);
      vectors.set(sum, text * dim);
    });
    return {
      vectors,
      coverage: Float32Array.from(cut, ({ coverage }) => coverage),
      truncated: Uint8Array.from(cut, ({ truncated }) => Number(truncated)),
    };
  }
}

/** Windows of a text count by the tokens that they are the first to hold. */
function addWeighted(sum: Float32Array | undefined, vector: Float32Array, weight: number): Float32Array {
  const total = sum ?? new Float32Array(vector.length);
  for (let at = 0; at < vector.length; at++) total[at]! += vector[at]! * weight;
  return total;
}

function wrongWidth(width: number, dim: number): ModelError {
  return new ModelError(
    "model/output",
    `The model gives vectors of ${width} numbers; expected ${dim}. The ONNX file is of another model than its settings: ` +
      `use the files of one release, or set \`dim\`.`,
    { width, dim },
  );
}

function notFinite(value: number): ModelError {
  return new ModelError(
    "model/output",
    `The model gives ${value} in a vector; expected numbers. Another dtype may work, such as fp32 in place of fp16.`,
    { value: String(value) },
  );
}
