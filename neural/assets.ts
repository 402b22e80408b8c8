import { locateBeside, resolveFolder, resolveUrl, settle, startFrom } from "../src/addresses.ts";
import type { ModelLocation } from "./model-files.ts";
import { builtInNeuralModelId } from "./registry.ts";

/**
 * Where the built-in neural model is: beside the library, unless `assetsUrl` names a folder that holds `models/`.
 *
 * Why no literal `new URL("./models/…", import.meta.url)`: this version comes without the model's files, and bundlers refuse
 * an address with no file behind it.
 */
export function locateBuiltInModel(assetsUrl: string | URL | undefined): ModelLocation {
  const path = `models/${builtInNeuralModelId}/`;
  if (assetsUrl !== undefined) return { folder: new URL(path, resolveFolder("assetsUrl", assetsUrl)).href };
  const own = import.meta.url;
  return { folder: settle(new URL(path, own)).href };
}

/** Starts a neural worker, wherever the library was loaded from. */
export function startNeuralWorker(workerUrl: string | URL | undefined): Worker {
  const own = import.meta.url;
  const url =
    workerUrl === undefined ? locateBeside(own, "neural-worker.js", new URL(own)) : resolveUrl("workerUrl", workerUrl);
  // Exactly this form: bundlers look for it and add the worker, with the runtime, to the app.
  return url ? startFrom(url) : new Worker(new URL("./neural-worker.js", import.meta.url), { type: "module" });
}
