import { usageError } from "../arguments.ts";

/** Gives the url of a page from its path and the address that it names as its own. */
export type UrlOf = (path: string, canonical: string) => string;

/**
 * Makes the rule by which pages get their urls. Without a base it is the path of the file. With a base it is the address
 * below it: `guide/index.html` becomes `<base>guide/`; a page that names a canonical address below the base gets that one.
 *
 * @param base - `https://example.org/docs/`, or the path `/docs/`; a slash at its end is added where it lacks one.
 * @param isClean - addresses are without `.html`, as some hosts serve them.
 * @throws {InvalidArgumentError} `argument/option` for any other base, or for clean addresses without one.
 */
export function createUrlRule(base: string | undefined, isClean = false): UrlOf {
  if (base === undefined) {
    if (!isClean) return (path) => path;
    throw usageError("--clean-urls is given without --base-url. Say where the folder is served: --base-url /docs/.");
  }
  const root = parseBase(base);
  return (path, canonical) => {
    const own = addressBelow(root, canonical);
    const folder = path.replace(/(^|\/)index\.x?html?$/i, "$1");
    return own ?? show(root, new URL(encodePath(isClean ? folder.replace(/\.x?html?$/i, "") : folder), root));
  };
}

/** Stands for the host where the base is a path. */
const anyHost = "http://base.invalid";

function parseBase(base: string): URL {
  const isPath = base.startsWith("/") && !base.startsWith("//");
  const url = parseUrl(isPath ? anyHost + base : base);
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== "" || url.hash !== "") {
    throw usageError(
      `--base-url is "${base}", expected an address such as https://example.org/docs/ or a path such as /docs/, without query and fragment.`,
    );
  }
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}

function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

function encodePath(path: string): string {
  // Why "./": a first part with a colon would be read as a scheme.
  return `./${path.split("/").map(encodeURIComponent).join("/")}`;
}

function addressBelow(root: URL, canonical: string): string | undefined {
  if (!/^(?:https?:\/)?\//i.test(canonical)) return undefined;
  const url = parseUrl(canonical.startsWith("/") ? new URL(canonical, root).href : canonical);
  if (url === undefined || !url.pathname.startsWith(root.pathname)) return undefined;
  const isSameHost = root.origin === anyHost || url.origin === root.origin;
  url.hash = "";
  return isSameHost ? show(root, url) : undefined;
}

function show(root: URL, url: URL): string {
  return root.origin === anyHost ? url.pathname + url.search : url.href;
}
