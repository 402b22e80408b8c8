import type { Plugin } from "vite";
import { extractGuide } from "./content.ts";
import { readGuide } from "./guide.ts";
import { renderPage } from "./page.ts";

/** A Vite plugin that adds to the bundle a page for every file of the guide, and the documents to be searched. */
export function guideSite(): Plugin {
  return {
    name: "guide-site",
    apply: "build",
    async generateBundle(_options, bundle) {
      const entry = Object.values(bundle).find((file) => file.type === "chunk" && file.isEntry);
      if (!entry) this.error("The demo's script is missing from the bundle.");
      const styles = Object.keys(bundle).filter((name) => name.endsWith(".css"));
      const pages = await readGuide();
      const documents = JSON.stringify(extractGuide(pages));
      const reference = this.emitFile({ type: "asset", name: "content.json", source: documents });
      const assets = { script: entry.fileName, styles, content: this.getFileName(reference) };
      for (const page of pages) {
        this.emitFile({ type: "asset", fileName: page.url, source: renderPage(page, pages, assets) });
      }
    },
  };
}
