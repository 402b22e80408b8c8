import { InvalidArgumentError } from "../src/errors.ts";
import type { ModelLocation } from "./model-files.ts";
import { builtInNeuralModelId } from "./registry.ts";

/** Why: Vite before 8.3 moves the library into `node_modules/.vite/deps/` while developing, and leaves its other files behind. */
const movedByVite = /\/node_modules\/\.vite[^/]*\/deps[^/]*\//;

function settle(url: URL): URL {
  return new URL(url.href.replace(movedByVite, "/node_modules/inkling-search/dist/"));
}

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

/** An address given by the app, relative to the page, as a folder. @throws {InvalidArgumentError} `argument/option` */
export function resolveFolder(option: string, url: string | URL): string {
  const folder = resolveUrl(option, url);
  if (!folder.pathname.endsWith("/")) folder.pathname += "/";
  return folder.href;
}

/** An address given by the app, relative to the page. @throws {InvalidArgumentError} `argument/option` */
export function resolveUrl(option: string, url: string | URL): URL {
  try {
    return new URL(url, document.baseURI);
  } catch (error) {
    const message = `\`${option}\` is ${JSON.stringify(String(url))}, expected an address, absolute or relative to the page.`;
    throw new InvalidArgumentError("argument/option", message, {}, error);
  }
}

/** Starts a neural worker, wherever the library was loaded from. */
export function startNeuralWorker(workerUrl: string | URL | undefined): Worker {
  if (workerUrl !== undefined) return startFrom(resolveUrl("workerUrl", workerUrl));
  const own = import.meta.url;
  if (movedByVite.test(new URL(own).pathname)) return startFrom(new URL("neural-worker.js", settle(new URL("x", own))));
  if (isForeign(own)) return startFrom(new URL(own.replace(/[^/]*$/, "neural-worker.js")));
  // Exactly this form: bundlers look for it and add the worker, with the runtime, to the app.
  return new Worker(new URL("./neural-worker.js", import.meta.url), { type: "module" });
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
