import { join } from "node:path";
import { openFileStore } from "../../worker/stores/files.ts";
import { parseArguments, usageError } from "../arguments.ts";
import type { Command } from "../command.ts";
import { checkFolder, openEngine, waitForModel } from "../engine.ts";
import { buildSite, type BuildReport } from "../site/build-site.ts";
import { listPages, realpathOf } from "../site/list-pages.ts";
import { listStoredUrls } from "../site/stored-urls.ts";
import type { Terminal } from "../terminal.ts";

const help = `Usage: inkling build <folder> [--out <folder>] [--model <folder>]

Indexes all HTML (.html .htm .xhtml) and Markdown (.md .markdown) pages below a folder.
The url of a page is its path from that folder, with "/" and as the file is named: guide/index.html.

An index that is there is brought up to date: new and changed pages are added, pages that are gone are removed, and
passages that did not change are not embedded again. Left out are names that begin with a dot, node_modules, the folder of
the index, pages with <meta name="robots" content="noindex">, pages that redirect, and pages without text.

  --out <folder>    where the index is written; default: inkling, in the folder of the pages
  --model <folder>  the model to use; default: the built-in one
  --help            this text`;

/** Lines of each kind that the summary shows before it counts the rest. */
const listedLines = 20;

/** `inkling build`: a folder of pages to an index. */
export const buildCommand: Command = { summary: "index a folder of HTML or Markdown pages", help, run };

async function run(args: readonly string[], terminal: Terminal): Promise<void> {
  const { values, positionals } = parseArguments(args, { out: { type: "string" }, model: { type: "string" } });
  const [folder, ...rest] = positionals;
  if (folder === undefined || rest.length > 0)
    throw usageError(`build takes one folder, found ${positionals.length}. See inkling build --help.`);
  await checkFolder(folder, "The folder");
  const out = values.out ?? join(folder, "inkling");
  if ((await realpathOf(out)) === (await realpathOf(folder))) {
    throw usageError(`--out is "${out}", the folder of the pages itself. Give another one; it may lie inside.`);
  }
  const started = performance.now();
  const report = await build(folder, out, values.model, terminal);
  printSummary(report, out, performance.now() - started, terminal);
}

async function build(folder: string, out: string, model: string | undefined, terminal: Terminal): Promise<BuildReport> {
  const urls = await listPages(folder, out);
  const store = await openFileStore(out);
  const storedUrls = await listStoredUrls(store);
  if (urls.length === 0 && storedUrls.length > 0) {
    // Why: a mistyped folder must not empty an index.
    throw usageError(
      `There is no page in "${folder}", but the index in "${out}" has ${storedUrls.length}. To remove them all, delete that folder.`,
    );
  }
  const engine = await openEngine(out, store, { folder: model });
  try {
    await waitForModel(engine, terminal);
    return await buildSite(engine, folder, urls, storedUrls, (done, total) =>
      terminal.showProgress(`Indexing: ${done} of ${total} pages`),
    );
  } finally {
    await engine.close();
  }
}

function printSummary(report: BuildReport, out: string, ms: number, terminal: Terminal): void {
  const { status, warnings, skipped } = report;
  const seconds = (ms / 1000).toFixed(1);
  const rate = Math.round((report.pages * 1000) / ms);
  terminal.print(`${report.pages} pages in ${seconds} s (${rate} pages/s): ${listCounts(report)}`);
  terminal.print(`${report.passages} passages written, ${report.embedded} of them embedded with ${status.model.id}`);
  terminal.print(
    `Index in ${out}: ${status.documents} pages, ${status.passages} passages, ${formatBytes(status.bytes)}`,
  );
  if (status.withoutVector > 0) terminal.print(`${status.withoutVector} passages have no vector; they answer by words`);
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

function listCounts({ added, replaced, unchanged, removed, skipped }: BuildReport): string {
  const counts = { added, replaced, unchanged, removed, skipped: skipped.length };
  return Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(", ");
}

function printSome(title: string, lines: readonly string[], terminal: Terminal): void {
  if (lines.length === 0) return;
  terminal.print(`${lines.length} ${title}:`);
  for (const line of lines.slice(0, listedLines)) terminal.print(`  ${line}`);
  if (lines.length > listedLines) terminal.print(`  and ${lines.length - listedLines} more`);
}

function formatBytes(bytes: number): string {
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
