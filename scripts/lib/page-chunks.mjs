import { leaveImports } from "./leave-imports.mjs";

/**
 * Parts of the page's side that not every page needs, each a file of its own beside `dist/index.js`: name of the file without
 * `.js` -> its source. `src/search.ts` loads them by `import()`.
 */
export const pageChunks = {
  "provider-handle": "src/provider-handle.ts",
  documents: "src/send-documents.ts",
  pages: "src/pages.ts",
  persist: "src/persist.ts",
};

/**
 * Vite plugin for an entry that leaves `import()` of such a part as it is, but for the name of the file: whoever bundles
 * the package finds the part beside the entry, and makes it a part of the app's own.
 */
export function leavePageChunks(chunks = pageChunks) {
  return { name: "inkling:leave-page-chunks", ...leaveImports(chunks) };
}

/** Files that the elements load by `import()`: all but a field and a button comes when a visitor goes for it. */
export const elementChunks = {
  index: "src/index.ts",
  "element-panel": "src/element/panel.ts",
  "element-de": "src/element/texts/de.ts",
  "element-es": "src/element/texts/es.ts",
  "element-fr": "src/element/texts/fr.ts",
};

/** Why: the minifier writes strings as templates, and not every bundler takes one for the address of a file or package. */
export const quotedImports = {
  name: "inkling:quoted-imports",
  generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type === "chunk") chunk.code = chunk.code.replace(/import\(`([^`$]*)`\)/g, 'import("$1")');
    }
  },
};
