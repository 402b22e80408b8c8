import type { ModelLocation } from "./model-files.ts";
import { builtInNeuralModelId } from "./registry.ts";

/**
 * Addresses of the built-in model's files by path. The build writes them here, each as a literal `new URL("./models/…",
 * import.meta.url)`, if the version comes with the model: see `scripts/lib/neural-model-files.mjs`.
 */
const files: Readonly<Record<string, string>> = {};

/** Where the built-in model is: beside the neural worker, or where a bundler has put its files. */
export function locateBesideWorker(): ModelLocation {
  if (Object.keys(files).length > 0) return { urls: files };
  const own = import.meta.url;
  return { folder: new URL(`models/${builtInNeuralModelId}/`, own).href };
}
