import { leaveImports } from "./leave-imports.mjs";

/**
 * Parts of the workers that not every page needs, each a file of its own beside them: name of the file without
 * `.js` -> its source. `dist/worker.js` and `dist/crawl-worker.js` load them by `import()`. A part is self-contained: of the worker's own objects it may read
 * only what `internal-names.mjs` leaves its name, and its errors are told by their name.
 */
export const workerParts = {
  "worker-filter": "src/core/filter/part.ts",
  "worker-language": "src/extract/detect-language.ts",
  "worker-loaded": "worker/loaded/loaded-indexes.ts",
  "worker-sha256": "worker/plain-sha256.ts",
};

/**
 * Vite plugin for a worker that leaves `import()` of a part to the browser, by the address of a file beside it.
 *
 * Why not a plain `import("./part.js")`, as in the main entry: workers are bundled into one file as a rule, and bundlers refuse
 * or misplace a second one. They all know `new URL("./part.js", import.meta.url)`, copy the file and put its address there.
 */
export function leaveWorkerParts() {
  return {
    name: "inkling:leave-worker-parts",
    ...leaveImports(workerParts),
    generateBundle(_, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type === "chunk") chunk.code = chunk.code.replace(/import\(["`](\.\/[^"`$]*)["`]\)/g, byAddress);
      }
    },
  };
}

function byAddress(_, file) {
  return `import(/* @vite-ignore */ /* webpackIgnore: true */ new URL("${file}",import.meta.url).href)`;
}
