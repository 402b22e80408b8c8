import { ModelError, SearchError } from "../src/errors.ts";
import type { Progress, UpgradeStatus } from "../src/types.ts";
import type { ModelSlot } from "./model-slot.ts";
import { reportError } from "./report-error.ts";
import { type RunOptions, type VectorHost, VectorRun } from "./vector-run.ts";

/** Receives progress of a run. */
type OnProgress = (progress: Progress) => void;

/** Loads a model when its time has come, and sees to it that passages have vectors of it: at first, and after each change. */
export class ModelRunner {
  readonly slot: ModelSlot;
  readonly #host: VectorHost;
  readonly #options: RunOptions;
  readonly #onBetterAnswers: () => void;
  readonly #ending: AbortController = new AbortController();
  readonly #signal: AbortSignal;
  #runs: Promise<void> = Promise.resolve();
  #current: VectorRun | null = null;
  #error: SearchError | null = null;
  #embedded = 0;
  #isAnnounced = false;

  /** @param onBetterAnswers - called once, when the model answers for the first time. */
  constructor(
    host: VectorHost,
    slot: ModelSlot,
    options: RunOptions,
    onBetterAnswers: () => void,
    closing: AbortSignal,
  ) {
    this.#host = host;
    this.slot = slot;
    this.#options = options;
    this.#onBetterAnswers = onBetterAnswers;
    this.#signal = AbortSignal.any([this.#ending.signal, closing]);
  }

  /** Passages that went through the model so far. */
  get embedded(): number {
    return this.#embedded + (this.#current?.embedded ?? 0);
  }

  /** Why passages lack vectors, if it is known. */
  get failure(): SearchError | null {
    return this.slot.failure ?? this.#error;
  }

  /** Loads the model after what comes first, and gives every passage a vector of it. Never rejects: `failure` tells. */
  async begin(first: Promise<unknown>, onProgress?: OnProgress): Promise<void> {
    await first;
    if (this.#signal.aborted) return;
    try {
      await this.slot.start();
      await this.catchUp(onProgress);
    } catch {
      // Told by `failure`.
    }
  }

  /**
   * Runs once more after what runs already. Resolves when every passage has its vector, or the model is not there or has failed.
   *
   * @throws {SearchError} of storage; rejects when it is ended.
   */
  catchUp(onProgress: OnProgress = () => {}): Promise<void> {
    const run = this.#runs.then(() => this.#run(onProgress));
    this.#runs = run.catch(() => {});
    return run;
  }

  async #run(onProgress: OnProgress): Promise<void> {
    const embedder = this.slot.current;
    if (embedder === null) return;
    const run = (this.#current = new VectorRun(this.#host, embedder, this.#options, onProgress, this.#signal));
    try {
      await this.#alone(() => run.run());
      this.#error = null;
      this.#announce();
    } catch (error) {
      if (this.#signal.aborted) throw error;
      this.#giveUp(error);
    } finally {
      this.#embedded += run.embedded;
      this.#current = null;
    }
  }

  /** A model that is yet to take over embeds everything: of several tabs one does so, and the others find it done. */
  async #alone(run: () => Promise<void>): Promise<void> {
    const { state, models } = this.#host;
    const isBulk = this.#options.takesOver && !models.hasTakenOver(state.snapshot.readers);
    if (!isBulk || state.store.runAlone === undefined) return run();
    let { generation } = state.snapshot.manifest;
    const hasMoved = async (): Promise<boolean> => {
      const before = generation;
      ({ generation } = (await state.refresh()).manifest);
      return generation !== before;
    };
    return state.store.runAlone(run, this.#signal, hasMoved);
  }

  #announce(): void {
    const { models, state } = this.#host;
    const isAnswering = !this.#options.takesOver || models.answering(state.snapshot.readers)?.slot === this.slot;
    if (this.#isAnnounced || !isAnswering) return;
    this.#isAnnounced = true;
    this.#onBetterAnswers();
  }

  /** Storage that failed may have room again at the next change; a model that failed is not tried again by itself. */
  #giveUp(error: unknown): void {
    if (!(error instanceof SearchError) || error instanceof ModelError) return void this.slot.fail(error);
    this.#error = error;
    throw error;
  }

  /** @param isDone - whether every passage has a vector of the model, and these answer. */
  status(isDone: boolean): Omit<UpgradeStatus, "done" | "total"> {
    const model = this.slot.status();
    const { failure } = this;
    const error = failure && reportError(failure);
    const remainingMs = this.#current?.remainingMs ?? null;
    return { model, state: this.#state(model.state, isDone), remainingMs, error };
  }

  #state(model: UpgradeStatus["model"]["state"], isDone: boolean): UpgradeStatus["state"] {
    if (model === "off") return "waiting";
    if (model !== "ready") return model;
    if (this.#error !== null) return "failed";
    return isDone ? "done" : "embedding";
  }

  /** Stops the upgrade and the model; what is stored stays. */
  async end(): Promise<void> {
    this.#ending.abort();
    await this.slot.close();
    await this.#runs;
  }
}
