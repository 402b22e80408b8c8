import { minCoverage } from "../src/core/model/coverage.ts";
import { ModelError } from "../src/errors.ts";
import type { EmbeddedTexts } from "../src/model-provider.ts";
import { type BatchLimits, planBatches } from "./batches.ts";
import { idsWithin, packPasses, type PassText, type Span } from "./passes.ts";
import { finishVectors, normalizeInPlace } from "./pooling.ts";
import { fillPrompt, hasTitleSlot, type ModelSettings } from "./settings.ts";
import type { TextModel } from "./text-model.ts";
import { cutIntoWindows, findFrame, type Frame, type WindowedText } from "./windows.ts";

/** What a text is embedded as; `plain` without a prompt. */
export type TextKind = "query" | "document" | "plain";

/** About 0.2 s of one core with a model of 11 M parameters: as long as a query may have to wait. */
export const batchLimits: BatchLimits = { tokens: 2048, rows: 32 };

/** Settings that say how texts become vectors. */
export type EmbedderSettings = Pick<ModelSettings, "dim" | "prompts" | "maxTokens" | "layerNorm" | "matryoshkaDims"> &
  Partial<Pick<ModelSettings, "lateChunking">>;

/** What a caller may know of texts. */
export interface TextContext {
  /** Of the documents that they are from, one for each; a text begins with it, on a line of its own. */
  readonly titles?: readonly string[] | undefined;
  /** A number for the document of each; those of one document stand together, in their order. */
  readonly documents?: readonly number[] | undefined;
}

/** Ids that go through the model as one row, and the texts that get vectors of it. */
interface Row {
  readonly ids: readonly number[];
  readonly head: number;
  /** With the share of the row's vector in the text's, and where the text stands, null for all of the row. */
  readonly parts: readonly { readonly text: number; readonly weight: number }[];
  readonly spans: readonly Span[] | null;
}

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

  /** Whether a passage's vector depends on the others of its document: they are to be given together. */
  get isContextual(): boolean {
    return this.#settings.lateChunking === true;
  }

  /** Embeds all at once. @see steps */
  async embed(texts: readonly string[], kind: TextKind, context: TextContext = {}): Promise<EmbeddedTexts> {
    const steps = this.steps(texts, kind, context);
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
    context: TextContext = {},
  ): AsyncGenerator<undefined, EmbeddedTexts> {
    const { titles, documents } = context;
    const cut = texts.map((text, at) => this.#cut(text, kind, titles?.[at] ?? ""));
    const isLate = this.isContextual && kind === "document" && documents !== undefined;
    const known = cut.flatMap(({ coverage }, text) => (this.#isForeign(coverage, kind) ? [] : [text]));
    const rows = isLate
      ? groupBy(known, (text) => documents[text]!).flatMap((group) => this.#planPasses(group, texts, cut, titles))
      : known.flatMap((text) => windowRows(text, cut[text]!));
    const sums: (Float32Array | undefined)[] = texts.map(() => undefined);
    const batches = planBatches(
      rows.map(({ ids }) => ids.length),
      this.#limits,
    );
    for (const batch of batches) {
      const chosen = batch.map((at) => rows[at]!);
      const vectors = await this.#run(chosen, isLate);
      chosen
        .flatMap(({ parts }) => parts)
        .forEach(({ text, weight }, place) => (sums[text] = addWeighted(sums[text], vectors[place]!, weight)));
      yield;
    }
    return this.#collect(sums, cut);
  }

  /**
   * Rows for the texts of one document: as many as fit go through the model together, and each gets the mean of its own
   * tokens. A text that is too long for that goes through in windows, by itself.
   */
  #planPasses(
    group: readonly number[],
    texts: readonly string[],
    cut: readonly WindowedText[],
    titles: readonly string[] = [],
  ): Row[] {
    const { prompts, maxTokens } = this.#settings;
    const { tokenizer } = this.#model;
    const { prefix, suffix } = this.#frame;
    const title = titles[group[0]!] ?? "";
    const head = [...prefix, ...tokenizer.encode(fillPrompt(prompts.document, title), false)];
    const room = maxTokens - head.length - suffix.length;
    const isTitleSaid = hasTitleSlot(prompts.document);
    const short: PassText[] = [];
    const rows: Row[] = [];
    group.forEach((text, at) => {
      const body = isTitleSaid || at > 0 ? withoutTitle(texts[text]!, title) : texts[text]!;
      const ids = idsWithin(tokenizer, this.#frame, body, room);
      if (ids === null) rows.push(...windowRows(text, cut[text]!));
      else short.push({ text, ids });
    });
    const passes = packPasses(short, head, suffix, maxTokens);
    const parts = (spans: readonly { readonly text: number }[]): Row["parts"] =>
      spans.map(({ text }) => ({ text, weight: 1 }));
    return [...rows, ...passes.map(({ ids, spans }) => ({ ids, head: head.length, parts: parts(spans), spans }))];
  }

  /** A passage of a script that the model does not know has a vector, too, but it says nothing, and would answer any question. */
  #isForeign(coverage: number, kind: TextKind): boolean {
    return coverage === 0 || (kind === "document" && coverage < minCoverage && !!this.#model.tokenizer.coverage);
  }

  #cut(text: string, kind: TextKind, title: string): WindowedText {
    const template = kind === "plain" ? "" : this.#settings.prompts[kind];
    const body = hasTitleSlot(template) ? withoutTitle(text, title) : text;
    return cutIntoWindows(
      this.#model.tokenizer,
      this.#frame,
      fillPrompt(template, title),
      body,
      this.#settings.maxTokens,
    );
  }

  /** Unit vectors of one batch, one for each part of its rows. */
  async #run(rows: readonly Row[], isLate: boolean): Promise<Float32Array[]> {
    const { vectors, width } = await this.#model.run(
      rows.map(({ ids }) => ids),
      rows.map(({ head }) => head),
      isLate ? rows.map(({ spans }) => spans) : undefined,
    );
    const dim = this.#dim ?? this.#settings.dim ?? width;
    if (width < dim || !this.#isExpected(width)) throw wrongWidth(width, this.#settings.dim ?? dim);
    const at = vectors.findIndex((value) => !Number.isFinite(value));
    if (at >= 0) throw notFinite(vectors[at]!);
    const finished = finishVectors(vectors, width, { layerNorm: this.#settings.layerNorm, dim });
    const parts = rows.flatMap((row) => row.parts);
    return parts.map((_, place) => finished.subarray(place * dim, (place + 1) * dim));
  }

  /** Models that were trained for shorter vectors may give more numbers than are to be kept; others give what they should. */
  #isExpected(width: number): boolean {
    const { dim, matryoshkaDims } = this.#settings;
    return dim === null || width === dim || (width > dim && matryoshkaDims.length > 0);
  }

  #collect(sums: readonly (Float32Array | undefined)[], cut: readonly WindowedText[]): EmbeddedTexts {
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

/** A passage without the title that it begins with: the prompt has it. One that is nothing else stays as it is. */
function withoutTitle(text: string, title: string): string {
  return title !== "" && text.startsWith(`${title}\n`) ? text.slice(title.length + 1) : text;
}

function windowRows(text: number, { windows }: WindowedText): Row[] {
  return windows.map(({ ids, head, weight }) => ({ ids, head, parts: [{ text, weight }], spans: null }));
}

/** Runs of neighbours with the same key. */
function groupBy(values: readonly number[], keyOf: (value: number) => number): number[][] {
  const groups: number[][] = [];
  values.forEach((value, at) => {
    if (at > 0 && keyOf(values[at - 1]!) === keyOf(value)) groups.at(-1)!.push(value);
    else groups.push([value]);
  });
  return groups;
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
