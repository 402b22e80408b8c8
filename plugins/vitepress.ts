import { buildIndex, errorPage, type IndexOptions, servedAt } from "./build-index.ts";

export type { IndexOptions } from "./build-index.ts";

/** What is read of VitePress's configuration. */
interface SiteConfig {
  readonly outDir: string;
  readonly cleanUrls?: boolean;
  readonly site: { readonly base: string };
  readonly logger: { info(message: string): void };
}

/**
 * Gives VitePress's `buildEnd`, which indexes the finished pages and writes the index beside them.
 *
 * The build fails where the index cannot be made.
 */
export function inkling(options: IndexOptions = {}): (config: SiteConfig) => Promise<void> {
  return async ({ outDir, cleanUrls = false, site, logger }) => {
    const exclude = [errorPage, ...(options.exclude ?? [])];
    await buildIndex(outDir, { cleanUrls, ...servedAt(site.base), ...options, exclude }, (line) =>
      logger.info(`inkling: ${line}`),
    );
  };
}
