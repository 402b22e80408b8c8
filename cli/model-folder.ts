import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { builtInModelId } from "../src/built-in-model.ts";

/**
 * Folder of a built-in model: in `models/` beside the bundled command line, in `public/models/` of the repository when run from source.
 *
 * @param module - URL of the running module.
 * @param id - of the model.
 */
export function findModelFolder(module: string = import.meta.url, id: string = builtInModelId): string {
  const here = dirname(fileURLToPath(module));
  const bundled = join(here, "models", id);
  return existsSync(bundled) ? bundled : join(here, "..", "public", "models", id);
}
