const placeholder = "__INKLING_OWN_URL__";

/**
 * Vite plugin that leaves `import.meta.url` of the sources as it stands.
 *
 * Why: Vite's library mode would inline or rename what `new URL("./worker.js", import.meta.url)` names. These
 * expressions are for the bundler of whoever uses the package: it looks for exactly this form, beside `dist/index.js`,
 * to emit the worker and the model's files. So they are hidden while Vite builds, and put back in its output.
 */
export function keepOwnUrls() {
  return {
    name: "inkling:keep-own-urls",
    enforce: "pre",
    transform(code, id) {
      if (id.includes("/node_modules/") || !code.includes("import.meta.url")) return null;
      return { code: code.replaceAll("import.meta.url", placeholder), map: null };
    },
    generateBundle(_, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type === "chunk") chunk.code = restore(chunk.code);
      }
    },
  };
}

// Why: the minifier may write strings as templates, which not every bundler reads as a fixed string.
function restore(code) {
  return code
    .replaceAll(placeholder, "import.meta.url")
    .replace(/new URL\(`([^`$]*)`,\s*import\.meta\.url\)/g, 'new URL("$1",import.meta.url)')
    .replace(/type:\s*`module`/g, 'type:"module"');
}
