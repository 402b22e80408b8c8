import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";

/** Scripts that pages never load: those for Node, and those that only make sense where an app is bundled. */
const notForPages = ["cli.js", "page-worker.js", "vite.js", "vitepress.js", "astro.js", "react.js", "vue.js"];

/** The hash of a file as browsers compare it: subresource integrity, SHA-384. */
export function integrityOf(bytes) {
  return `sha384-${createHash("sha384").update(bytes).digest("base64")}`;
}

/**
 * Writes `integrity.json` into a folder: path -> hash of every script and model file that pages without a bundler load. It is
 * also the list of what a service worker has to keep.
 */
export async function writeIntegrity(folder) {
  const models = (await listFiles(join(folder, "models"), { recursive: true })).filter((path) => !path.endsWith(".md"));
  const scripts = (await listFiles(folder)).filter((path) => path.endsWith(".js"));
  const names = [...scripts, ...models].map((path) => relative(folder, path).replaceAll(sep, "/"));
  const listed = names.filter((name) => !notForPages.includes(name)).sort();
  const hashes = await Promise.all(listed.map(async (name) => [name, integrityOf(await readFile(join(folder, name)))]));
  await writeFile(join(folder, "integrity.json"), `${JSON.stringify(Object.fromEntries(hashes), null, 2)}\n`);
}

/** Paths of the files in a folder; none where it is not there. */
async function listFiles(folder, options = {}) {
  const entries = await readdir(folder, { ...options, withFileTypes: true }).catch((error) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
