import type { EmbeddedTexts } from "../src/model-provider.ts";
import type { ErrorReport } from "../src/types.ts";
import type { SettingsOverrides } from "./describe-model.ts";
import type { TextContext, TextKind } from "./embedder.ts";
import type { ModelLocation } from "./model-files.ts";
import type { Dtype, GoldenText } from "./settings.ts";

/** What a model can run on. */
export type Device = "wasm" | "webgpu";

/** Where the runtime's files are. */
export interface RuntimeLocation {
  /** Module of Transformers.js, or null for the installed package. */
  readonly moduleUrl: string | null;
  /** Folder with ONNX Runtime's `.wasm` and `.mjs` files, or null for what the app's bundler made of them. */
  readonly wasmFolder: string | null;
}

/** What the page tells a neural worker before anything else. */
export interface OpenModelOptions {
  readonly id: string;
  /** Null: the built-in model, beside the worker. */
  readonly location: ModelLocation | null;
  readonly overrides: SettingsOverrides;
  readonly device: Device;
  /** Null: the first of the model's that there is. */
  readonly dtype: Dtype | null;
  /** Dtypes that were tried, and are not to be tried again. */
  readonly without: readonly Dtype[];
  /** Leading numbers to keep, or null for all. */
  readonly dim: number | null;
  readonly runtime: RuntimeLocation;
  /** Threads of WASM, or null for what suits the machine. */
  readonly threads: number | null;
  /** Cache API storage for files, or null to keep none. */
  readonly cacheName: string | null;
  /** Vectors made on another device, for models that bring none. */
  readonly golden: readonly GoldenText[] | null;
  /** Largest batch, in tokens with padding. */
  readonly batchTokens: number;
}

/** A model that runs, and has passed its self-test. */
export interface OpenedModel {
  readonly id: string;
  readonly revision: string;
  readonly dim: number;
  readonly denseWeight: number;
  readonly dtype: Dtype;
  readonly bytes: number;
  /** Whether passages of a document are to be given together. */
  readonly isContextual: boolean;
  /** What is not kept for the next visit. */
  readonly fallbacks: readonly ErrorReport[];
  /** Vectors of known texts: the model's own, or those of this device. */
  readonly golden: readonly GoldenText[];
  /** Whether its vectors were compared with known ones: else `golden` holds what this device makes of them, right or wrong. */
  readonly isCompared: boolean;
  /** Address of its weights. */
  readonly url: string;
}

/** Told of bytes so far and, as far as is known, in all. */
export type OnBytes = (done: number, total: number) => void;

/** One model on one device, as the page sees it through Comlink. Why one: a runtime that failed once stays broken. */
export interface NeuralWorkerApi {
  /** @throws {ModelError} */
  open(options: OpenModelOptions, onBytes: OnBytes): Promise<OpenedModel>;
  /** @throws {ModelError} */
  embed(texts: readonly string[], kind: TextKind, context?: TextContext): Promise<EmbeddedTexts>;
  /** Texts per second, measured for at most `limitMs` and at least one batch. */
  measure(texts: readonly string[], limitMs: number): Promise<number>;
  /** Bytes of the WASM heap, which never shrinks. */
  heapBytes(): Promise<number>;
}
