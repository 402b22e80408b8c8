import { optionError } from "./core/option-error.ts";
import type { EmbedFunction, ModelProvider } from "./model-provider.ts";
import type { UpgradePolicy } from "./protocol.ts";
import type { Progress } from "./types.ts";

/**
 * A model: one that takes over from the built-in instant one, `"inkling-instant-v1"` for that one alone, or null for words alone.
 */
export type SearchModel = ModelProvider | EmbedFunction | string | null;

/** When a model that takes over is loaded. */
export interface UpgradeOptions {
  /**
   * `idle`: when the page is idle, and not where the visitor saves data, the device has less than 4 GB of memory or a low
   * battery, as far as the browser tells. `always`: as soon as the instant model is there. Default `idle`.
   */
  readonly upgrade?: UpgradePolicy;
}

/** How a search is set up. Nothing but `name` is usually needed. */
export interface CreateSearchOptions extends UpgradeOptions {
  /** Names the stored index: searches of one name share it, also across tabs. Default `"default"`. */
  readonly name?: string;
  /** `memory` keeps nothing after the page is closed. Default `indexeddb`. */
  readonly storage?: "indexeddb" | "memory";
  /**
   * Asks the browser not to delete what is stored when the disk fills up: once, and after a question or `add` of a visitor who
   * has clicked or typed, since some browsers ask the visitor in turn. `status().storage.persisted` tells the outcome. Default false.
   */
  readonly persist?: boolean;
  /** Default: the built-in instant model. See `use`. */
  readonly model?: SearchModel;
  /** Folder that holds `models/`, for files served from another place than the library. */
  readonly assetsUrl?: string | URL;
  /** Address of `worker.js`, for a strict Content Security Policy or a bundler that does not find it. */
  readonly workerUrl?: string | URL;
  /** Starts the worker, instead of `workerUrl`. */
  readonly worker?: () => Worker;
  /** Bytes of the models as they arrive, and passages that get vectors of one that takes over. */
  readonly onProgress?: (progress: Progress) => void;
  /** Cancels opening; later it has no effect. */
  readonly signal?: AbortSignal;
}

/** @throws {InvalidArgumentError} `argument/option` for the first option that is none. */
export function checkOptions(options: unknown): void {
  if (typeof options !== "object" || options === null) {
    throw optionError("options", options, 'an object, such as { name: "docs" }');
  }
  const { name, storage, persist, onProgress } = options as Record<string, unknown>;
  if (name !== undefined && (typeof name !== "string" || name === "")) {
    throw optionError("name", name, "a string that is not empty");
  }
  if (storage !== undefined && storage !== "indexeddb" && storage !== "memory") {
    throw optionError("storage", storage, '"indexeddb" or "memory"');
  }
  if (persist !== undefined && typeof persist !== "boolean") throw optionError("persist", persist, "true or false");
  checkProgress(onProgress);
}

/** @throws {InvalidArgumentError} `argument/option` for what is no function. */
export function checkProgress(onProgress: unknown): void {
  if (onProgress !== undefined && typeof onProgress !== "function") {
    throw optionError("onProgress", onProgress, "a function");
  }
}
