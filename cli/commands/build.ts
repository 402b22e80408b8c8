import { stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { builtInModelId } from "../../src/built-in-model.ts";
import type { AttributeDescription } from "../../src/core/filter/describe-attributes.ts";
import { countLive } from "../../src/core/pieces/entry.ts";
import type { BlockReference } from "../../src/core/segment/manifest.ts";
import { SearchError } from "../../src/errors.ts";
import { parseArguments, usageError } from "../arguments.ts";
import type { Command } from "../command.ts";
import { checkFolder, modelHelp, modelOptions } from "../engine.ts";
import { realpathOf } from "../site/list-pages.ts";
import { type BuildSettings, type FinishedBuild, runBuild } from "../site/run-build.ts";
import { watchFolder } from "../site/watch-folder.ts";
import type { WrittenSitePieces } from "../site/write-site-pieces.ts";
import type { Terminal } from "../terminal.ts";

const help = `Usage: inkling build <folder> [options]

Indexes all HTML (.html .htm .xhtml), Markdown (.md .markdown) and MDX (.mdx) pages below a folder.

An index that is there is brought up to date: pages that did not change are neither parsed nor embedded again, pages that
are gone are removed. It changes in one step at the end; whatever goes wrong before, it stays as it was.
Left out are names that begin with a dot, node_modules, cards of models, the folder of the index, pages with
<meta name="robots" content="noindex">, pages that redirect, drafts, and pages without text.

  --out <folder>    where the index is written; default: inkling, in the folder of the pages
  --include <glob>  only pages whose path fits, such as "guide/**" or "*.md"; may be given several times
  --exclude <glob>  no pages whose path fits; may be given several times
  --base-url <url>  where the folder is served: https://example.org/docs/ or /docs/; guide/index.html gets the url
                    <base>guide/, and a canonical address below the base is used. Default: the url of a page is its
                    path from the folder, as the file is named: guide/index.html
  --clean-urls      with --base-url: addresses are without .html, guide/install.html gets the url <base>guide/install
  --lang <tag>      language of pages that declare none; default: it is detected
  --pieces          also write the index in pieces, for pages that load it with search.load(): blocks of a few KB that a
                    query fetches as it needs them. Copy the folder "pieces" to the host before inkling-pieces.json
  --enrich <module> a module whose default export gets each passage, { url, title, path, text }, and gives
                    { questions, keywords, summary } that are searched and never shown, or nothing
  --threads <n>     threads that parse pages; default: one for each core
${modelHelp}
  --watch           go on, and build again whenever a page changes, until Ctrl+C
  --json            a line of JSON for each build in place of the summary
  --help            this text`;

/** Lines of each kind that the summary shows before it counts the rest. */
const listedLines = 20;
const listedBlocks = 5;

/** `inkling build`: a folder of pages to an index. */
export const buildCommand: Command = { summary: "index a folder of HTML or Markdown pages", help, run };

const options = {
  out: { type: "string" },
  include: { type: "string", multiple: true, default: [] as string[] },
  exclude: { type: "string", multiple: true, default: [] as string[] },
  "base-url": { type: "string" },
  "clean-urls": { type: "boolean", default: false },
  lang: { type: "string" },
  enrich: { type: "string" },
  threads: { type: "string" },
  pieces: { type: "boolean", default: false },
  watch: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  ...modelOptions,
} as const;

async function run(args: readonly string[], terminal: Terminal): Promise<void> {
  const { values, positionals } = parseArguments(args, options);
  const [folder, ...rest] = positionals;
  if (folder === undefined || rest.length > 0)
    throw usageError(`build takes one folder, found ${positionals.length}. See inkling build --help.`);
  await checkFolder(folder, "The folder");
  const out = values.out ?? join(folder, "inkling");
  await checkOut(out, folder);
  const settings: BuildSettings = {
    folder,
    out,
    include: values.include ?? [],
    exclude: values.exclude ?? [],
    baseUrl: values["base-url"],
    hasCleanUrls: values["clean-urls"] === true,
    enrich: values.enrich,
    lang: parseLanguage(values.lang),
    threads: parseThreads(values.threads),
    pieces: values.pieces,
    model: { model: values.model, host: values["model-host"] },
  };
  let isFirst = true;
  const build = async (): Promise<void> => {
    const started = performance.now();
    const report = await runBuild(settings, terminal);
    const ms = performance.now() - started;
    if (values.json === true) terminal.print(JSON.stringify(toJson(report, out, ms)));
    else {
      printCounts(report, ms, terminal);
      // Why once: under --watch it would fill the terminal with what hardly changes.
      if (isFirst) printSummary(report, out, terminal);
      printOddities(report, terminal);
    }
    isFirst = false;
  };
  await build();
  if (values.watch === true) await watchAndBuild(settings, build, terminal);
}

async function watchAndBuild(
  { folder, out }: BuildSettings,
  build: () => Promise<void>,
  terminal: Terminal,
): Promise<void> {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  process.once("SIGINT", stop).once("SIGTERM", stop);
  try {
    const watching = watchFolder(folder, out, controller.signal, () =>
      // Why printed: a page that is being written may not be readable for a moment, and the next change mends it.
      build().catch((error: unknown) => terminal.warn(describeFailure(error))),
    );
    // Why now: what is changed from here on is seen.
    terminal.warn(`Watching ${folder}. Ctrl+C ends.`);
    await watching;
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
  }
}

function describeFailure(error: unknown): string {
  if (error instanceof SearchError) return `inkling: ${error.message} (${error.code})`;
  return `inkling: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

/** @throws {InvalidArgumentError} where no folder can be at that place, or the folder is that of the pages. */
async function checkOut(out: string, folder: string): Promise<void> {
  if ((await realpathOf(out)) === (await realpathOf(folder))) {
    throw usageError(`--out is "${out}", the folder of the pages itself. Give another one; it may lie inside.`);
  }
  for (let path = resolve(out); ; path = dirname(path)) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory() === true || path === dirname(path)) return;
    if (found === undefined) continue;
    const what = path === resolve(out) ? "is a file" : `lies below ${path}, which is a file`;
    throw usageError(`--out is "${out}", which ${what}. Give a folder; it is made where there is none.`);
  }
}

function parseLanguage(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  try {
    return Intl.getCanonicalLocales(value)[0];
  } catch (error) {
    throw usageError(`--lang is "${value}", expected a language tag such as en or pt-BR.`, error);
  }
}

/** More threads than any machine gains from. */
const maxThreads = 64;

function parseThreads(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const threads = Number(value);
  if (/^\d+$/.test(value) && threads <= maxThreads) return threads;
  throw usageError(`--threads is "${value}", expected an integer from 0 to ${maxThreads}; 0 parses without threads.`);
}

function printCounts(report: FinishedBuild, ms: number, terminal: Terminal): void {
  const rate = Math.round((report.pages * 1000) / ms);
  terminal.print(`${report.pages} pages in ${seconds(ms)} (${rate} pages/s): ${listCounts(report)}`);
}

function printSummary(report: FinishedBuild, out: string, terminal: Terminal): void {
  const { status } = report;
  terminal.print(`${report.passages} passages written, ${report.embedded} of them embedded with ${status.model.id}`);
  terminal.print(
    `Time: ${report.parsed} pages parsed in ${seconds(report.readMs)}, indexed in ${seconds(report.indexMs)}`,
  );
  terminal.print(
    `Index in ${out}: ${status.documents} pages, ${status.passages} passages, ${formatBytes(sumBytes(report.blocks))}`,
  );
  for (const [kind, bytes] of bytesByKind(report.blocks)) terminal.print(`  ${kind.padEnd(12)}${formatBytes(bytes)}`);
  const largest = largestBlocks(report.blocks).map(({ name, bytes }) => `${name} ${formatBytes(bytes)}`);
  if (largest.length > 0) terminal.print(`Largest blocks: ${largest.join(", ")}`);
  if (report.attributes.length > 0) terminal.print(`Attributes: ${report.attributes.map(formatAttribute).join(", ")}`);
  if (report.pieces !== undefined) terminal.print(describePieces(report.pieces));
  if (status.withoutVector > 0) terminal.print(`${status.withoutVector} passages have no vector; they answer by words`);
  if (report.added === status.documents) terminal.print(describeNext(report, out));
}

function printOddities({ warnings, skipped }: FinishedBuild, terminal: Terminal): void {
  printSome(
    "warnings",
    warnings.map(({ url, message }) => `${url}: ${message}`),
    terminal,
  );
  printSome(
    "pages skipped",
    skipped.map(({ url, reason }) => `${url}: ${reason}`),
    terminal,
  );
}

/** What to do with an index that has just come to be. */
function describeNext({ pieces }: FinishedBuild, out: string): string {
  const inPages =
    pieces === undefined
      ? "Pages load it in pieces: build with --pieces, too."
      : 'Pages ask it by <inkling-search index="…"></inkling-search>, with the address of this folder on the host.';
  return `Try it: inkling query "${out}" "a question". ${inPages}`;
}

function formatAttribute({ name, type, documents, nearly }: AttributeDescription): string {
  const odd = nearly === null ? "" : `, but for ${JSON.stringify(nearly.except)} a ${nearly.type}`;
  return `${name} (${type}, ${documents} pages${odd})`;
}

function toJson(report: FinishedBuild, out: string, ms: number): object {
  const { pages, parsed, added, replaced, unchanged, removed, passages, embedded, skipped, warnings, status } = report;
  return {
    out,
    pages,
    parsed,
    added,
    replaced,
    unchanged,
    removed,
    passages,
    embedded,
    ms: { total: Math.round(ms), read: Math.round(report.readMs), index: Math.round(report.indexMs) },
    index: {
      pages: status.documents,
      passages: status.passages,
      withoutVector: status.withoutVector,
      model: status.model.id,
      bytes: sumBytes(report.blocks),
      attributes: report.attributes,
      bytesByKind: Object.fromEntries(bytesByKind(report.blocks)),
      ...(report.pieces === undefined ? {} : { pieces: piecesToJson(report.pieces) }),
      largestBlocks: largestBlocks(report.blocks).map(({ name, bytes }) => ({ name, bytes })),
    },
    warnings,
    skipped,
  };
}

function piecesToJson({ entry, isUpdate, ms }: WrittenSitePieces): object {
  const { blocks, bytes, meaning } = entry;
  return { ...countLive(entry), blocks, bytes, hasVectors: meaning !== null, isUpdate, ms: Math.round(ms) };
}

/** From so many pages on it is told what a page takes: of few, most is the table of the model. */
const minPagesForMean = 1000;

function describePieces({ entry, isUpdate, ms }: WrittenSitePieces): string {
  const { documents } = countLive(entry);
  const perPage = documents < minPagesForMean ? "" : `, ${formatBytes(entry.bytes / documents)} a page`;
  const how =
    entry.meaning === null ? `, which answer by words alone: they hold vectors of ${builtInModelId} only` : "";
  const written = isUpdate ? "brought up to date" : "written";
  return `In pieces: ${entry.blocks} blocks, ${formatBytes(entry.bytes)}${perPage}, ${written} in ${seconds(ms)}${how}`;
}

function listCounts({ added, replaced, unchanged, removed, skipped }: FinishedBuild): string {
  const counts = { added, replaced, unchanged, removed, skipped: skipped.length };
  return Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(", ");
}

/** Bytes of the index by what its blocks hold, the most first. */
function bytesByKind(blocks: readonly BlockReference[]): [kind: string, bytes: number][] {
  const kinds = new Map<string, number>();
  for (const { name, bytes } of blocks) {
    const kind = /\/([a-z]+)[^/]*$/.exec(name)?.[1] ?? "other";
    kinds.set(kind, (kinds.get(kind) ?? 0) + bytes);
  }
  return [...kinds].sort(([a, aBytes], [b, bBytes]) => bBytes - aBytes || (a < b ? -1 : 1));
}

function largestBlocks(blocks: readonly BlockReference[]): BlockReference[] {
  return blocks.toSorted((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1)).slice(0, listedBlocks);
}

function sumBytes(blocks: readonly BlockReference[]): number {
  return blocks.reduce((sum, { bytes }) => sum + bytes, 0);
}

function printSome(title: string, lines: readonly string[], terminal: Terminal): void {
  if (lines.length === 0) return;
  terminal.print(`${lines.length} ${title}:`);
  for (const line of lines.slice(0, listedLines)) terminal.print(`  ${line}`);
  if (lines.length > listedLines) terminal.print(`  and ${lines.length - listedLines} more`);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function formatBytes(bytes: number): string {
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
