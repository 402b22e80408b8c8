import { fileURLToPath } from "node:url";
import { buildIndex, errorPage, type IndexOptions, servedAt } from "./build-index.ts";

export type { IndexOptions } from "./build-index.ts";

/** An integration as Astro takes it. */
export interface InklingIntegration {
  readonly name: string;
  readonly hooks: {
    "astro:config:done"(setup: { readonly config: { readonly base: string } }): void;
    "astro:build:done"(build: { readonly dir: URL; readonly logger: { info(message: string): void } }): Promise<void>;
  };
}

/**
 * Astro integration that indexes the pages of a finished build, and writes the index beside them.
 *
 * The build fails where the index cannot be made.
 */
export function inkling(options: IndexOptions = {}): InklingIntegration {
  let base = "/";
  return {
    name: "inkling-search",
    hooks: {
      "astro:config:done": ({ config }) => {
        base = config.base;
      },
      "astro:build:done": async ({ dir, logger }) => {
        const exclude = [errorPage, ...(options.exclude ?? [])];
        await buildIndex(fileURLToPath(dir), { ...servedAt(base), ...options, exclude }, (line) => logger.info(line));
      },
    },
  };
}
