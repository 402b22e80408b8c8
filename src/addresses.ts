import { InvalidArgumentError } from "./errors.ts";

/** Why: Vite before 8.3 moves the library into `node_modules/.vite/deps/` while developing, and leaves its other files behind. */
const movedByVite = /\/node_modules\/\.vite[^/]*\/deps[^/]*\//;

/** An address as it would be, had the library not been moved; others as they are. */
export function settle(url: URL): URL {
  return new URL(url.href.replace(movedByVite, "/node_modules/inkling-search/dist/"));
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

/**
 * A folder's address given by the app, with its closing slash, without which `new URL` would drop the last part.
 *
 * @throws {InvalidArgumentError} `argument/option`
 */
export function resolveFolder(option: string, url: string | URL): URL {
  const folder = resolveUrl(option, url);
  if (!folder.pathname.endsWith("/")) folder.pathname += "/";
  return folder;
}

/**
 * Address of a script beside the library, or null where the app's bundler finds it by a literal.
 *
 * @param own - `import.meta.url` of the library.
 * @param beside - address of a file beside it, as the bundler wrote it: some move the library, and keep such addresses right.
 */
export function locateBeside(own: string, script: string, beside: URL): URL | null {
  if (movedByVite.test(beside.pathname)) return new URL(script, settle(new URL(own)));
  return isForeign(own) ? new URL(script, own) : null;
}

/** Starts a worker of ours by its address. */
export function startFrom(url: URL): Worker {
  if (!isForeign(url.href)) return new Worker(url, { type: "module" });
  // Why: browsers refuse a worker from another origin, but a worker of ours may import from there.
  const bootstrap = URL.createObjectURL(new Blob([`import ${JSON.stringify(url.href)};`], { type: "text/javascript" }));
  return new Worker(bootstrap, { type: "module" });
}

function isForeign(href: string): boolean {
  return /^https?:/.test(href) && new URL(href).origin !== location.origin;
}
