import { ModelError, SearchError } from "../src/errors.ts";
import type { EmbeddedTexts, EmbedderDescription } from "../src/model-provider.ts";
import type { ErrorReport } from "../src/types.ts";
import { batchLimits, type TextContext } from "./embedder.ts";
import { findGpu, type Measurement, recall, recallMeasurement, remember, worthwhileGain } from "./gpu.ts";
import { NeuralWorker } from "./neural-worker-client.ts";
import type { Host } from "./paired-hosts.ts";
import type { Device, OnBytes, OpenedModel, OpenModelOptions } from "./protocol.ts";
import { checkGolden, comparisonTexts } from "./self-test.ts";
import type { Dtype, GoldenText } from "./settings.ts";

/** How a model is kept running. */
export interface ModelHostOptions extends Omit<
  OpenModelOptions,
  "device" | "dtype" | "without" | "golden" | "batchTokens"
> {
  readonly device: Device | "auto";
  readonly dtype: Dtype | null;
  /** Heap of the WASM worker above which it is started anew, once no documents wait. */
  readonly maxHeapBytes: number;
  readonly startWorker: () => Worker;
}

/** A worker that has a model open. */
interface Running {
  readonly worker: NeuralWorker;
  readonly opened: OpenedModel;
  readonly device: Device;
}

/** A document batch from so many texts on is worth starting a GPU for. */
const bulkTexts = 16;
/** Longest measurement of one device; at least one batch is measured. */
const measureMs = 300;
/** A GPU worker without work for so long is ended. */
const gpuIdleMs = 30_000;
/** Batches of a worker that has failed once: memory may have been too small. */
const carefulBatchTokens = 512;

/** A model that failed so often will fail again. */
const maxRestarts = 3;

/** What a device or dtype may fail of; another one may still do. */
const failuresOfDevice = new Set(["model/device", "model/session", "model/output", "model/self-test"]);

/**
 * Keeps a model running: chooses device and dtype, starts workers, and starts them anew when they fail or have grown.
 *
 * Queries go to the main worker. Documents go there, too, until a GPU has shown that it is right and faster.
 */
export class ModelHost implements Host {
  readonly #options: ModelHostOptions;
  readonly #onBytes: OnBytes;
  readonly #fallbacks: ErrorReport[] = [];
  readonly #starting = new Set<NeuralWorker>();
  #main: Promise<Running>;
  #gpu: Promise<Running | null> | null = null;
  #isGpuReady = false;
  #isGpuRefused = false;
  #gpuTimer: ReturnType<typeof setTimeout> | undefined;
  #gpuCalls = 0;
  #documentCalls = 0;
  #batchTokens: number = batchLimits.tokens;
  #isStopped = false;
  #restarts = 0;

  constructor(options: ModelHostOptions, onBytes: OnBytes) {
    this.#options = options;
    this.#onBytes = onBytes;
    this.#main = this.#startMain();
    // Why: whoever waits for it gets the error; nobody may be waiting yet.
    this.#main.catch(() => {});
  }

  /** Waits for the model. @throws {ModelError} where no device and dtype will do. */
  async describe(): Promise<EmbedderDescription> {
    const { opened, device } = await this.#main;
    // Why not the id that the files name: a provider is known by its own before anything is loaded.
    const { id } = this.#options;
    const { revision, dim, denseWeight, dtype, bytes, isContextual } = opened;
    const fallbacks = [...this.#fallbacks, ...opened.fallbacks];
    const runsOn = this.#isGpuReady ? "webgpu" : device;
    return { id, revision, dim, denseWeight, device: runsOn, dtype, bytes, isContextual, fallbacks };
  }

  async embed(texts: readonly string[], kind: "query" | "document", context?: TextContext): Promise<EmbeddedTexts> {
    if (kind === "query") return this.#embedOnMain(texts, kind, context);
    this.#documentCalls++;
    try {
      const gpu = await this.#chooseGpu(texts.length);
      return gpu === null ? await this.#embedOnMain(texts, kind, context) : await this.#embedOnGpu(gpu, texts, context);
    } finally {
      this.#documentCalls--;
      if (this.#documentCalls === 0) void this.#recycle();
    }
  }

  /** Ends all workers. Calls still running reject with the reason. */
  stop(reason: Error): void {
    this.#isStopped = true;
    clearTimeout(this.#gpuTimer);
    for (const running of [this.#main, this.#gpu])
      running?.then(
        (each) => each?.worker.stop(reason),
        () => {},
      );
    for (const worker of this.#starting) worker.stop(reason);
  }

  #startMain(): Promise<Running> {
    const { device, dtype } = this.#options;
    return this.#openFirst(device === "webgpu" ? "webgpu" : "wasm", dtype, null);
  }

  /** Tries a device and then, where it fails, WASM; on each the dtypes in order, unless one is asked for. */
  async #openFirst(device: Device, dtype: Dtype | null, golden: readonly GoldenText[] | null): Promise<Running> {
    let first: Error | undefined;
    for (const each of device === "webgpu" ? (["webgpu", "wasm"] as const) : (["wasm"] as const)) {
      const without: Dtype[] = [];
      for (let isLeft = true; isLeft;) {
        try {
          return await this.#openCompared(each, dtype, without, golden);
        } catch (error) {
          if (this.#isStopped || !isOfDevice(error)) throw first !== undefined && isExhausted(error) ? first : error;
          first ??= error;
          this.#fallbacks.push(report(error));
          const tried = error.details["dtype"];
          isLeft = dtype === null && typeof tried === "string";
          if (isLeft) without.push(tried as Dtype);
        }
      }
    }
    throw first!;
  }

  /** Opens the model; what a GPU makes of it is compared with what WASM does, where nothing else is known. */
  async #openCompared(
    device: Device,
    dtype: Dtype | null,
    without: readonly Dtype[],
    golden: readonly GoldenText[] | null,
  ): Promise<Running> {
    const running = await this.#open(device, dtype, without, golden);
    if (device === "wasm" || running.opened.isCompared) return running;
    try {
      await this.#compareWithWasm(running.opened);
      return running;
    } catch (error) {
      running.worker.stop(error as Error);
      throw error;
    }
  }

  async #compareWithWasm({ id, revision, dtype, golden, url }: OpenedModel): Promise<void> {
    const key = `${id}@${revision} ${(await findGpu())?.name} equals wasm`;
    if (recall(key) === true) return;
    try {
      const { worker, opened } = await this.#open("wasm", dtype, [], null);
      worker.stop(stoppedError());
      opened.golden.forEach((expected, at) =>
        checkGolden(golden[at]!.vector, expected, { url, device: "webgpu", dtype }),
      );
      remember(key, true);
    } catch (error) {
      // Why it may be used all the same: there are dtypes that WASM cannot run.
      if (this.#isStopped || !isOfDevice(error) || error.code === "model/self-test") throw error;
      this.#fallbacks.push(report(error));
    }
  }

  async #open(
    device: Device,
    dtype: Dtype | null,
    without: readonly Dtype[],
    golden: readonly GoldenText[] | null,
  ): Promise<Running> {
    const { startWorker, maxHeapBytes: _, device: __, ...rest } = this.#options;
    if (device === "webgpu" && (await findGpu()) === null) throw noGpu();
    const worker = new NeuralWorker(startWorker());
    this.#starting.add(worker);
    try {
      if (this.#isStopped) throw stoppedError();
      const options = { ...rest, device, dtype, without, golden, batchTokens: this.#batchTokens };
      return { worker, device, opened: await worker.open(options, this.#onBytes) };
    } catch (error) {
      worker.stop(error as Error);
      throw error;
    } finally {
      this.#starting.delete(worker);
    }
  }

  /** Embeds; a worker that failed is started anew once, with smaller batches, and the call repeated. */
  async #embedOnMain(
    texts: readonly string[],
    kind: "query" | "document",
    context?: TextContext,
  ): Promise<EmbeddedTexts> {
    const main = this.#main;
    const { worker } = await main;
    try {
      return await worker.embed(texts, kind, context);
    } catch (error) {
      if (this.#isStopped || !isOfDevice(error)) throw error;
      if (this.#main === main && this.#restarts++ >= maxRestarts) throw error;
      if (this.#main === main) this.#restartMain(await main, error);
      return (await this.#main).worker.embed(texts, kind, context);
    }
  }

  #restartMain({ worker, opened, device }: Running, error: ModelError): void {
    worker.stop(error);
    this.#fallbacks.push(report(error));
    this.#batchTokens = carefulBatchTokens;
    this.#setMain(this.#openFirst(device, opened.dtype, opened.golden));
  }

  #setMain(main: Promise<Running>): void {
    this.#main = main;
    main.catch(() => {});
  }

  async #embedOnGpu(gpu: Running, texts: readonly string[], context?: TextContext): Promise<EmbeddedTexts> {
    clearTimeout(this.#gpuTimer);
    this.#gpuCalls++;
    try {
      return await gpu.worker.embed(texts, "document", context);
    } catch (error) {
      if (this.#isStopped || !isOfDevice(error)) throw error;
      // Why the whole call again: nothing of a call that failed was handed out.
      this.#refuseGpu(report(error));
      gpu.worker.stop(error);
      return this.#embedOnMain(texts, "document", context);
    } finally {
      this.#gpuCalls--;
      if (!this.#isStopped && this.#gpuCalls === 0) this.#gpuTimer = setTimeout(() => this.#endGpu(gpu), gpuIdleMs);
    }
  }

  #endGpu(gpu: Running): void {
    gpu.worker.stop(stoppedError());
    this.#gpu = null;
    this.#isGpuReady = false;
  }

  #refuseGpu(why: ErrorReport): void {
    // Why once: all calls that were on their way fail with it.
    if (!this.#isGpuRefused) this.#fallbacks.push(why);
    this.#isGpuRefused = true;
    this.#isGpuReady = false;
  }

  /** The GPU's worker, once it is ready; documents go to the main worker until then. */
  async #chooseGpu(count: number): Promise<Running | null> {
    if (this.#options.device !== "auto" || this.#isGpuRefused) return null;
    if (this.#gpu === null) {
      if (count < bulkTexts) return null;
      this.#gpu = this.#startGpu(await this.#main).catch((error: unknown) => {
        if (!this.#isStopped) this.#refuseGpu(report(error as Error));
        return null;
      });
    }
    return this.#isGpuReady ? this.#gpu : null;
  }

  /** Starts the model on the GPU, compares its vectors with the main worker's, and its speed. */
  async #startGpu(main: Running): Promise<Running | null> {
    const gpu = await findGpu();
    if (gpu === null) throw noGpu();
    if (gpu.isFallback) throw slowGpu(`the adapter ${gpu.name} only imitates a GPU`, gpu.name);
    const key = `${main.opened.id}@${main.opened.revision} ${gpu.name}`;
    const known = recallMeasurement(key);
    if (known !== null && !isWorthwhile(known)) throw slowGpu(describeMeasurement(known), gpu.name);
    const running = await this.#open("webgpu", main.opened.dtype, [], main.opened.golden);
    try {
      const measurement = known ?? (await this.#measure(main, running));
      remember(key, measurement);
      if (!isWorthwhile(measurement)) throw slowGpu(describeMeasurement(measurement), gpu.name);
    } catch (error) {
      running.worker.stop(error as Error);
      throw error;
    }
    this.#isGpuReady = true;
    return running;
  }

  async #measure(main: Running, gpu: Running): Promise<Measurement> {
    // Why once before: the first run on a GPU compiles its programs.
    await gpu.worker.embed(comparisonTexts, "plain");
    const webgpu = await gpu.worker.measure(comparisonTexts, measureMs);
    return { webgpu, wasm: await main.worker.measure(comparisonTexts, measureMs) };
  }

  /** Starts the main worker anew where its heap has grown too large: the heap itself never shrinks. */
  async #recycle(): Promise<void> {
    const main = this.#main;
    try {
      const { worker, opened, device } = await main;
      const bytes = await worker.heapBytes();
      if (bytes <= this.#options.maxHeapBytes || this.#documentCalls > 0 || this.#main !== main || this.#isStopped)
        return;
      this.#setMain(this.#replace(worker, device, opened));
    } catch {
      // A worker that is gone has nothing to give back.
    }
  }

  /** Why the old one ends first: two heaps at once are what is to be avoided. Its calls are repeated, see `#embedOnMain`. */
  #replace(worker: NeuralWorker, device: Device, { dtype, golden }: OpenedModel): Promise<Running> {
    worker.stop(new ModelError("model/device", "The neural worker is started anew to give back its memory."));
    return this.#openFirst(device, dtype, golden);
  }
}

function isOfDevice(error: unknown): error is ModelError {
  return error instanceof ModelError && failuresOfDevice.has(error.code);
}

/** Whether nothing is left to try: the last dtype failed, and there is no file for another. */
function isExhausted(error: unknown): boolean {
  return error instanceof ModelError && error.code === "model/missing";
}

function isWorthwhile({ wasm, webgpu }: Measurement): boolean {
  return webgpu >= wasm * worthwhileGain;
}

function describeMeasurement({ wasm, webgpu }: Measurement): string {
  return `it embeds ${webgpu.toFixed(1)} texts a second, the processor ${wasm.toFixed(1)}`;
}

function noGpu(): ModelError {
  return new ModelError(
    "model/device",
    "WebGPU cannot be used: the browser gives no adapter. The processor is used instead (device wasm).",
    { device: "webgpu" },
  );
}

function slowGpu(why: string, adapter: string): ModelError {
  return new ModelError(
    "model/device",
    `WebGPU is not used: ${why}; expected a GPU that is ${worthwhileGain} times as fast. The processor is used instead (device wasm).`,
    { device: "webgpu", adapter },
  );
}

/** The error of calls that still run when a model is ended. */
export function stoppedError(): SearchError {
  return new SearchError("search/closed", "The model was stopped. Start it again with its provider's start().");
}

function report(error: Error): ErrorReport {
  const { name, message } = error;
  if (error instanceof SearchError) return { name, message, code: error.code, details: error.details };
  return { name, message, code: "model/device", details: {} };
}
