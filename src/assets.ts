import { builtInModelId } from "./built-in-model.ts";
import { InvalidArgumentError } from "./errors.ts";
import type { ModelUrls } from "./protocol.ts";

/**
 * Why: Vite before 8.3 moves the library into `node_modules/.vite/deps/` while developing, and leaves its other files behind.
 */
const movedByVite = /\/node_modules\/\.vite[^/]*\/deps[^/]*\//;

function settle(url: URL): URL {
  return new URL(url.href.replace(movedByVite, "/node_modules/inkling-search/dist/"));
}

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
  const folder = assetsUrl === undefined ? undefined : new URL(`models/${builtInModelId}/`, asFolder(assetsUrl));
  return Object.fromEntries(
    Object.entries(beside).map(([file, url]) => [
      file,
      (folder === undefined ? settle(url) : new URL(file, folder)).href,
    ]),
  );
}

/** A folder's address with its closing slash, without which `new URL` would drop the last part. */
function asFolder(url: string | URL): URL {
  const folder = resolveOption("assetsUrl", url);
  if (!folder.pathname.endsWith("/")) folder.pathname += "/";
  return folder;
}

function resolveOption(option: string, url: string | URL): URL {
  try {
    return new URL(url, document.baseURI);
  } catch (error) {
    const message = `\`${option}\` is ${JSON.stringify(String(url))}, expected an address, absolute or relative to the page.`;
    throw new InvalidArgumentError("argument/option", message, {}, error);
  }
}

/** Starts the library's worker, wherever the library was loaded from. */
export function startWorker(workerUrl: string | URL | undefined): Worker {
  if (workerUrl !== undefined) return startFrom(resolveOption("workerUrl", workerUrl));
  const config = new URL("./models/inkling-instant-v1/config.json", import.meta.url);
  if (movedByVite.test(config.pathname)) return startFrom(settle(new URL("../../worker.js", config)));
  if (isForeign(import.meta.url)) return startFrom(new URL(import.meta.url.replace(/[^/]*$/, "worker.js")));
  // Exactly this form: bundlers look for it and add the worker to the app.
  return new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
}

function startFrom(url: URL): Worker {
  if (!isForeign(url.href)) return new Worker(url, { type: "module" });
  // Why: browsers refuse a worker from another origin, but a worker of ours may import from there.
  const bootstrap = URL.createObjectURL(new Blob([`import ${JSON.stringify(url.href)};`], { type: "text/javascript" }));
  return new Worker(bootstrap, { type: "module" });
}

function isForeign(href: string): boolean {
  return /^https?:/.test(href) && new URL(href).origin !== location.origin;
}
