import { InvalidArgumentError, ModelError, SearchError } from "../src/errors.ts";
import type { ErrorReport } from "../src/types.ts";
import { locateBesideWorker } from "./built-in-model.ts";
import { readDenseHeads } from "./dense-heads.ts";
import { describeModel } from "./describe-model.ts";
import { batchLimits, TextEmbedder } from "./embedder.ts";
import { openFileCache, noCache } from "./file-cache.ts";
import { hashBytes } from "./hash.ts";
import { ModelFiles } from "./model-files.ts";
import type { OnBytes, OpenedModel, OpenModelOptions } from "./protocol.ts";
import { revisionOf } from "./revision.ts";
import { type BrowserRuntime, loadRuntime, modelName, prepareRuntime, serveFiles } from "./runtime.ts";
import { runtimeModule } from "./runtime-files.ts";
import { makeGolden, selfTest, type Tested } from "./self-test.ts";
import { type Dtype, type ModelSettings, onnxFile } from "./settings.ts";
import { StaticModel } from "./static-model.ts";
import type { TextModel } from "./text-model.ts";
import {
  type RuntimeModel,
  type RuntimeTokenizer,
  shorten,
  TransformerModel,
  wrapTokenizer,
} from "./transformer-model.ts";

const staticFile = "model.safetensors";

/** A model that may be used: it has passed its self-test. */
export interface ReadyModel {
  readonly embedder: TextEmbedder;
  readonly opened: OpenedModel;
}

/**
 * Reads a model's files, starts the runtime and lets the model prove itself.
 *
 * @throws {ModelError} `model/missing`, `model/unreachable`, `model/truncated`, `model/checksum`, `model/format` for files;
 * `model/runtime` for the runtime; `model/device`, `model/session`, `model/output`, `model/self-test` for this device and dtype.
 * @throws {InvalidArgumentError} `argument/option` for a dim that the model was not trained for.
 */
export async function openModel(options: OpenModelOptions, onBytes: OnBytes): Promise<ReadyModel> {
  const opening = new Opening(options, onBytes);
  await opening.start();
  return opening.open();
}

class Opening {
  readonly #options: OpenModelOptions;
  readonly #onBytes: OnBytes;
  #files!: ModelFiles;
  #wasmFiles: ModelFiles | null = null;
  #moduleFiles: ModelFiles | null = null;
  readonly #counts = new Map<string, readonly [number, number]>();

  constructor(options: OpenModelOptions, onBytes: OnBytes) {
    this.#options = options;
    this.#onBytes = onBytes;
  }

  async start(): Promise<void> {
    const { cacheName, location, runtime } = this.#options;
    const cache = cacheName === null ? noCache : await openFileCache(cacheName);
    const count = (name: string) => (done: number, total: number) => this.#count(name, done, total);
    this.#files = new ModelFiles(location ?? locateBesideWorker(), { cache, onBytes: count("model") });
    const filesOf = (folder: string, name: string): ModelFiles =>
      new ModelFiles({ folder }, { cache, onBytes: count(name) });
    const { moduleUrl, wasmFolder } = runtime;
    // Why not others: a module of another name is of another build, and of those nothing is known.
    if (moduleUrl?.endsWith(`/${runtimeModule}`)) this.#moduleFiles = filesOf(new URL("./", moduleUrl).href, "module");
    if (wasmFolder !== null) this.#wasmFiles = filesOf(wasmFolder, "runtime");
  }

  async open(): Promise<ReadyModel> {
    const { id, overrides, dim } = this.#options;
    const settings = await describeModel(this.#files, id, overrides);
    checkDim(settings, dim);
    this.#files.expect(settings.files);
    // Why at once: both come over the network, and the runtime is the larger one.
    const starting = this.#startRuntime(settings);
    const [read, runtime] = await Promise.all([this.#readFiles(settings), starting]);
    const files: ReadFiles = read;
    serveFiles(runtime, files.bytes, this.#files);
    const tokenizer = await this.#openTokenizer(runtime);
    const model =
      settings.kind === "static"
        ? this.#openStatic(tokenizer, settings, files)
        : await this.#openTransformer(runtime, tokenizer, settings, files);
    const hashes = (): Promise<string[]> =>
      Promise.all([files.weights, files.bytes.get("tokenizer.json")!].map((bytes) => hashBytes(bytes!)));
    const revision = await revisionOf(settings, files.dtype, Object.keys(overrides).length > 0, hashes);
    const embedder = new TextEmbedder(model, settings, dim, { ...batchLimits, tokens: this.#options.batchTokens });
    const url = this.#files.urlOf(settings.kind === "static" ? staticFile : onnxFile(files.dtype));
    const proof = await this.#prove(embedder, settings, { url, device: this.#options.device, dtype: files.dtype });
    // Why: the session has its own copy, and a model is tens of MB.
    files.bytes.clear();
    return { embedder, opened: this.#describe(settings, { revision, dtype: files.dtype, url, ...proof }) };
  }

  #describe(settings: ModelSettings, found: Found): OpenedModel {
    const dim = this.#options.dim ?? settings.dim ?? found.golden[0]?.vector.length ?? 0;
    const read = [this.#files, this.#moduleFiles, this.#wasmFiles].filter((files) => files !== null);
    const bytes = read.reduce((sum, files) => sum + files.bytes, 0);
    const fallbacks: ErrorReport[] = read.flatMap((files) => files.fallbacks);
    const { id, denseWeight, lateChunking: isContextual } = settings;
    return { id, dim, denseWeight, bytes, isContextual, fallbacks, ...found };
  }

  #count(name: string, done: number, total: number): void {
    this.#counts.set(name, [done, total]);
    const counts = [...this.#counts.values()];
    this.#onBytes(
      counts.reduce((sum, [each]) => sum + each, 0),
      counts.reduce((sum, [, each]) => sum + each, 0),
    );
  }

  async #startRuntime(settings: ModelSettings): Promise<BrowserRuntime> {
    const { device, threads, runtime: location } = this.#options;
    const runtime = await loadRuntime(location, this.#moduleFiles);
    const wasmFiles = settings.kind === "static" ? null : this.#wasmFiles;
    await prepareRuntime(runtime, { device, threads, wasmFolder: location.wasmFolder }, wasmFiles);
    return runtime;
  }

  async #readFiles(settings: ModelSettings): Promise<ReadFiles> {
    const names = ["config.json", "tokenizer.json"];
    const [weights, config, tokenizer, tokenizerConfig] = await Promise.all([
      this.#readWeights(settings),
      ...names.map((name) => this.#files.read(name)),
      this.#files.readOptional("tokenizer_config.json"),
    ]);
    const bytes = new Map<string, Uint8Array | null>([
      ["config.json", config!],
      ["tokenizer.json", tokenizer!],
      ["tokenizer_config.json", tokenizerConfig ?? new TextEncoder().encode("{}")],
      [weights.path, weights.bytes],
    ]);
    return { bytes, weights: weights.bytes, dtype: weights.dtype };
  }

  /** The ONNX file of the first dtype that there is. */
  async #readWeights(settings: ModelSettings): Promise<{ path: string; bytes: Uint8Array; dtype: Dtype }> {
    if (settings.kind === "static")
      return { path: staticFile, bytes: await this.#files.read(staticFile), dtype: "fp32" };
    const { dtype: wanted, without } = this.#options;
    const candidates = (wanted === null ? settings.dtypes : [wanted]).filter((dtype) => !without.includes(dtype));
    for (const dtype of candidates) {
      const path = onnxFile(dtype);
      const bytes = await this.#files.readOptional(path);
      if (bytes !== null) return { path, bytes, dtype };
    }
    const tried = candidates.map((dtype) => this.#files.urlOf(onnxFile(dtype)));
    throw new ModelError(
      "model/missing",
      `The model "${settings.id}" has no ONNX file that can be used: there is none at ${tried.join(", ") || "any address that was not tried before"}. ` +
        `Choose a repository with a folder onnx, or name another \`dtype\`.`,
      { url: tried[0] ?? null, device: this.#options.device, dtype: candidates.join(", ") },
    );
  }

  async #openTokenizer(runtime: BrowserRuntime): Promise<RuntimeTokenizer> {
    try {
      return (await runtime.AutoTokenizer.from_pretrained(modelName)) as RuntimeTokenizer;
    } catch (error) {
      if (error instanceof SearchError) throw error;
      const url = this.#files.urlOf("tokenizer.json");
      throw new ModelError(
        "model/format",
        `The tokenizer at ${url} cannot be used: ${shorten(error)}. Use the tokenizer.json of the model's own release.`,
        { url },
        error,
      );
    }
  }

  #openStatic(tokenizer: RuntimeTokenizer, { languages }: ModelSettings, files: ReadFiles): TextModel {
    return new StaticModel(wrapTokenizer(tokenizer, languages), files.weights, this.#files.urlOf(staticFile));
  }

  async #openTransformer(
    runtime: BrowserRuntime,
    tokenizer: RuntimeTokenizer,
    settings: ModelSettings,
    { dtype }: ReadFiles,
  ): Promise<TextModel> {
    const { device } = this.#options;
    const url = this.#files.urlOf(onnxFile(dtype));
    const heads = await readDenseHeads(this.#files);
    try {
      const model = (await runtime.AutoModel.from_pretrained(modelName, { device, dtype })) as RuntimeModel;
      return new TransformerModel(runtime, { tokenizer, model, heads }, settings, { url, device, dtype });
    } catch (error) {
      if (error instanceof SearchError) throw error;
      throw new ModelError(
        "model/session",
        `The model at ${url} cannot be started on ${device} with ${dtype}: ${shorten(error)}. It may use an operator that the runtime ` +
          `does not have there: try another \`device\` or \`dtype\`, or another export of the model.`,
        { url, device, dtype },
        error,
      );
    }
  }

  async #prove(embedder: TextEmbedder, settings: ModelSettings, tested: Tested): Promise<Proof> {
    const known = settings.golden.length > 0 ? settings.golden : (this.#options.golden ?? []);
    await selfTest(embedder, known, tested);
    const isCompared = known.length > 0;
    return { isCompared, golden: isCompared ? known : await makeGolden(embedder) };
  }
}

type Proof = Pick<OpenedModel, "golden" | "isCompared">;
type Found = Proof & Pick<OpenedModel, "revision" | "dtype" | "url">;

interface ReadFiles {
  readonly bytes: Map<string, Uint8Array | null>;
  readonly weights: Uint8Array;
  readonly dtype: Dtype;
}

function checkDim(settings: ModelSettings, dim: number | null): void {
  const allowed = settings.dim === null ? [] : [settings.dim, ...settings.matryoshkaDims];
  if (dim === null || allowed.length === 0 || allowed.includes(dim)) return;
  throw new InvalidArgumentError(
    "argument/option",
    `The option dim is ${dim}; expected one of ${[...new Set(allowed)].join(", ")}, for which "${settings.id}" was trained.`,
    { option: "dim", value: dim },
  );
}
