import { ModelError } from "../src/errors.ts";
import type { ModelFiles } from "./model-files.ts";
import type { Device, RuntimeLocation } from "./protocol.ts";
import { knownModule, knownWasmFiles, runtimeModule, runtimeVersion, wasmNames } from "./runtime-files.ts";
import { type Runtime, shorten } from "./transformer-model.ts";

/** The settings of Transformers.js that are used. */
interface RuntimeEnvironment {
  allowLocalModels: boolean;
  allowRemoteModels: boolean;
  remoteHost: string;
  remotePathTemplate: string;
  useBrowserCache: boolean;
  useWasmCache: boolean;
  logLevel: number;
  fetch: (url: string | URL, init?: RequestInit) => Promise<Response>;
  readonly backends: { readonly onnx: { readonly wasm?: WasmSettings; readonly versions?: { readonly web?: string } } };
}

interface WasmSettings {
  numThreads?: number;
  proxy?: boolean;
  wasmPaths?: { mjs: string; wasm: string } | undefined;
  wasmBinary?: ArrayBuffer;
}

/** The module of Transformers.js in a browser. */
export type BrowserRuntime = Runtime & { readonly env: RuntimeEnvironment };

/** The name under which the runtime asks for the model's files; no host answers there, see `serveFiles`. */
export const modelName = "model";
const modelHost = "https://files.invalid/";
/** Nothing is written to the console: errors are thrown, and fallbacks are reported. */
const silent = 50;

/**
 * Loads Transformers.js: the installed package, or a module by its address.
 *
 * @param files - those of the module's folder, where the module is one whose hash is known; else null.
 * @throws {ModelError} `model/runtime`; `model/checksum` and `model/truncated` before anything of an altered file has run.
 */
export async function loadRuntime({ moduleUrl }: RuntimeLocation, files: ModelFiles | null): Promise<BrowserRuntime> {
  try {
    files?.expect(knownModule);
    await files?.check(runtimeModule);
    // Why two: bundlers follow the first to add the package to the app, and must leave the second alone.
    const runtime: unknown =
      moduleUrl === null
        ? await import("@huggingface/transformers")
        : await import(/* @vite-ignore */ /* webpackIgnore: true */ moduleUrl);
    return runtime as BrowserRuntime;
  } catch (error) {
    if (error instanceof ModelError && /checksum|truncated/.test(error.code)) throw error;
    const what = moduleUrl === null ? "The package @huggingface/transformers" : `The runtime at ${moduleUrl}`;
    throw new ModelError(
      "model/runtime",
      `${what} could not be loaded: ${shorten(error)}. Install it (npm install @huggingface/transformers@${runtimeVersion}), ` +
        `or give \`runtimeUrl\`, the address of a folder with its files; the content security policy must allow it (script-src).`,
      { url: moduleUrl },
      error,
    );
  }
}

/** How the runtime is to run. */
export interface RuntimeSettings {
  readonly device: Device;
  /** Null: half the cores where the page is isolated, else one. */
  readonly threads: number | null;
  readonly wasmFolder: string | null;
}

/**
 * Sets the runtime up: silent, without a cache or a host of its own, with ONNX Runtime's files from the folder given.
 *
 * @param wasmFiles - the files of `wasmFolder`.
 * @throws {ModelError} where ONNX Runtime's files are not there, or of another version.
 */
export async function prepareRuntime(
  runtime: BrowserRuntime,
  settings: RuntimeSettings,
  wasmFiles: ModelFiles | null,
): Promise<void> {
  const { env } = runtime;
  env.allowLocalModels = false;
  env.allowRemoteModels = true;
  env.remoteHost = modelHost;
  env.remotePathTemplate = "{model}/";
  env.useBrowserCache = false;
  env.useWasmCache = false;
  env.logLevel = silent;
  const wasm = env.backends.onnx.wasm;
  if (wasm === undefined) throw otherRuntime();
  wasm.proxy = false;
  wasm.numThreads = settings.threads ?? defaultThreads();
  // Why: by default the runtime would load these files from a public host.
  wasm.wasmPaths = undefined;
  if (settings.wasmFolder === null || wasmFiles === null) return;
  const name = wasmNames[settings.device];
  wasmFiles.expect(knownWasmFiles[env.backends.onnx.versions?.web ?? ""] ?? {});
  const [binary] = await Promise.all([wasmFiles.read(`${name}.wasm`), wasmFiles.check(`${name}.mjs`)]);
  wasm.wasmBinary = exactBuffer(binary);
  wasm.wasmPaths = { mjs: wasmFiles.urlOf(`${name}.mjs`), wasm: wasmFiles.urlOf(`${name}.wasm`) };
}

/** More threads than half of the cores make other work wait, and more than four bring nothing. */
function defaultThreads(): number {
  if (!globalThis.crossOriginIsolated) return 1;
  return Math.min(4, Math.max(1, Math.ceil((navigator.hardwareConcurrency || 1) / 2)));
}

function exactBuffer(bytes: Uint8Array): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = bytes;
  return (byteLength === buffer.byteLength ? buffer : buffer.slice(byteOffset, byteOffset + byteLength)) as ArrayBuffer;
}

function otherRuntime(): ModelError {
  return new ModelError(
    "model/runtime",
    `The runtime has no WASM backend; expected @huggingface/transformers ${runtimeVersion} for browsers (transformers.web.js or transformers.min.js).`,
  );
}

/**
 * Makes the runtime read the model's files from here instead of the network.
 *
 * @param files - bytes by path; `null` says that there is no such file. A path that is not named is read from `rest`.
 */
export function serveFiles(
  runtime: BrowserRuntime,
  files: ReadonlyMap<string, Uint8Array | null>,
  rest: Pick<ModelFiles, "readOptional">,
): void {
  const prefix = `${modelHost}${modelName}/`;
  runtime.env.fetch = async (input) => {
    const url = String(input);
    if (!url.startsWith(prefix)) return Response.error();
    const path = decodeURIComponent(url.slice(prefix.length));
    const bytes = files.has(path) ? files.get(path)! : await rest.readOptional(path);
    if (bytes === null) return new Response(null, { status: 404 });
    return new Response(bytes as BodyInit, { headers: { "content-length": String(bytes.length) } });
  };
}
