import { leaveImports } from "./leave-imports.mjs";

/**
 * Parts of the worker that not every page needs, each a file of its own beside `dist/worker.js`: name of the file without
 * `.js` -> its source. The worker loads them by `import()`. A part is self-contained: of the worker's own objects it may read
 * only what `internal-names.mjs` leaves its name, and its errors are told by their name.
 */
export const workerParts = {
  "worker-filter": "src/core/filter/part.ts",
  "worker-loaded": "worker/loaded/loaded-indexes.ts",
  "worker-sha256": "worker/plain-sha256.ts",
};

/** The same of the worker that reads pages and sites, `dist/crawl-worker.js`. */
export const crawlWorkerParts = {
  "worker-language": "src/extract/detect-language.ts",
};

/**
 * Vite plugin for a worker that leaves `import()` of a part to the browser, by the address of a file beside it.
 *
 * Why not a plain `import("./part.js")`, as in the main entry: workers are bundled into one file as a rule, and bundlers refuse
 * or misplace a second one. They all know `new URL("./part.js", import.meta.url)`, copy the file and put its address there.
 */
export function leaveWorkerParts(parts) {
  return {
    name: "inkling:leave-worker-parts",
    ...leaveImports(parts),
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
