import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { blocksOf, checkManifest } from "../../src/core/segment/check-manifest.ts";
import { readTable } from "../../src/core/filter/attribute-table.ts";
import { type AttributeDescription, describeAttributes } from "../../src/core/filter/describe-attributes.ts";
import type { BlockReference } from "../../src/core/segment/manifest.ts";
import type { SegmentReader } from "../../src/core/segment/reader.ts";
import { IndexState } from "../../worker/index-state.ts";
import type { BlockStore } from "../../worker/ports.ts";
import { generationOf } from "../../worker/stores/checks.ts";
import { openFileStore } from "../../worker/stores/files.ts";
import { IndexFormatError } from "../../src/errors.ts";
import { usageError } from "../arguments.ts";
import { settleIndex } from "../segments/settle-index.ts";
import { type ModelChoice, openEngine, waitForModel } from "../engine.ts";
import type { Terminal } from "../terminal.ts";
import { emptyCache, readBuildCache, writeBuildCache } from "./build-cache.ts";
import { type BuildReport, buildSite } from "./build-site.ts";
import { loadEnrich } from "./enrich.ts";
import { FileStamps } from "./file-stamps.ts";
import { createPageFilter } from "./globs.ts";
import { listPages } from "./list-pages.ts";
import { createPagePool } from "./page-pool.ts";
import { createUrlRule } from "./page-urls.ts";
import { createStagedStore } from "./staged-store.ts";
import { type WrittenSitePieces, writeSitePieces } from "./write-site-pieces.ts";

/** What is to be built, and how. */
export interface BuildSettings {
  /** The folder of the pages. */
  readonly folder: string;
  /** The folder of the index. */
  readonly out: string;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** See `createUrlRule`. */
  readonly baseUrl?: string | undefined;
  /** See `createUrlRule`. Default false. */
  readonly hasCleanUrls?: boolean;
  /** Path of a module; see `loadEnrich`. */
  readonly enrich?: string | undefined;
  /** Language of pages that declare none; absent: it is detected. */
  readonly lang?: string | undefined;
  /** Threads that parse; absent: one for each core. */
  readonly threads?: number | undefined;
  readonly model: Exclude<ModelChoice, "none">;
  /** Whether the index is also written in pieces, for `search.load`. Default false. */
  readonly pieces?: boolean | undefined;
}

/** What was built, with the blocks of the index. */
export interface FinishedBuild extends Omit<BuildReport, "cache"> {
  readonly blocks: readonly BlockReference[];
  /** By which queries can filter. */
  readonly attributes: readonly AttributeDescription[];
  /** The index in pieces, and the time it took; absent where it was not asked for. */
  readonly pieces?: WrittenSitePieces;
}

/**
 * Builds an index, or brings it up to date. Nothing of it is visible before all of it is: whatever goes wrong, the index
 * that was there stays as it was.
 *
 * @throws {InvalidArgumentError} `argument/option` for settings that cannot be used, or a folder without pages.
 * @throws {StorageError} where the index cannot be written.
 */
export async function runBuild(
  settings: BuildSettings,
  terminal: Terminal,
  signal?: AbortSignal,
): Promise<FinishedBuild> {
  const base = await openFileStore(settings.out);
  try {
    return await stageBuild(settings, terminal, base, { signal, isAnew: false });
  } catch (error) {
    if (!(error instanceof IndexFormatError) || error.details["block"] === undefined) throw error;
    // Why: text is read late, so its damage shows late; the pages have all that it held.
    terminal.warn(`Warning: the index in ${settings.out} is damaged and is built anew. ${error.message}`);
    return await stageBuild(settings, terminal, base, { signal, isAnew: true });
  } finally {
    await base.close();
  }
}

interface StageOptions {
  readonly signal: AbortSignal | undefined;
  /** Whether what is stored counts as nothing. */
  readonly isAnew: boolean;
}

async function stageBuild(
  settings: BuildSettings,
  terminal: Terminal,
  base: BlockStore,
  { signal, isAnew }: StageOptions,
): Promise<FinishedBuild> {
  const { folder, out, lang = "" } = settings;
  const urlOf = createUrlRule(settings.baseUrl, settings.hasCleanUrls);
  const isWanted = createPageFilter(settings.include, settings.exclude);
  const paths = await listPages(folder, out, isWanted);
  const store = await createStagedStore(base, join(out, `${stagingPrefix}${process.pid}`));
  if (isAnew) await store.clear();
  const state = await IndexState.open(store);
  const storedUrls = listUrls(state.snapshot.readers);
  if (paths.length === 0) throw noPagesError(settings, storedUrls.length);
  const enriching = settings.enrich === undefined ? undefined : await loadEnrich(settings.enrich);
  // Why with the module: what another one says of unchanged pages is another thing.
  const reading = enriching === undefined ? lang : `${lang} ${enriching.hash}`;
  const stamps = await FileStamps.open(folder, out);
  await removeLeftovers(out);
  const pool = createPagePool({ folder, lang }, settings.threads);
  try {
    const settled = { state, maxSegments: Number.POSITIVE_INFINITY };
    const engine = await openEngine(out, store, settings.model, terminal, settled);
    try {
      await waitForModel(engine, terminal, settings.model.model !== undefined);
      const report = await buildSite({
        engine,
        pool,
        paths,
        storedUrls,
        stamps,
        cache: isAnew ? emptyCache : await readBuildCache(out, reading),
        generation: generationOf(await base.readManifest()),
        urlOf,
        enrich: enriching?.enrich,
        onProgress: (phase, done, total) =>
          terminal.showProgress(`${phase === "read" ? "Reading" : "Indexing"}: ${done} of ${total} pages`),
        ...(signal === undefined ? {} : { signal }),
      });
      await settleIndex(state);
      const published = await store.publish();
      await writeBuildCache(out, reading, { ...report.cache, generation: published });
      await stamps.save(out);
      const { segments } = checkManifest(await base.readManifest());
      const pieces =
        settings.pieces === true ? { pieces: await writeSitePieces(state.snapshot.readers, out, settings.model) } : {};
      const attributes = describeAttributes(state.snapshot.readers.map(readTable));
      return { ...report, blocks: segments.flatMap(blocksOf), attributes, ...pieces };
    } finally {
      await engine.close();
    }
  } finally {
    await pool.close();
    await store.discard();
  }
}

function listUrls(readers: readonly SegmentReader[]): string[] {
  return readers.flatMap((reader) => {
    const documents = Array.from({ length: reader.documentCount }, (_, document) => document);
    return documents.filter((document) => !reader.isRemoved(document)).map((document) => reader.url(document));
  });
}

const stagingPrefix = ".staging-";

/** Removes what builds left that were killed. */
async function removeLeftovers(out: string): Promise<void> {
  for (const name of await readdir(out).catch(() => [])) {
    const pid = name.startsWith(stagingPrefix) ? Number(name.slice(stagingPrefix.length)) : Number.NaN;
    if (Number.isInteger(pid) && !isRunning(pid)) await rm(join(out, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

function noPagesError({ folder, out, include, exclude }: BuildSettings, stored: number): Error {
  const filtered = include.length + exclude.length > 0 ? " that --include and --exclude let pass" : "";
  const expected = "Expected files that end with .html, .htm, .xhtml, .md, .mdx or .markdown.";
  // Why: a mistyped folder must not empty an index.
  const kept =
    stored === 0
      ? ""
      : ` The index in "${out}" with its ${stored} pages was kept; to remove them all, delete that folder.`;
  return usageError(`There is no page in "${folder}"${filtered}. ${expected}${kept}`);
}
