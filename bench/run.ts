import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, loadavg, platform, release, tmpdir, totalmem } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { BrowserContext, Page } from "playwright";
import { build } from "vite";
import { root } from "../scripts/lib/paths.mjs";
import { createProfile } from "../tests/browser/harness/browser.ts";
import { startServer } from "../tests/browser/harness/server.ts";
import { type Corpus, findCollections, poolCollections } from "./corpus.ts";
import type { IndexRun, QueryRun, VisitRun } from "./page/inkling.ts";
import type { PeerRun } from "./page/peers.ts";
import { formatQuantiles, formatSize, formatTable, type Row } from "./report.ts";
import { measureSizes } from "./sizes.ts";
import { spreadOf } from "./statistics.ts";
import { type MeasuredTiers, tierRows } from "./tier-rows.ts";
import { measureTiers } from "./tiers.ts";

const usage = `npm run bench -- [--collection <folder>]… [--passages 20000] [--queries 200] [--runs 3] [--no-peers]
                [--tiers 500] [--neural <folder>] [--only-tiers]

Measures indexing, queries and later visits in a real Chromium, and each tier by itself, and writes bench/results/latest.json.
Without --collection: the English test collections in ../shared/eval.
--tiers <documents>  documents that each tier is measured with; 0 measures none
--neural <folder>    model of the neural tier; default: the built-in one
--only-tiers         prints the rows of the tiers and writes nothing`;

interface Options {
  readonly collections: readonly string[];
  readonly passages: number;
  readonly queries: number;
  readonly runs: number;
  readonly peers: boolean;
  readonly tiers: number;
  readonly neural: string | null;
  readonly onlyTiers: boolean;
}

interface Measurements {
  readonly indexing: readonly IndexRun[];
  readonly indexingWithQueries: readonly IndexRun[];
  readonly queries: readonly QueryRun[];
  readonly visits: readonly VisitRun[];
  readonly peers: readonly PeerRun[];
}

/** Time between queries that are asked while the corpus is indexed, in ms. */
const queryPauseMs = 100;
const indexName = "bench";

/** Runs the bench with arguments of the command line. */
export async function runBench(args: readonly string[]): Promise<void> {
  const options = await readOptions(args);
  if (options === null) return console.log(usage);
  if (options.collections.length === 0) {
    return console.log(
      "Skipped: there are no collections in ../shared/eval. Timings need real text, made-up text has other words and " +
        "lengths: name folders with corpus.jsonl, queries.jsonl and qrels.tsv by --collection <folder>.",
    );
  }
  const corpus = await poolCollections(options.collections, options);
  say(`${corpus.documents.length} documents, ${corpus.passages} passages, of ${corpus.collections.join(", ")}`);
  const folder = await prepareFolder(corpus);
  try {
    if (options.onlyTiers) return console.log(formatTable(tierRows(await measureAllTiers(folder, options))));
    const { measurements, browser } = await measureInBrowser(folder, corpus, options);
    const tiers = options.tiers > 0 ? await measureAllTiers(folder, options) : null;
    const sizes = await measureSizes(join(root, "dist"));
    const rows = [...summarize(measurements, sizes), ...(tiers === null ? [] : tierRows(tiers))];
    await save({ options, corpus, browser, sizes, measurements, tiers, rows });
    console.log(formatTable(rows));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function say(line: string): void {
  console.error(line);
}

async function readOptions(args: readonly string[]): Promise<Options | null> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      collection: { type: "string", multiple: true },
      passages: { type: "string", default: "20000" },
      queries: { type: "string", default: "200" },
      runs: { type: "string", default: "3" },
      "no-peers": { type: "boolean", default: false },
      tiers: { type: "string", default: "500" },
      neural: { type: "string" },
      "only-tiers": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return null;
  const count = (name: "passages" | "queries" | "runs" | "tiers", least = 1): number => {
    const value = Number(values[name]);
    if (Number.isInteger(value) && value >= least) return value;
    throw new Error(`--${name} is ${values[name]}, expected a whole number from ${least} up.`);
  };
  return {
    collections: values.collection ?? (await findCollections(join(root, "../shared/eval"))),
    passages: count("passages"),
    queries: count("queries"),
    runs: count("runs"),
    peers: !values["no-peers"],
    tiers: count("tiers", 0),
    neural: values.neural === undefined ? null : resolve(values.neural),
    onlyTiers: values["only-tiers"],
  };
}

/** A folder with the page and what it reads. */
async function prepareFolder(corpus: Corpus): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "inkling-bench-"));
  await buildPage(join(folder, "page"));
  await writeFile(join(folder, "documents.json"), JSON.stringify(corpus.documents));
  await writeFile(join(folder, "queries.json"), JSON.stringify(corpus.queries));
  return folder;
}

function measureAllTiers(folder: string, { tiers: documents, neural }: Options): Promise<MeasuredTiers> {
  return measureTiers({ folder, documents, neural, say });
}

async function measureInBrowser(
  folder: string,
  corpus: Corpus,
  options: Options,
): Promise<{ measurements: Measurements; browser: string }> {
  const profile = await createProfile();
  const server = await startServer({
    folders: { "/": join(folder, "page"), "/dist/": join(root, "dist"), "/data/": folder },
    // Why: a later visit finds the library in the browser's cache, as it does behind any web server.
    headers: { "cache-control": "max-age=3600" },
  });
  const context = await profile.open();
  try {
    const measurements = await measure(context, server.origin, corpus, options);
    return { measurements, browser: `Chromium ${context.browser()?.version() ?? (await readVersion(context))}` };
  } finally {
    await context.close();
    await server.close();
    await profile.remove();
  }
}

async function readVersion(context: BrowserContext): Promise<string> {
  const page = await context.newPage();
  const agent = await page.evaluate(() => navigator.userAgent);
  await page.close();
  return /Chrome\/([\d.]+)/.exec(agent)?.[1] ?? agent;
}

async function buildPage(outDir: string): Promise<void> {
  await build({
    configFile: false,
    root: join(root, "bench/page"),
    logLevel: "error",
    build: { outDir, emptyOutDir: true, target: "es2022", modulePreload: false, reportCompressedSize: false },
  });
}

async function measure(
  context: BrowserContext,
  origin: string,
  corpus: Corpus,
  options: Options,
): Promise<Measurements> {
  const inPage = <Value>(what: string, call: (page: Page) => Promise<Value>): Promise<Value> => {
    say(`${what} …`);
    return withPage(context, origin, call);
  };
  const indexing: IndexRun[] = [];
  const indexingWithQueries: IndexRun[] = [];
  const visits: VisitRun[] = [];
  for (let run = 1; run <= options.runs; run++) {
    const index = (pause: number) => (page: Page) =>
      page.evaluate(([name, ms]) => window.bench!.runIndexing(name, ms), [indexName, pause] as const);
    indexingWithQueries.push(await inPage(`indexing with queries, run ${run}`, index(queryPauseMs)));
    indexing.push(await inPage(`indexing, run ${run}`, index(0)));
  }
  const queries: QueryRun[] = [];
  for (const mode of ["hybrid", "words", "dense"] as const) {
    const ask = (page: Page): Promise<QueryRun> =>
      page.evaluate(([name, each]) => window.bench!.runQueries(name, each), [indexName, mode] as const);
    queries.push(await inPage(`queries, ${mode}`, ask));
  }
  for (let run = 1; run <= 2 * options.runs + 1; run++) {
    const visit = (page: Page): Promise<VisitRun> =>
      page.evaluate(([name, text]) => window.bench!.runVisit(name, text), [
        indexName,
        corpus.queries[run] ?? "",
      ] as const);
    visits.push(await inPage(`later visit ${run}`, visit));
  }
  const peers: PeerRun[] = [];
  for (const name of options.peers ? ["MiniSearch", "Lunr", "Orama"] : []) {
    peers.push(await inPage(name, (page) => page.evaluate((peer) => window.bench!.runPeer(peer), name)));
  }
  return { indexing, indexingWithQueries, queries, visits, peers };
}

/** Opens a page for one measurement, so that none inherits another's memory. */
async function withPage<Value>(
  context: BrowserContext,
  origin: string,
  call: (page: Page) => Promise<Value>,
): Promise<Value> {
  const page = await context.newPage();
  page.setDefaultTimeout(600_000);
  try {
    await page.goto(origin);
    return await call(page);
  } finally {
    await page.close();
  }
}

function summarize(measured: Measurements, sizes: Awaited<ReturnType<typeof measureSizes>>): Row[] {
  const { indexing, indexingWithQueries, queries, visits, peers } = measured;
  const rate = (run: IndexRun): number => (run.passages / run.totalMs) * 1000;
  const meanwhile = indexingWithQueries.map((run) => run.queriesMs);
  const longest = [...indexing, ...indexingWithQueries].map((run) => run.mainThread.longestTaskMs);
  const rows: Row[] = [
    { what: "passages", value: indexing[0]?.passages ?? 0, unit: "" },
    { what: "embedded and indexed", value: spreadOf(indexing.map(rate)), unit: "passages/s" },
    {
      what: "all documents found by words after",
      value: spreadOf(indexing.map((run) => run.wordsMs / 1000)),
      unit: "s",
    },
    { what: "index on disk", value: (indexing[0]?.indexBytes ?? 0) / 1e6, unit: "MB" },
    { what: "longest main-thread task while indexing", value: describeLongest(longest), unit: "" },
    ...queries.flatMap(({ mode, roundTripMs, workerMs }) => [
      { what: `query, ${mode}, p50 / p95, as the page sees it`, value: formatQuantiles(roundTripMs), unit: "ms" },
      { what: `query, ${mode}, p50 / p95, in the worker`, value: formatQuantiles(workerMs), unit: "ms" },
    ]),
    {
      what: "query while indexing, p50 / p95, as the page sees it",
      value: formatQuantiles(meanwhile.flat()),
      unit: "ms",
    },
    { what: "later visit: navigation to open", value: spreadOf(visits.map((visit) => visit.openMs)), unit: "ms" },
    {
      what: "later visit: navigation to first answer by words",
      value: spreadOf(visits.map((visit) => visit.wordsAnswerMs)),
      unit: "ms",
    },
    {
      what: "later visit: navigation to first hybrid answer",
      value: spreadOf(visits.map((visit) => visit.hybridAnswerMs)),
      unit: "ms",
    },
    { what: "script of the main thread", value: formatSize(sizes.index), unit: "bytes (gz)" },
    { what: "script of the worker", value: formatSize(sizes.worker), unit: "bytes (gz)" },
    { what: "model with its tokenizer", value: formatSize(sizes.model), unit: "bytes (gz)" },
  ];
  for (const { name, indexMs, queriesMs, indexBytes } of peers) {
    rows.push(
      { what: `${name}: indexing, on the main thread`, value: indexMs / 1000, unit: "s" },
      { what: `${name}: query, p50 / p95`, value: formatQuantiles(queriesMs), unit: "ms" },
      { what: `${name}: index as JSON`, value: indexBytes / 1e6, unit: "MB" },
    );
  }
  return rows;
}

/** Why: browsers tell nothing of tasks up to 50 ms, so that most runs have none to show. */
function describeLongest(longest: readonly number[]): string {
  const told = longest.filter((ms) => ms > 0);
  if (told.length === 0) return `none over 50 ms in ${longest.length} runs`;
  return `${Math.max(...told)} ms (over 50 ms in ${told.length} of ${longest.length} runs)`;
}

async function save(run: {
  options: Options;
  corpus: Corpus;
  browser: string;
  sizes: object;
  measurements: Measurements;
  tiers: MeasuredTiers | null;
  rows: readonly Row[];
}): Promise<void> {
  const { options, corpus, browser, sizes, measurements, tiers, rows } = run;
  const machine = {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()}`,
    loadAverage: loadavg(),
  };
  const settings = { collections: corpus.collections, passages: corpus.passages, runs: options.runs, queryPauseMs };
  const versions = { node: process.version, browser };
  const result = { date: new Date().toISOString(), machine, versions, settings, rows, sizes, measurements, tiers };
  await mkdir(join(root, "bench/results"), { recursive: true });
  await writeFile(join(root, "bench/results/latest.json"), `${JSON.stringify(result, roundNumbers, 1)}\n`);
}

function roundNumbers(_key: string, value: unknown): unknown {
  return typeof value === "number" ? Math.round(value * 100) / 100 : value;
}
