import { join } from "node:path";
import { root } from "./paths.mjs";

/**
 * The part of a Vite plugin that keeps `import()` of some sources out of a bundle: each becomes the import of a file beside it.
 *
 * @param sources - name of the file without `.js` -> its source, from the root of the repository.
 */
export function leaveImports(sources) {
  const names = new Map(Object.entries(sources).map(([name, source]) => [join(root, source), name]));
  return {
    enforce: "pre",
    async resolveId(source, importer, options) {
      if (importer === undefined || !source.startsWith(".")) return null;
      const resolved = await this.resolve(source, importer, { ...options, skipSelf: true });
      const name = resolved === null ? undefined : names.get(resolved.id);
      return name === undefined ? null : { id: `./${name}.js`, external: true };
    },
  };
}
