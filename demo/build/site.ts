import { fileURLToPath } from "node:url";
import { build, type InlineConfig, type Plugin, type Rolldown } from "vite";
import { readContent, writeContent } from "./content-folder.ts";
import { extractGuide } from "./content.ts";
import { describeGuide, readGuide } from "./guide.ts";
import { type Library, readLibrary } from "./library.ts";
import { renderPage } from "./page.ts";
import type { SiteAssets } from "./site-page.ts";

/** What a site is made of, and where it is written. */
export interface SiteOptions {
  /** Folder of somebody's own pages; null makes the site of the guide. */
  readonly content: string | null;
  readonly outDir: string;
}

/**
 * Builds a site: scripts and styles, the released drop-in, and the pages.
 *
 * @throws where a page of the guide lacks something, or the folder has no page.
 */
export async function writeSite({ content, outDir }: SiteOptions): Promise<void> {
  const own = content === null ? null : await readContent(content);
  const library = await readLibrary();
  const plugins = [libraryFiles(library), ...(own === null ? [guidePages(library)] : [])];
  const built = (await build(createConfig(library, outDir, plugins))) as Rolldown.RolldownOutput;
  if (own !== null) await writeContent(own, outDir, findAssets(library, built.output));
}

/** Script of all pages, and those of single pages, by the name that a page gives in its front matter. */
const scripts = { main: "../src/main.ts", playground: "../src/playground/main.ts" };

const sourcePath = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

function createConfig(library: Library, outDir: string, plugins: Plugin[]): InlineConfig {
  return {
    configFile: false,
    root: sourcePath("../"),
    base: "./",
    publicDir: false,
    logLevel: "warn",
    plugins,
    build: {
      outDir,
      emptyOutDir: true,
      target: "es2023",
      modulePreload: false,
      rolldownOptions: {
        // Why not: that pages are rendered by a plugin is meant.
        checks: { pluginTimings: false },
        input: Object.fromEntries(Object.entries(scripts).map(([name, path]) => [name, sourcePath(path)])),
        // Why not bundled: the site runs the released files, as a page without a bundler does.
        external: ["inkling-search"],
        output: { paths: { "inkling-search": `./${library.folder.replace(/^assets\//, "")}/index.js` } },
      },
    },
  };
}

/** A Vite plugin that adds the released drop-in. */
function libraryFiles({ folder, files }: Library): Plugin {
  return {
    name: "site:library",
    generateBundle() {
      for (const [path, source] of files) this.emitFile({ type: "asset", fileName: `${folder}/${path}`, source });
    },
  };
}

/** A Vite plugin that adds a page for every file of the guide, and the documents to be searched. */
function guidePages(library: Library): Plugin {
  return {
    name: "site:guide",
    async generateBundle(_options, bundle) {
      const pages = await readGuide();
      const source = JSON.stringify(extractGuide(pages));
      const content = this.getFileName(this.emitFile({ type: "asset", name: "content.json", source }));
      const site = describeGuide(pages, findAssets(library, Object.values(bundle)), content);
      for (const page of pages) this.emitFile({ type: "asset", fileName: page.url, source: renderPage(page, site) });
    },
  };
}

function findAssets(library: Library, files: readonly (Rolldown.OutputChunk | Rolldown.OutputAsset)[]): SiteAssets {
  const entries = files.filter((file) => file.type === "chunk").filter(({ isEntry }) => isEntry);
  const { main, ...others } = Object.fromEntries(
    entries.map(({ name, fileName, viteMetadata }) => [
      name,
      { script: fileName, styles: [...(viteMetadata?.importedCss ?? [])] },
    ]),
  );
  if (main === undefined) throw new Error("The site's script is missing from the bundle.");
  return { dropIn: `${library.folder}/inkling.js`, main, others };
}
