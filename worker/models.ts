import type { SegmentReader } from "../src/core/segment/reader.ts";
import { ModelError } from "../src/errors.ts";
import type { ModelSlot } from "./model-slot.ts";
import type { Embedder } from "./ports.ts";
import type { Place, VectorSets } from "./vector-sets.ts";
import { isOfModel, modelKey } from "./vectors.ts";

/** A model that can answer now. */
export interface Answering {
  readonly slot: ModelSlot;
  readonly embedder: Embedder;
  readonly key: string;
}

/** Whether stored vectors are needed: those of a model in use, those of one that is not, or of an earlier revision. */
type Worth = "used" | "foreign" | "superseded";

/**
 * The models of an engine: the first one, which is there soon, and the second one, which takes over when it has a vector of
 * every passage. Which of them answers is read from the index alone, so that every visit and every tab decides alike.
 */
export class Models {
  readonly first: ModelSlot;
  second: ModelSlot | null = null;
  /** Whether no model is to be used at all. */
  isOff = false;
  readonly #sets: VectorSets;

  constructor(first: ModelSlot, sets: VectorSets) {
    this.first = first;
    this.#sets = sets;
  }

  /** The model that answers from these segments at this moment. Never one whose vectors they do not have. */
  answering(readers: readonly SegmentReader[]): Answering | null {
    if (this.isOff) return null;
    const second = this.#ready(this.second);
    if (second !== null && readers.some((reader) => reader.reference.vectors?.model === second.key)) return second;
    const first = this.#ready(this.first);
    return first !== null && readers.some((reader) => this.#sets.find(reader, first.key) !== null) ? first : null;
  }

  /** A model that can make vectors, as soon as there is one. @throws {ModelError} where none is asked for, or all have failed. */
  async anyReady(): Promise<Embedder> {
    const { first, second } = this;
    if (this.isOff) throw new ModelError("model/missing", "No model is in use. Give one to use().");
    const embedder = await first.ready().catch((error: unknown) => second?.ready() ?? Promise.reject(error as Error));
    const { failure } = second ?? first;
    if (failure !== null && first.failure !== null) throw failure;
    return embedder;
  }

  #ready(slot: ModelSlot | null): Answering | null {
    const embedder = slot?.current ?? null;
    return slot === null || embedder === null ? null : { slot, embedder, key: modelKey(embedder.fingerprint) };
  }

  /** Whether vectors are of a slot's model; until the model is there, its name alone can tell. */
  #isOf(slot: ModelSlot | null, model: string): boolean {
    if (slot === null) return false;
    return slot.current === null ? isOfModel(model, slot.id) : modelKey(slot.current.fingerprint) === model;
  }

  isFirst(model: string): boolean {
    return this.#isOf(this.first, model);
  }

  isSecond(model: string): boolean {
    return this.#isOf(this.second, model);
  }

  /** Whether the second model's vectors are the ones that answer, be it loaded or not. */
  hasTakenOver(readers: readonly SegmentReader[]): boolean {
    return readers.some(({ reference }) => reference.vectors !== null && this.isSecond(reference.vectors.model));
  }

  /** Where vectors of a model are to stand in a segment of this index. */
  place(model: string, readers: readonly SegmentReader[]): Place {
    return { isAnswering: this.#isToAnswer(model, readers), worth: (other) => this.worth(other) };
  }

  #isToAnswer(model: string, readers: readonly SegmentReader[]): boolean {
    if (this.isFirst(model)) return !this.hasTakenOver(readers);
    if (this.isSecond(model)) return this.hasTakenOver(readers);
    return readers.some(({ reference }) => reference.vectors?.model === model);
  }

  isUsed(model: string): boolean {
    return this.isFirst(model) || this.isSecond(model);
  }

  worth(model: string): Worth {
    if (this.isUsed(model)) return "used";
    return [this.first, this.second].some((slot) => slot !== null && isOfModel(model, slot.id))
      ? "superseded"
      : "foreign";
  }
}
