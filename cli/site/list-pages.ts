import { readdir, realpath, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Dirent } from "node:fs";
import { usageError } from "../arguments.ts";

const suffixes = ["html", "htm", "xhtml", "md", "mdx", "markdown"];
const pageName = new RegExp(`\\.(?:${suffixes.join("|")})$`, "i");

/** Beside a model, which comes with the library into a site, lies its card: none of the site's pages. */
const modelFile = "model.safetensors";
const modelCard = "README.md";

/** A folder to be read: where it is, and its path from the site's folder, `""` or ending with `/`. */
interface OpenFolder {
  readonly path: string;
  readonly prefix: string;
}

/**
 * Lists the pages below a folder: HTML and Markdown files, as paths with `/`, in order of code units. Left out are names
 * that begin with a dot, `node_modules`, cards of models, `excluded`, and what `isWanted` refuses. Links to folders are followed,
 * each folder is read once. A link that leads nowhere, or to itself, is listed if it is named like a page: that it cannot be read is said
 * when its turn comes.
 *
 * @param excluded - a folder not to read, such as that of the index.
 * @param isWanted - gets the path of each page.
 * @throws {InvalidArgumentError} `argument/option` for a folder that cannot be read, unless no page below it is wanted. Why not
 * passed over: its pages would be taken out of the index.
 */
export async function listPages(
  folder: string,
  excluded: string,
  isWanted: (path: string) => boolean = () => true,
): Promise<string[]> {
  const pages: string[] = [];
  // Why links last: a folder inside the site keeps its own path, whatever links point at it.
  const links: OpenFolder[] = [];
  const seen = new Set<string>([await realpathOf(excluded)]);
  const folders: OpenFolder[] = [{ path: folder, prefix: "" }];
  for (;;) {
    const next = folders.pop() ?? links.shift();
    if (next === undefined) return pages.filter((path) => isWanted(path)).sort(compareCodeUnits);
    const real = await realpathOf(next.path);
    if (seen.has(real)) continue;
    seen.add(real);
    const entries = await readSorted(next, isWanted);
    const hasModel = entries.some(({ name }) => name === modelFile);
    const read = entries.filter(({ name }) => !(hasModel && name === modelCard));
    for (const entry of read) await sortEntry(entry, next, { pages, folders, links });
  }
}

interface Found {
  readonly pages: string[];
  readonly folders: OpenFolder[];
  readonly links: OpenFolder[];
}

async function sortEntry(entry: Dirent, parent: OpenFolder, found: Found): Promise<void> {
  const { name } = entry;
  if (name.startsWith(".") || name === "node_modules") return;
  const path = join(parent.path, name);
  const isLink = entry.isSymbolicLink();
  const target = isLink ? await stat(path).catch(() => undefined) : entry;
  if (target?.isDirectory() === true)
    (isLink ? found.links : found.folders).push({ path, prefix: `${parent.prefix}${name}/` });
  else if (target?.isFile() !== false && pageName.test(name)) found.pages.push(parent.prefix + name);
}

async function readSorted({ path, prefix }: OpenFolder, isWanted: (path: string) => boolean): Promise<Dirent[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (!suffixes.some((suffix) => isWanted(`${prefix}any.${suffix}`))) return [];
    throw usageError(
      `The folder "${path}" cannot be read (${error.code ?? error.message}). Change its permissions, or leave it out: --exclude "${prefix}**".`,
      error,
    );
  });
  return entries.sort((a, b) => compareCodeUnits(a.name, b.name));
}

/** The real path of a file or folder, without links; a path that does not exist stays as it is. */
export function realpathOf(path: string): Promise<string> {
  return realpath(path).catch(() => resolve(path));
}

/** Orders strings by UTF-16 code units, on every machine alike. */
export function compareCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
