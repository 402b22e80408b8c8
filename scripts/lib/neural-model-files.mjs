import { existsSync, readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { root } from "./paths.mjs";

const id = "inkling-neural-v1";
const module = join(root, "neural/built-in-model.ts");

/**
 * Vite plugin that writes the addresses of the built-in neural model's files into the script that loads it, where there are such
 * files. Why not in the source: bundlers read each of these literals, copy the file it names, and refuse one without a file.
 */
export function placeNeuralModelFiles(models = join(root, "public/models")) {
  return {
    name: "inkling:place-neural-model-files",
    enforce: "pre",
    transform(code, source) {
      const folder = join(models, id);
      if (source !== module || !existsSync(join(folder, "inkling.json"))) return null;
      const entries = listFiles(folder).map(
        (path) => `"${path}": new URL("./models/${id}/${path}", import.meta.url).href`,
      );
      const placed = code.replace(/(const files\b[^=]*= )\{\};/, `$1{ ${entries.join(", ")} };`);
      if (placed === code) throw new Error(`${relative(root, module)} has no place for the model's files.`);
      return { code: placed, map: null };
    },
  };
}

/** Paths of all files of a folder and those below it, with slashes. */
function listFiles(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort();
}
