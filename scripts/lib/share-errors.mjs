import { join } from "node:path";
import { root } from "./paths.mjs";

const errors = join(root, "src/errors.ts");
const shared = "\0inkling:shared-errors";
const entry = "./index.js";

/**
 * Vite plugin that takes the error classes out of `dist/index.js` instead of bundling them once more: an app that catches
 * a ModelError of this entry must get the class that the main entry exports.
 */
export function shareErrors() {
  return {
    name: "inkling:share-errors",
    enforce: "pre",
    async resolveId(source, importer, options) {
      if (importer === shared && source === entry) return { id: entry, external: true };
      if (!source.endsWith("/errors.ts") || importer === undefined) return null;
      const resolved = await this.resolve(source, importer, { ...options, skipSelf: true });
      return resolved?.id === errors ? shared : resolved;
    },
    load(id) {
      if (id !== shared) return null;
      const names = [
        "SearchError",
        "InvalidArgumentError",
        "ModelError",
        "StorageError",
        "IndexFormatError",
        "WorkerError",
      ];
      const list = names.join(", ");
      return `import { ${list} } from "${entry}";\nexport { ${list} };\nexport const errorClasses = { ${list} };`;
    },
  };
}
