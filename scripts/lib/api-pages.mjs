import { readFileSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readEntry } from "./api-declarations.mjs";
import { writeApiPage } from "./api-markdown.mjs";
import { root } from "./paths.mjs";

/** What a page is about, by the folder of its entries' declarations; another folder gets a page of its own. */
const titles = {
  src: ["API: inkling-search", "Every public name of inkling-search: functions, classes, options and answers."],
  element: ["API: elements", "Classes, methods and events of the search elements, from inkling-search/element."],
  neural: ["API: neural models", "Functions and types of inkling-search/neural, for models that take over."],
  plugins: ["API: plugins", "Plugins that build the index together with a site, and their options."],
};

/** Entries of the package that have types, those of a folder together: page name -> entries. */
function groupEntries() {
  const { name, exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const pages = new Map();
  for (const [path, { types }] of Object.entries(exports)) {
    if (types === undefined) continue;
    const declarations = readEntry(join(root, types));
    // Why: the script of a worker has no names.
    if (declarations.length === 0) continue;
    const folder = dirname(types).split("/").at(-1);
    const entry = { specifier: name + path.slice(1), declarations };
    pages.set(folder, [...(pages.get(folder) ?? []), entry]);
  }
  return pages;
}

/**
 * Makes the pages of the API reference from the declarations in `dist/types`.
 *
 * @returns {Map<string, string>} name of the file in `docs/guide` -> its text.
 */
export function makeApiPages() {
  const files = new Map();
  for (const [folder, entries] of groupEntries()) {
    const [first] = entries;
    const [title, description] = titles[folder] ?? [
      `API: ${first.specifier}`,
      `Every public name of ${first.specifier}.`,
    ];
    const file = folder === "src" ? "api.md" : `api-${folder}.md`;
    const order = 20 + files.size / 10;
    files.set(file, writeApiPage(entries, { title, description, order }));
  }
  return files;
}

/** Brings the pages in `docs/guide` up to date with `dist/types`. Returns their names. */
export async function writeApiPages() {
  const folder = join(root, "docs/guide");
  const pages = makeApiPages();
  for (const [file, text] of pages) {
    const before = await readFile(join(folder, file), "utf8").catch(() => "");
    if (before !== text) await writeFile(join(folder, file), text);
  }
  const earlier = (await readdir(folder)).filter((file) => /^api(?:-\w+)?\.md$/.test(file));
  for (const file of earlier.filter((each) => !pages.has(each))) await rm(join(folder, file));
  return [...pages.keys()];
}
