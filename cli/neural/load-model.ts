import { basename, resolve } from "node:path";
import { readCoverage } from "../../neural/coverage.ts";
import { readDenseHeads } from "../../neural/dense-heads.ts";
import { describeModel, parseObject } from "../../neural/describe-model.ts";
import { TextEmbedder } from "../../neural/embedder.ts";
import { hashBytes } from "../../neural/hash.ts";
import { ModelFiles } from "../../neural/model-files.ts";
import { revisionOf } from "../../neural/revision.ts";
import { makeGolden, selfTest } from "../../neural/self-test.ts";
import { type Dtype, type ModelSettings, onnxFile } from "../../neural/settings.ts";
import { StaticModel } from "../../neural/static-model.ts";
import type { TextModel } from "../../neural/text-model.ts";
import {
  type RuntimeModel,
  type RuntimeTokenizer,
  shorten,
  TransformerModel,
  wrapTokenizer,
} from "../../neural/transformer-model.ts";
import type { Tokenizer } from "../../neural/windows.ts";
import { createWordPieceTokenizer } from "../../src/core/model/wordpiece.ts";
import { InvalidArgumentError, ModelError, SearchError } from "../../src/errors.ts";
import type { Embedder, OnBytes } from "../../worker/ports.ts";
import type { ChosenModel } from "./choose-model.ts";
import { createFolderCache, modelCacheFolder, pathOf } from "./folder-cache.ts";
import { type Files, FolderFiles } from "./folder-files.ts";
import { type ImportRuntime, loadRuntime, type NodeRuntime } from "./runtime.ts";

const staticFile = "model.safetensors";
/** What ONNX Runtime calls the processor in Node. */
const device = "cpu";

/** How a model is loaded. */
export interface LoadModelOptions {
  /** Leading numbers of each vector to keep; default: all. */
  readonly dim?: number | undefined;
  /** Number type of the weights; default: the first of the model's that there is and that passes its self-test. */
  readonly dtype?: Dtype | undefined;
  /** Told of the bytes of a download. */
  readonly onBytes?: OnBytes | undefined;
  /** Told why a dtype was given up for the next one. */
  readonly onFallback?: ((error: ModelError) => void) | undefined;
  /** Keeps downloads; default: the user's cache folder. */
  readonly cacheFolder?: string | undefined;
  /** Gives the module of Transformers.js; default: the installed package. */
  readonly importRuntime?: ImportRuntime | undefined;
}

/** A model's files, and the folder on this machine where they are as soon as they have been read. */
interface Place {
  readonly id: string;
  readonly folder: string;
  readonly files: Files;
}

/**
 * Loads a model in the layout of the Hugging Face hub, with the settings and arithmetic of the browser's neural tier.
 * A model of the hub is downloaded once and kept in the cache folder.
 *
 * @throws {ModelError} `model/runtime` where Transformers.js is needed and not installed; `model/missing`, `model/unreachable`,
 * `model/truncated`, `model/checksum`, `model/format` for files; `model/session`, `model/output`, `model/self-test`.
 * @throws {InvalidArgumentError} `argument/option` for a dim that the model was not trained for.
 */
export async function loadModel(chosen: ChosenModel, options: LoadModelOptions = {}): Promise<Embedder> {
  const place = locate(chosen, options);
  const settings = await describeModel(place.files, place.id);
  checkDim(settings, options.dim);
  place.files.expect(settings.files);
  const running =
    settings.kind === "static"
      ? await openStatic(place, settings, options)
      : await openTransformer(place, settings, options);
  const { id, denseWeight } = settings;
  const revision = await revisionOf(settings, running.dtype, false, () => Promise.all(running.hashed.map(hashBytes)));
  return new ModelEmbedder(running.embedder, running.model, { id, revision, dim: running.dim }, denseWeight);
}

function locate(chosen: ChosenModel, options: LoadModelOptions): Place {
  const { id } = chosen;
  if (chosen.from === "folder") return { id, folder: chosen.folder, files: new FolderFiles(chosen.folder) };
  const root = options.cacheFolder ?? modelCacheFolder();
  const files = new ModelFiles(
    { folder: chosen.url },
    { cache: createFolderCache(root), ...(options.onBytes === undefined ? {} : { onBytes: options.onBytes }) },
  );
  return { id, folder: pathOf(root, chosen.url), files };
}

function checkDim(settings: ModelSettings, dim: number | undefined): void {
  const allowed = settings.dim === null ? [] : [...new Set([settings.dim, ...settings.matryoshkaDims])];
  if (dim === undefined || allowed.length === 0 || allowed.includes(dim)) return;
  throw new InvalidArgumentError(
    "argument/option",
    `The option dim is ${dim}; expected one of ${allowed.join(", ")}, for which "${settings.id}" was trained. Choose one of these.`,
    { option: "dim", value: dim },
  );
}

/** A model that has passed its self-test. */
interface RunningModel {
  readonly model: TextModel;
  readonly embedder: TextEmbedder;
  readonly dim: number;
  readonly dtype: Dtype;
  /** Weights and tokenizer. */
  readonly hashed: readonly Uint8Array[];
}

/** What a model is made of. */
interface Parts {
  readonly model: TextModel;
  readonly dtype: Dtype;
  readonly url: string;
  readonly hashed: readonly Uint8Array[];
}

/** Lets a model prove itself. It is closed where it does not. */
async function prove(parts: Parts, settings: ModelSettings, dim: number | undefined): Promise<RunningModel> {
  const { model, dtype, url, hashed } = parts;
  try {
    const embedder = new TextEmbedder(model, settings, dim ?? null);
    await selfTest(embedder, settings.golden, { url, device, dtype });
    // Why even so: it finds NaN, and the number of dims where no file tells it.
    const [golden] = await makeGolden(embedder);
    return { model, embedder, dim: golden!.vector.length, dtype, hashed };
  } catch (error) {
    await model.close();
    throw error;
  }
}

/** A table of token vectors. Needs Transformers.js only for tokenizers that are not WordPiece. */
async function openStatic(
  { folder, files }: Place,
  settings: ModelSettings,
  options: LoadModelOptions,
): Promise<RunningModel> {
  const [weights, tokenizerFile] = await Promise.all([files.read(staticFile), files.read("tokenizer.json")]);
  await files.readOptional("tokenizer_config.json");
  const url = files.urlOf(staticFile);
  const tokenizer =
    readWordPiece(tokenizerFile, files.urlOf("tokenizer.json"), settings) ??
    wrapTokenizer(await openTokenizer(await loadRuntime(options.importRuntime), folder), settings.languages);
  const model = new StaticModel(tokenizer, weights, url);
  return prove({ model, dtype: "fp32", url, hashed: [weights, tokenizerFile] }, settings, options.dim);
}

/**
 * The library's own tokenizer, or nothing where it is not of that kind.
 *
 * @throws {ModelError} `model/format` for a file that is no JSON.
 */
function readWordPiece(file: Uint8Array, url: string, { languages }: ModelSettings): Tokenizer | undefined {
  const json = parseObject(file, url);
  try {
    const tokenizer = createWordPieceTokenizer(json);
    const { vocab, unk_token: unknown } = json["model"] as { vocab: Record<string, number>; unk_token: string };
    const encode = (text: string): number[] => [...tokenizer.encode(text, Number.MAX_SAFE_INTEGER).ids];
    const coverage = readCoverage(json, languages, encode);
    return { encode, unknownId: vocab[unknown] ?? -1, ...(coverage && { coverage }) };
  } catch (error) {
    if (error instanceof ModelError) return undefined;
    throw error;
  }
}

/** The model with the first dtype that there is and that passes; those that do not are reported. */
async function openTransformer(
  place: Place,
  settings: ModelSettings,
  options: LoadModelOptions,
): Promise<RunningModel> {
  const { folder, files } = place;
  // Why first: without it no byte of the model is of use.
  const runtime = await loadRuntime(options.importRuntime);
  const tokenizerFile = await files.read("tokenizer.json");
  await files.readOptional("tokenizer_config.json");
  const heads = settings.revision === null ? await readDenseHeads(files) : [];
  const tokenizer = await openTokenizer(runtime, folder);
  const failures: ModelError[] = [];
  const dtypes = options.dtype === undefined ? settings.dtypes : [options.dtype];
  for (const dtype of dtypes) {
    const weights = await files.readOptional(onnxFile(dtype));
    if (weights === null) continue;
    for (const path of await listExternalData(files, dtype)) await files.read(path);
    const url = files.urlOf(onnxFile(dtype));
    try {
      const session = await openSession(runtime, folder, dtype, url);
      const model = new TransformerModel(runtime, { tokenizer, model: session, heads }, settings, {
        url,
        device,
        dtype,
      });
      const running = await prove({ model, dtype, url, hashed: [weights, tokenizerFile] }, settings, options.dim);
      for (const failure of failures) options.onFallback?.(failure);
      return running;
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      failures.push(error);
    }
  }
  throw failures[0] ?? noOnnxFile(settings.id, dtypes, files);
}

/** Files beside the ONNX file that hold its weights, as config.json tells; large models have them. */
async function listExternalData(files: Files, dtype: Dtype): Promise<string[]> {
  const config = parseObject(await files.read("config.json"), files.urlOf("config.json"));
  const path = onnxFile(dtype);
  const own = config["transformers.js_config"] as { use_external_data_format?: unknown } | undefined;
  const format = own?.use_external_data_format;
  const byFile = (typeof format === "object" ? format : null) as Record<string, unknown> | null;
  const count = Number(byFile === null ? (format ?? 0) : (byFile[basename(path)] ?? byFile["model"] ?? 0)) || 0;
  return Array.from({ length: count }, (_, at) => `${path}_data${at === 0 ? "" : `_${at}`}`);
}

function noOnnxFile(id: string, dtypes: readonly Dtype[], files: Files): ModelError {
  const tried = dtypes.map((dtype) => files.urlOf(onnxFile(dtype)));
  return new ModelError(
    "model/missing",
    `The model "${id}" has no ONNX file: there is none at ${tried.join(", ")}. Choose a folder or repository with "onnx".`,
    { url: tried[0] ?? null, device, dtype: dtypes.join(", ") },
  );
}

/**
 * What the runtime calls a model: the whole path, which cannot be taken for an id of the hub. Why not the folder's name
 * below `env.localModelPath`: that setting is one for all models that are being loaded.
 */
function nameOf(folder: string): string {
  return resolve(folder);
}

async function openTokenizer(runtime: NodeRuntime, folder: string): Promise<RuntimeTokenizer> {
  try {
    return (await runtime.AutoTokenizer.from_pretrained(nameOf(folder))) as RuntimeTokenizer;
  } catch (error) {
    throw new ModelError(
      "model/format",
      `The tokenizer in ${folder} cannot be used: ${shorten(error)}. Use the tokenizer.json of the model's own release.`,
      { url: folder },
      error,
    );
  }
}

async function openSession(runtime: NodeRuntime, folder: string, dtype: Dtype, url: string): Promise<RuntimeModel> {
  try {
    return (await runtime.AutoModel.from_pretrained(nameOf(folder), { device, dtype })) as RuntimeModel;
  } catch (error) {
    if (error instanceof SearchError) throw error;
    throw new ModelError(
      "model/session",
      `The model at ${url} cannot be started with ${dtype}: ${shorten(error)}. Choose another export of the model.`,
      { url, device, dtype },
      error,
    );
  }
}

/** The engine's view of a model. */
class ModelEmbedder implements Embedder {
  readonly fingerprint: Embedder["fingerprint"];
  readonly denseWeight: number;
  readonly #embedder: TextEmbedder;
  readonly #model: TextModel;

  constructor(embedder: TextEmbedder, model: TextModel, fingerprint: Embedder["fingerprint"], denseWeight: number) {
    this.#embedder = embedder;
    this.#model = model;
    this.fingerprint = fingerprint;
    this.denseWeight = denseWeight;
  }

  get isContextual(): boolean {
    return this.#embedder.isContextual;
  }

  async embed(
    texts: readonly string[],
    titles?: readonly string[],
    documents?: readonly number[],
  ): Promise<Float32Array> {
    return (await this.#embedder.embed(texts, "document", { titles, documents })).vectors;
  }

  async embedQuery(text: string): Promise<{ vector: Float32Array; coverage: number; truncated: boolean }> {
    const { vectors, coverage, truncated } = await this.#embedder.embed([text], "query");
    return { vector: vectors, coverage: coverage[0]!, truncated: truncated[0] === 1 };
  }

  async close(): Promise<void> {
    await this.#model.close();
  }
}
