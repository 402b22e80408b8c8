import { resolve } from "node:path";
import { buildIndex, type IndexOptions, servedAt } from "./build-index.ts";

export type { IndexOptions } from "./build-index.ts";

/** What is read of Vite's configuration. */
interface ResolvedConfig {
  readonly root: string;
  readonly base: string;
  readonly build: { readonly outDir: string; readonly ssr: boolean | string };
  readonly logger: { info(message: string): void };
}

/** A plugin as Vite takes it. */
export interface InklingPlugin {
  readonly name: string;
  readonly apply: "build";
  readonly enforce: "post";
  configResolved(config: ResolvedConfig): void;
  readonly closeBundle: { readonly order: "post"; readonly sequential: true; handler(): Promise<void> };
}

/**
 * Vite plugin that indexes the pages of a finished build, and writes the index beside them.
 *
 * The build fails where the index cannot be made.
 */
export function inkling(options: IndexOptions = {}): InklingPlugin {
  let config: ResolvedConfig | undefined;
  return {
    name: "inkling-search",
    apply: "build",
    enforce: "post",
    configResolved(resolved) {
      config = resolved;
    },
    closeBundle: {
      order: "post",
      sequential: true,
      async handler() {
        // Why not for a server's bundle: it has no pages.
        if (config === undefined || config.build.ssr !== false) return;
        const { root, base, build, logger } = config;
        await buildIndex(resolve(root, build.outDir), { ...servedAt(base), ...options }, (line) =>
          logger.info(`inkling: ${line}`),
        );
      },
    },
  };
}
