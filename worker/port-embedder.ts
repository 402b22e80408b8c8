import { releaseProxy, type Remote, wrap } from "comlink";
import { hash64, hex64 } from "../src/core/segment/checksum.ts";
import { quantizeInt8 } from "../src/core/vector/quantize.ts";
import { ModelError, type SearchErrorCode } from "../src/errors.ts";
import { unlessAborted } from "../src/promises.ts";
import type { EmbeddedTexts, EmbedderApi, EmbedderDescription } from "../src/protocol.ts";
import type { Embedder } from "./ports.ts";

/** Longest wait for an answer: a slow phone embeds a batch of long passages within it many times over. */
const maxAnswerMs = 120_000;
/** A visitor does not wait that long for a query: after this the tier below answers. */
const maxQueryMs = 20_000;
/** Longest wait for a model that is told to end. */
const maxCloseMs = 1000;
/** How far the length of a vector may be from 1; models that compute in 16 bits are off by less. */
const lengthTolerance = 0.02;
/** Most numbers a vector may have. */
const maxDim = 8192;
/** What a function is asked for to learn how long its vectors are, and whether they are the ones it gave before. */
const probe = "The quick brown fox jumps over the lazy dog.";

/** What may come back of an app's function, besides what an embedder gives. */
type LooseAnswer = Partial<EmbeddedTexts> | Float32Array | readonly ArrayLike<number>[] | null | undefined;

/**
 * The embedder behind a port. What comes back is checked before it is used or stored.
 *
 * @param id - of the model that was asked for.
 * @param limits - longest waits in ms, for answers and for queries.
 * @throws {ModelError} `model/output` where it does not describe itself as that model; what the other side threw.
 */
export async function connectEmbedder(
  port: MessagePort,
  id: string,
  limits: readonly [answerMs: number, queryMs: number] = [maxAnswerMs, maxQueryMs],
): Promise<Embedder> {
  const embedder = new PortEmbedder(port, id, limits);
  try {
    await embedder.describe();
    return embedder;
  } catch (error) {
    await embedder.close();
    throw error;
  }
}

class PortEmbedder implements Embedder {
  #description: EmbedderDescription;
  readonly #api: Remote<EmbedderApi>;
  readonly #limits: readonly [answerMs: number, queryMs: number];
  readonly #ended: AbortController = new AbortController();

  constructor(port: MessagePort, id: string, limits: readonly [answerMs: number, queryMs: number]) {
    this.#description = {
      id,
      revision: "",
      dim: 0,
      denseWeight: 0.5,
      device: "page",
      dtype: "",
      bytes: 0,
      fallbacks: [],
    };
    this.#limits = limits;
    port.start();
    this.#api = wrap<EmbedderApi>(port);
    // Why: where the browser tells that the other side is gone, nobody has to wait for an answer.
    port.addEventListener("close", () => this.#ended.abort(this.#failure("its worker has ended")));
  }

  get fingerprint(): EmbedderDescription {
    return this.#description;
  }

  get denseWeight(): number {
    return this.#description.denseWeight;
  }

  running(): EmbedderDescription {
    const { isContextual: _, ...description } = this.#description;
    return description;
  }

  /** Asks the model what it is; a function that does not know is told by the vector it gives. */
  async describe(): Promise<void> {
    const { id } = this.#description;
    const found = await this.#ask((api) => api.describe());
    const next = { ...this.#description, ...found };
    if (next.device === "page" && (!next.dim || !next.revision)) {
      const [vector] = toRows((await this.#ask((api) => api.embed([probe], "document"))) as LooseAnswer);
      next.dim ||= vector?.length ?? 0;
      // Why of the codes: they are what is stored, and the last bits of a computation are not the same everywhere.
      next.revision ||= hex64(...hash64(new Uint8Array(quantizeInt8(Float32Array.from(vector ?? []), next.dim).codes)));
    }
    const { revision, dim, denseWeight } = next;
    const isSound = Number.isInteger(dim) && dim > 0 && dim <= maxDim && denseWeight >= 0 && denseWeight <= 1;
    if (next.id !== id || typeof revision !== "string" || revision === "" || !isSound)
      throw this.#odd(
        `itself as ${JSON.stringify(next)}`,
        `"${id}", a revision, dim from 1 to ${maxDim}, denseWeight from 0 to 1`,
      );
    this.#description = next;
  }

  get isContextual(): boolean {
    return this.#description.isContextual === true;
  }

  async embed(
    texts: readonly string[],
    titles: readonly string[] = [],
    documents: readonly number[] = [],
  ): Promise<Float32Array> {
    if (texts.length === 0) return new Float32Array();
    const { vectors } = this.#check(
      await this.#ask((api) => api.embed(texts, "document", titles, documents)),
      texts.length,
    );
    void this.#describeAgain();
    return vectors;
  }

  async embedQuery(text: string): Promise<{ vector: Float32Array; coverage: number; truncated: boolean }> {
    const answer = this.#check(await this.#ask((api) => api.embed([text], "query"), this.#limits[1]), 1);
    return { vector: answer.vectors, coverage: answer.coverage[0]!, truncated: answer.truncated[0] === 1 };
  }

  /** The device may change while it runs; the name of its vectors may not. */
  async #describeAgain(): Promise<void> {
    const { id, revision, dim } = this.#description;
    const next = await this.#ask((api) => api.describe()).catch(() => null);
    if (next?.id === id && next.revision === revision && next.dim === dim) this.#description = next;
  }

  #check(answer: LooseAnswer, count: number): EmbeddedTexts {
    const { dim, device } = this.#description;
    const loose = device === "page" ? toEmbeddedTexts(answer, count) : (answer as Partial<EmbeddedTexts> | null);
    const { vectors, coverage, truncated } = loose ?? {};
    const hasCounts = vectors?.length === count * dim && coverage?.length === count && truncated?.length === count;
    if (!(vectors instanceof Float32Array) || !hasCounts)
      throw this.#odd(
        `${vectors?.length ?? "no"} numbers for ${count} texts`,
        `${dim} for each, and coverage and truncated`,
      );
    if (!coverage.every((share) => share >= 0 && share <= 1)) throw this.#odd("a coverage that is none", "0 to 1");
    for (let start = 0; start < vectors.length; start += dim) this.#checkRow(vectors.subarray(start, start + dim));
    return { vectors, coverage, truncated };
  }

  /** Rows must have length 1, or 0. Vectors of an app's function are brought to it. */
  #checkRow(row: Float32Array): void {
    const length = Math.hypot(...row);
    if (this.#description.device === "page" && length > 0) row.forEach((value, i) => (row[i] = value / length));
    const isUnit = Math.abs(Math.hypot(...row) - 1) <= lengthTolerance;
    if (length !== 0 && !isUnit) throw this.#odd(`a vector of length ${length}`, "1, or 0");
  }

  /** A call that ends even if the other side has died. */
  async #ask<Answer>(
    call: (api: Remote<EmbedderApi>) => Promise<Answer>,
    limitMs: number = this.#limits[0],
  ): Promise<Answer> {
    const limit = AbortSignal.timeout(limitMs);
    try {
      return await unlessAborted(call(this.#api), AbortSignal.any([this.#ended.signal, limit]));
    } catch (error) {
      if (error instanceof ModelError) throw error;
      throw this.#failure(
        limit.aborted ? `it gave no answer within ${limitMs} ms` : String(error),
        "model/failed",
        error,
      );
    }
  }

  #odd(found: string, expected: string): ModelError {
    return this.#failure(`it gave ${found}; expected ${expected}`, "model/output");
  }

  #failure(why: string, code: SearchErrorCode = "model/failed", cause?: unknown): ModelError {
    const { id, device, dtype } = this.#description;
    const message = `The model "${id}" has failed: ${why}. The tier below answers; give another one to use().`;
    return new ModelError(code, message, { model: id, device, dtype }, cause);
  }

  async close(): Promise<void> {
    if (this.#ended.signal.aborted) return;
    await this.#ask((api) => api.close(), maxCloseMs).catch(() => {});
    this.#ended.abort(this.#failure("it was closed"));
    this.#api[releaseProxy]();
  }
}

/** Vectors of a function, one after the other, and what it does not tell: that it knows all of every text. */
function toEmbeddedTexts(answer: LooseAnswer, count: number): Partial<EmbeddedTexts> {
  const rows = toRows(answer).map((row) => Array.from(row));
  const isEven = rows.every((row) => row.length === rows[0]!.length);
  const vectors = Float32Array.from(isEven ? rows.flat() : []);
  return { coverage: new Float32Array(count).fill(1), truncated: new Uint8Array(count), ...objectOf(answer), vectors };
}

function toRows(answer: LooseAnswer): readonly ArrayLike<number>[] {
  const vectors = objectOf(answer)?.vectors ?? answer;
  return Array.isArray(vectors) ? (vectors as ArrayLike<number>[]) : [(vectors ?? []) as ArrayLike<number>];
}

function objectOf(answer: LooseAnswer): Partial<EmbeddedTexts> | null {
  return (answer as Partial<EmbeddedTexts> | null)?.vectors ? (answer as Partial<EmbeddedTexts>) : null;
}
