import { expose } from "comlink";
import { resolveFolder, resolveUrl } from "../src/addresses.ts";
import { optionError } from "../src/core/option-error.ts";
import type { EmbedderApi, ModelProvider } from "../src/model-provider.ts";
import { installErrorTransfer } from "../src/protocol.ts";
import { locateBuiltInModel, startNeuralWorker } from "./assets.ts";
import type { SettingsOverrides } from "./describe-model.ts";
import { ModelHost, type ModelHostOptions, stoppedError } from "./model-host.ts";
import type { ModelLocation } from "./model-files.ts";
import { type Host, PairedHosts } from "./paired-hosts.ts";
import type { OnBytes, RuntimeLocation } from "./protocol.ts";
import { builtInNeuralModelId, findRegistryEntry, instantModelId } from "./registry.ts";
import { runtimeModule } from "./runtime-files.ts";
import { sendTexts } from "./send-texts.ts";
import { type Dtype, dtypes, type Pooling } from "./settings.ts";

/** A model, and what is known of it better than its files say. */
export interface ModelSpec {
  /** Hub id such as `intfloat/e5-small-v2`, or any name where `url` says where the model is. */
  readonly id: string;
  /** Folder of the model, in the layout of the Hugging Face hub. */
  readonly url?: string | URL;
  readonly pooling?: Pooling;
  /** Put in front of texts; `{title}` and `{title|none}` stand for the document's title. */
  readonly prompts?: { readonly query: string; readonly document: string };
  /** Numbers that the model gives. */
  readonly dim?: number;
  /** Lengths that its vectors may be cut to. */
  readonly matryoshkaDims?: readonly number[];
  /** Tokens in one pass; longer texts go through in overlapping windows. */
  readonly maxTokens?: number;
  /** Whether vectors are brought to mean 0 and variance 1 before they are cut. */
  readonly layerNorm?: boolean;
  /**
   * Whether passages of a document go through the model together, so that each is read in the light of the others. For models
   * that average their tokens and read long texts; `maxTokens` says how much goes through at once.
   */
  readonly lateChunking?: boolean;
  /** Share of the dense score in fusion, 0 to 1. */
  readonly denseWeight?: number;
  /** Number types that there are ONNX files for, the one to prefer first. */
  readonly dtypes?: readonly Dtype[];
}

/** How a neural model is loaded and run. Nothing is needed with a bundler and the built-in model. */
export interface NeuralOptions {
  /** Host that hub ids are loaded from. Default `https://huggingface.co/`. */
  readonly remoteHost?: string | URL;
  /**
   * Another model for the documents, where vectors of both fit together: a small one for queries, which every visitor loads,
   * and a larger one for documents. Options apply to both.
   */
  readonly documentModel?: string | URL | ModelSpec;
  /** Branch, tag or commit of a hub id. Default `main`. */
  readonly revision?: string;
  /** Folder that holds `models/`, for the built-in model. Default: beside the neural worker, where bundlers put it. */
  readonly assetsUrl?: string | URL;
  /**
   * `wasm` uses the processor, `webgpu` the graphics card for everything. Default `auto`: the processor for queries, the
   * graphics card for many documents where it is right and faster.
   */
  readonly device?: "auto" | "wasm" | "webgpu";
  /** Number type of the weights. Default: the first that the model has. */
  readonly dtype?: Dtype;
  /** Length of the vectors: one that the model was trained for. Default: all that it gives. */
  readonly dim?: number;
  /**
   * Runtime from an address instead of an installed package: a folder with `transformers.min.js` of
   * `@huggingface/transformers` and the `ort-wasm-simd-threaded*` files of its `onnxruntime-web`, or the address of the module.
   */
  readonly runtimeUrl?: string | URL;
  /** Folder with ONNX Runtime's files, where they are elsewhere than `runtimeUrl` or the app's bundler says. */
  readonly wasmUrl?: string | URL;
  /** Address of `neural-worker.js`, for a strict content security policy or a bundler that does not find it. */
  readonly workerUrl?: string | URL;
  /** Starts the worker, instead of `workerUrl`. */
  readonly worker?: () => Worker;
  /** Threads of WASM; more than one only on isolated pages. Default: half the cores there, four at most. */
  readonly threads?: number;
  /** Bytes of WASM heap above which the worker is started anew after bulk work. Default 512 MiB. */
  readonly maxHeapBytes?: number;
  /** Name of the Cache API storage that keeps files; `null` keeps none. Default `inkling-models`. */
  readonly cacheName?: string | null;
}

const hub = "https://huggingface.co/";
const defaultCacheName = "inkling-models";
const defaultMaxHeapBytes = 512 * 1024 * 1024;
/** What begins like this is an address, not a hub id. */
const addressLike = /^(?:[a-z][a-z0-9+.-]*:|\/|\.\.?\/)/i;
const hubIdLike = /^[\w.-]+(?:\/[\w.-]+)?$/;

/**
 * A transformer that embeds in a worker of its own, for `createSearch({ model })`. Nothing is loaded before it is started.
 *
 * @param model - name of the built-in model, hub id, address of a folder (absolute, or relative to the page with `/`, `./`), or
 * a description. Default: the built-in neural model, whose files this version does not bring yet (`assetsUrl` says where they are).
 * @throws {InvalidArgumentError} `argument/option`
 */
export function neural(
  model: string | URL | ModelSpec = builtInNeuralModelId,
  options: NeuralOptions = {},
): ModelProvider {
  const queries = readOptions(model, options);
  const documents = options.documentModel === undefined ? null : readOptions(options.documentModel, options);
  const id = documents === null ? queries.id : `${queries.id}+${documents.id}`;
  let host: Host | undefined;
  const stop = async (reason: Error = stoppedError()): Promise<void> => {
    host?.stop(reason);
    host = undefined;
  };
  return {
    id,
    tier: "neural",
    stop: () => stop(),
    async start({ signal, onBytes }) {
      signal.throwIfAborted();
      await stop();
      prepareComlink();
      const started = startHost(id, queries, documents, onBytes);
      host = started;
      const onAbort = (): void => started.stop(signal.reason as Error);
      signal.addEventListener("abort", onAbort, { once: true });
      try {
        await started.describe();
        signal.throwIfAborted();
        return openPort(started, stop);
      } catch (error) {
        await stop();
        throw signal.aborted ? (signal.reason as Error) : error;
      } finally {
        signal.removeEventListener("abort", onAbort);
      }
    },
  };
}

function startHost(id: string, queries: ModelHostOptions, documents: ModelHostOptions | null, onBytes: OnBytes): Host {
  if (documents === null) return new ModelHost(queries, onBytes);
  const counts = [
    [0, 0],
    [0, 0],
  ];
  const count =
    (model: number): OnBytes =>
    (done, total) => {
      counts[model] = [done, total];
      onBytes(counts[0]![0]! + counts[1]![0]!, counts[0]![1]! + counts[1]![1]!);
    };
  return new PairedHosts(id, new ModelHost(queries, count(0)), new ModelHost(documents, count(1)));
}

let isPrepared = false;

function prepareComlink(): void {
  if (!isPrepared) installErrorTransfer();
  isPrepared = true;
}

/** A port for the engine's worker; messages pass through the page, so that workers can be replaced behind it. */
function openPort(host: Host, stop: () => Promise<void>): MessagePort {
  const { port1, port2 } = new MessageChannel();
  const api: EmbedderApi = {
    describe: () => host.describe(),
    embed: async (texts, kind, titles, documents) => sendTexts(await host.embed(texts, kind, { titles, documents })),
    close: () => stop(),
  };
  expose(api, port1);
  return port2;
}

function readOptions(model: string | URL | ModelSpec, options: NeuralOptions): ModelHostOptions {
  checkOptions(options);
  const spec = readSpec(model);
  const { device = "auto", dtype = null, dim = null, threads = null, worker, workerUrl } = options;
  const { cacheName = defaultCacheName, maxHeapBytes = defaultMaxHeapBytes } = options;
  return {
    id: spec.id,
    location: locate(spec, options),
    overrides: spec.overrides,
    runtime: locateRuntime(options),
    device,
    dtype,
    dim,
    threads,
    cacheName,
    maxHeapBytes,
    startWorker: worker ?? (() => startNeuralWorker(workerUrl)),
  };
}

interface Spec {
  readonly id: string;
  readonly url: string | null;
  /** Hub id of the repository, where there is no `url`. */
  readonly repository: string;
  readonly overrides: SettingsOverrides;
}

function readSpec(model: string | URL | ModelSpec): Spec {
  if (typeof model === "string" && !addressLike.test(model)) return named(model, {});
  if (typeof model === "string" || model instanceof URL) return addressed(resolveFolder("model", model).href, null, {});
  if (!model?.id || typeof model.id !== "string") {
    throw optionError("model", model, "a hub id, an address, or an object with an id");
  }
  const { id, url, ...overrides } = model;
  return url === undefined ? named(id, overrides) : addressed(resolveFolder("url", url).href, id, overrides);
}

function named(id: string, overrides: SettingsOverrides): Spec {
  if (!hubIdLike.test(id) || id === instantModelId)
    throw optionError(
      "model",
      id,
      'a hub id such as "intfloat/e5-small-v2", or an address that begins with "/" or "./" (createSearch itself has the instant model)',
    );
  const entry = findRegistryEntry(id);
  return { id: entry?.id ?? id, url: null, repository: entry?.repository ?? entry?.id ?? id, overrides };
}

function addressed(url: string, name: string | null, overrides: SettingsOverrides): Spec {
  const id = name ?? decodeURIComponent(new URL(url).pathname.split("/").at(-2) || url);
  return { id: findRegistryEntry(id)?.id ?? id, url, repository: "", overrides };
}

function locate(spec: Spec, options: NeuralOptions): ModelLocation | null {
  if (spec.url !== null) return { folder: spec.url };
  if (spec.id === builtInNeuralModelId) return locateBuiltInModel(options.assetsUrl);
  const host = resolveFolder("remoteHost", options.remoteHost ?? hub);
  const revision = encodeURIComponent(options.revision ?? "main");
  return { folder: new URL(`${spec.repository}/resolve/${revision}/`, host).href };
}

function locateRuntime({ runtimeUrl, wasmUrl }: NeuralOptions): RuntimeLocation {
  const wasm = wasmUrl === undefined ? null : resolveFolder("wasmUrl", wasmUrl).href;
  if (runtimeUrl === undefined) return { moduleUrl: null, wasmFolder: wasm };
  const url = resolveUrl("runtimeUrl", runtimeUrl);
  const moduleUrl = /\.m?js$/.test(url.pathname)
    ? url.href
    : new URL(runtimeModule, resolveFolder("runtimeUrl", runtimeUrl)).href;
  return { moduleUrl, wasmFolder: wasm ?? new URL("./", moduleUrl).href };
}

function checkOptions(options: NeuralOptions): void {
  const { device, dtype, dim, threads, maxHeapBytes } = options;
  if (device !== undefined && !["auto", "wasm", "webgpu"].includes(device)) {
    throw optionError("device", device, '"auto", "wasm" or "webgpu"');
  }
  if (dtype !== undefined && !dtypes.includes(dtype)) throw optionError("dtype", dtype, dtypes.join(", "));
  for (const [name, value] of Object.entries({ dim, threads, maxHeapBytes })) {
    const isRight = value === undefined || (Number.isSafeInteger(value) && value > 0);
    if (!isRight) throw optionError(name, value, "a whole number above 0");
  }
}
