import { join } from "node:path";
import { ModelError } from "../../src/errors.ts";
import type { SearchMode } from "../../src/types.ts";
import type { Engine } from "../../worker/engine.ts";
import type { BlockStore } from "../../worker/ports.ts";
import { createMemoryStore } from "../../worker/stores/memory.ts";
import { parseArguments, parseLimit, parseMode, usageError } from "../arguments.ts";
import type { Command } from "../command.ts";
import { modelHelp, type ModelChoice, modelOptions, openEngine } from "../engine.ts";
import { type Collection, readCollection } from "../eval/collection.ts";
import { type EvidenceSource, writeEvidence } from "../eval/evidence.ts";
import {
  compareAll,
  compareRuns,
  type ComparisonLine,
  plainUrl,
  pooledUrl,
  type Run,
  runCollection,
  type RunLine,
  summarise,
  summariseAll,
  toDocuments,
} from "../eval/evaluate.ts";
import type { Terminal } from "../terminal.ts";

const help = `Usage: inkling eval --collection <folder> [--collection <folder> …] [options]

Measures the quality of search on test collections: folders with corpus.jsonl (_id, title, text), queries.jsonl (_id, text) and
qrels.tsv (query id, document id, grade). Queries without a relevant document are dropped; of more than 1,000 an even sample is run.
Gain is 2^grade - 1, ties are broken by document id, and all documents are ranked. Several collections end with their mean.

  --mode <mode>      words, dense or hybrid; default hybrid
  --compare <modes>  also run these modes, divided by commas, and give the difference in ndcg@10 with its 95 % interval
                     (paired bootstrap); "significant" is its sign where the interval leaves out 0, else 0
  --pooled           index all collections together and report each by its own queries
  --limit <n>        documents ranked for a query; default 100, which recall@100 needs
${modelHelp}
  --dims <n>         keep the leading n numbers of each vector, as far as the model was trained for them; default: all
  --evidence <folder>
                     also write what ranking saw to <folder>/<collection> (or to <folder>/pooled): passages, queries, word scores, results.
                     models/evaluate.py ranks from these by itself, with any model
  --json             a line of JSON for each collection:
                     {"collection","mode","model","dim","queries","ndcg@10","recall@100","mrr@10","ms_per_query"}
  --help             this text`;

/** `inkling eval`: quality on test collections. */
export const evalCommand: Command = { summary: "measure quality on test collections", help, run };

const options = {
  collection: { type: "string", multiple: true },
  mode: { type: "string", default: "hybrid" },
  compare: { type: "string" },
  pooled: { type: "boolean", default: false },
  limit: { type: "string", default: "100" },
  ...modelOptions,
  dims: { type: "string" },
  evidence: { type: "string" },
  json: { type: "boolean", default: false },
} as const;

/** What is evaluated, and how. */
interface Plan {
  readonly collections: readonly Collection[];
  /** The mode asked for, then those it is compared with. */
  readonly modes: readonly SearchMode[];
  readonly limit: number;
  readonly model: Exclude<ModelChoice, "none">;
  /** Folder for what ranking saw. */
  readonly evidence: string | undefined;
}

/** Runs of one collection, one for each mode. */
type Runs = readonly Run[];

async function run(args: readonly string[], terminal: Terminal): Promise<void> {
  const { values, positionals } = parseArguments(args, options);
  if (positionals.length > 0)
    throw usageError(`eval takes no argument "${positionals[0]}". Name collections by --collection.`);
  const plan = {
    modes: parseModes(values.mode, values.compare),
    limit: parseLimit(values.limit),
    model: {
      model: values.model,
      host: values["model-host"],
      dim: values.dims === undefined ? undefined : parseDim(values.dims),
    },
    evidence: values.evidence,
    collections: await readCollections(values.collection ?? []),
  };
  const print = (line: RunLine | ComparisonLine): void =>
    terminal.print(values.json ? JSON.stringify(line) : formatLine(line));
  const all: Runs[] = [];
  for await (const runs of values.pooled ? evaluatePooled(plan, terminal) : evaluateEach(plan, terminal)) {
    all.push(runs);
    for (const run of runs) print(summarise(run));
    for (const other of runs.slice(1)) print(compareRuns(runs[0]!, other));
  }
  if (all.length > 1) printMeans(all, print);
}

function printMeans(all: readonly Runs[], print: (line: RunLine | ComparisonLine) => void): void {
  const byMode = all[0]!.map((_, i) => all.map((runs) => runs[i]!));
  for (const runs of byMode) print(summariseAll(runs));
  for (const others of byMode.slice(1)) print(compareAll(byMode[0]!, others));
}

function parseDim(value: string): number {
  const dim = Number(value);
  if (/^\d+$/.test(value) && dim >= 1 && Number.isSafeInteger(dim)) return dim;
  throw usageError(`--dims is "${value}", expected an integer of 1 or more, for which the model was trained.`);
}

function parseModes(mode: string, compared: string | undefined): SearchMode[] {
  const modes = [mode, ...(compared?.split(",") ?? [])].map((name) => parseMode(name.trim()));
  if (new Set(modes).size === modes.length) return modes;
  throw usageError(`The mode "${mode}" is compared with "${compared}": a mode is named twice. Name each once.`);
}

async function readCollections(folders: readonly string[]): Promise<Collection[]> {
  if (folders.length === 0) throw usageError("eval takes at least one --collection <folder>. See inkling eval --help.");
  const collections = await Promise.all(folders.map(readCollection));
  const names = collections.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw usageError(`Two collections are called "${twice}". Give each once, in folders of different names.`);
  return collections;
}

/** Each collection in an index of its own. */
async function* evaluateEach(plan: Plan, terminal: Terminal): AsyncGenerator<Runs> {
  for (const collection of plan.collections) {
    const store = createMemoryStore();
    const engine = await openModel(plan, store, terminal);
    try {
      await addAll(engine, toDocuments(collection, plainUrl), collection.name, terminal);
      const runs = await runModes(engine, collection, plan, plainUrl, terminal);
      yield runs;
      await saveEvidence(plan, collection.name, { store, collections: [collection], toUrl: plainUrl, runs });
    } finally {
      await engine.close();
    }
  }
}

/** All collections in one index. */
async function* evaluatePooled(plan: Plan, terminal: Terminal): AsyncGenerator<Runs> {
  const store = createMemoryStore();
  const engine = await openModel(plan, store, terminal);
  try {
    const { collections } = plan;
    const documents = collections.flatMap((collection) => toDocuments(collection, pooledUrl));
    await addAll(engine, documents, "all collections", terminal);
    const all: Run[] = [];
    for (const collection of collections) {
      const runs = await runModes(engine, collection, plan, pooledUrl, terminal);
      all.push(...runs);
      yield runs;
    }
    await saveEvidence(plan, "pooled", { store, collections, toUrl: pooledUrl, runs: all });
  } finally {
    await engine.close();
  }
}

async function saveEvidence(plan: Plan, name: string, source: Omit<EvidenceSource, "limit">): Promise<void> {
  if (plan.evidence !== undefined) await writeEvidence(join(plan.evidence, name), { ...source, limit: plan.limit });
}

/** An empty engine whose model is ready, if a mode needs one. @throws {ModelError} rather than measure something else. */
async function openModel({ modes, model }: Plan, store: BlockStore, terminal: Terminal): Promise<Engine> {
  const isWordsOnly = modes.every((mode) => mode === "words");
  const engine = await openEngine("eval", store, isWordsOnly ? "none" : model, terminal);
  if (!isWordsOnly) await engine.modelReady();
  return engine;
}

async function addAll(
  engine: Engine,
  documents: Parameters<Engine["add"]>[0],
  name: string,
  terminal: Terminal,
): Promise<void> {
  const { withoutVector } = await engine.add(documents, {
    onProgress: ({ done, total }) => terminal.showProgress(`${name}: ${done} of ${total} indexed`),
  });
  const { model } = await engine.status();
  if (model.state === "ready" && withoutVector > 0) {
    throw new ModelError(
      "model/format",
      `${withoutVector} passages of ${name} got no vector from ${model.id}; the result would not be its own.`,
    );
  }
}

async function runModes(
  engine: Engine,
  collection: Collection,
  plan: Plan,
  toUrl: typeof plainUrl,
  terminal: Terminal,
): Promise<Runs> {
  const runs: Run[] = [];
  for (const mode of plan.modes) {
    const onQuery = (done: number): void =>
      terminal.showProgress(`${collection.name}, ${mode}: ${done} of ${collection.queries.length} queries`);
    runs.push(await runCollection(engine, collection, mode, plan.limit, toUrl, onQuery));
  }
  return runs;
}

function formatLine(line: RunLine | ComparisonLine): string {
  const name = `${line.collection.padEnd(16)} ${line.mode.padEnd(7)}`;
  if (!("compared_with" in line)) {
    const scores = (["ndcg@10", "recall@100", "mrr@10"] as const).map(
      (metric) => `${metric} ${line[metric].toFixed(4)}`,
    );
    return `${name} ${scores.join("  ")}  ${line.queries} queries, ${line.ms_per_query} ms each  ${line.model}${line.dim > 0 ? `, ${line.dim} dims` : ""}`;
  }
  const interval = line.interval === null ? "" : `  [${line.interval.join(", ")}]  significant ${line.significant}`;
  return `${name} minus ${line.compared_with}: ndcg@10 ${line["ndcg@10_difference"]}${interval}`;
}
