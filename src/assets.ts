import { locateBeside, resolveFolder, resolveUrl, settle, startFrom } from "./addresses.ts";
import { builtInModelId } from "./built-in-model.ts";
import type { ModelUrls } from "./protocol.ts";

/**
 * URLs of the built-in model's files. Beside the library unless `assetsUrl` names a folder that holds `models/`.
 *
 * Each literal `new URL(…, import.meta.url)` is read by bundlers, which copy the file and put its new address here.
 */
export function builtInModelUrls(assetsUrl: string | URL | undefined): ModelUrls {
  const beside = {
    "config.json": new URL("./models/inkling-instant-v1/config.json", import.meta.url),
    "model.safetensors": new URL("./models/inkling-instant-v1/model.safetensors", import.meta.url),
    "tokenizer.json": new URL("./models/inkling-instant-v1/tokenizer.json", import.meta.url),
  };
  const folder =
    assetsUrl === undefined ? undefined : new URL(`models/${builtInModelId}/`, resolveFolder("assetsUrl", assetsUrl));
  return Object.fromEntries(
    Object.entries(beside).map(([file, url]) => [
      file,
      (folder === undefined ? settle(url) : new URL(file, folder)).href,
    ]),
  );
}

/** Starts the library's worker, wherever the library was loaded from. */
export function startWorker(workerUrl: string | URL | undefined): Worker {
  const config = new URL("./models/inkling-instant-v1/config.json", import.meta.url);
  const url =
    workerUrl === undefined ? locateBeside(import.meta.url, "worker.js", config) : resolveUrl("workerUrl", workerUrl);
  // Exactly this form: bundlers look for it and add the worker to the app.
  return url ? startFrom(url) : new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
}
