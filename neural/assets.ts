import { locateBeside, resolveFolder, resolveUrl, startFrom } from "../src/addresses.ts";
import type { ModelLocation } from "./model-files.ts";
import { builtInNeuralModelId } from "./registry.ts";

/** Where the built-in neural model is: in the folder `assetsUrl` that holds `models/`, or null for beside the neural worker. */
export function locateBuiltInModel(assetsUrl: string | URL | undefined): ModelLocation | null {
  if (assetsUrl === undefined) return null;
  return { folder: new URL(`models/${builtInNeuralModelId}/`, resolveFolder("assetsUrl", assetsUrl)).href };
}

/** Starts a neural worker, wherever the library was loaded from. */
export function startNeuralWorker(workerUrl: string | URL | undefined): Worker {
  const own = import.meta.url;
  const url =
    workerUrl === undefined ? locateBeside(own, "neural-worker.js", new URL(own)) : resolveUrl("workerUrl", workerUrl);
  // Exactly this form: bundlers look for it and add the worker, with the runtime, to the app.
  return url ? startFrom(url) : new Worker(new URL("./neural-worker.js", import.meta.url), { type: "module" });
}
