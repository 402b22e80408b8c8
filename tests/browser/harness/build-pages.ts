import { build } from "vite";
import { pageFolders } from "./page-folders.ts";

/**
 * Builds the pages of these tests, once for all files: several of them open the same page at the same time. The library is
 * no part of a page, which loads `dist` as it is published.
 */
export async function setup(): Promise<void> {
  for (const { source, built } of Object.values(pageFolders)) {
    await build({
      configFile: false,
      root: source,
      base: "./",
      logLevel: "error",
      build: {
        outDir: built,
        emptyOutDir: true,
        target: "es2022",
        minify: false,
        modulePreload: false,
        reportCompressedSize: false,
      },
    });
  }
}
