import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const dist = fileURLToPath(new URL("../../dist/", import.meta.url));

/** The released drop-in as it lies on the site. */
export interface Library {
  /** Its folder, relative to the site's root, without a slash at the end; named by its content, so that it may be cached for ever. */
  readonly folder: string;
  /** Path within that folder -> bytes. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** Files that a script of the library loads from beside itself: by `import`, or as the address of a worker. */
const neighbour = /["'`]\.\/([\w-]+\.js)["'`]/g;

/** Gives `inkling.js` and everything that it may load: its parts, its workers, the built-in models. */
export async function readLibrary(): Promise<Library> {
  const files = new Map<string, Uint8Array>();
  const waiting = ["inkling.js"];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (files.has(name)) continue;
    const bytes = await readFile(join(dist, name));
    files.set(name, bytes);
    waiting.push(...[...bytes.toString("utf8").matchAll(neighbour)].map(([, found]) => found!));
  }
  for (const entry of await readdir(join(dist, "models"), { recursive: true, withFileTypes: true })) {
    // Why not: the card of a model is for people.
    if (!entry.isFile() || entry.name.endsWith(".md")) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(path.slice(dist.length).replaceAll("\\", "/"), await readFile(path));
  }
  return { folder: `assets/inkling-${hash(files)}`, files };
}

function hash(files: ReadonlyMap<string, Uint8Array>): string {
  const sum = createHash("sha256");
  for (const name of [...files.keys()].toSorted()) sum.update(name).update(files.get(name)!);
  return sum.digest("hex").slice(0, 10);
}
