import { builtInNeuralModelId } from "../../neural/registry.ts";
import { checkManifest } from "../../src/core/segment/check-manifest.ts";
import type { Manifest } from "../../src/core/segment/manifest.ts";
import { IndexFormatError } from "../../src/errors.ts";
import type { QueryAnswer, QueryOptions } from "../../src/types.ts";
import type { Engine } from "../../worker/engine.ts";
import type { BlockStore } from "../../worker/ports.ts";
import { openFileStore } from "../../worker/stores/files.ts";
import { parseArguments, parseLimit, parseMode, parseSort, parseWhere, usageError } from "../arguments.ts";
import type { Command } from "../command.ts";
import { modelHelp, modelOptions, openEngine, waitForModel } from "../engine.ts";
import { formatAnswer, formatJson } from "../format-answer.ts";
import { readQueries } from "../read-queries.ts";
import type { Terminal } from "../terminal.ts";

const help = `Usage: inkling query <index> "<text>" [options]
       inkling query <index> --queries <file> [options]

Searches an index that "inkling build" wrote. Each page comes once, the best first.

  --queries <file>  a query a line; in a .jsonl file an object with "text" or "query" a line; empty lines are skipped
  --limit <n>       pages wanted for each query; default 10
  --where <json>    only pages whose attributes fit: '{"lang":"en","published":{"gte":"2026-01-01"}}'
  --facets <names>  count the values of these attributes, separated by commas, over all pages that fit
  --sort <order>    put pages in order: published:desc, or several: section:asc,title:asc; with the text "" all that fit
  --mode <mode>     words, dense or hybrid; default: hybrid where the model is there, else words
${modelHelp}
  --json            a line of JSON for each query:
                    {"query","hits":[{"url","title","score","passages":[{"section","anchor","excerpt","score"}]}]},
                    with --facets also "facets":{name:[{"value","count"}]}
  --help            this text`;

/** `inkling query`: questions to an index. */
export const queryCommand: Command = { summary: "search an index", help, run };

const options = {
  queries: { type: "string" },
  limit: { type: "string", default: "10" },
  where: { type: "string" },
  facets: { type: "string" },
  sort: { type: "string" },
  mode: { type: "string" },
  ...modelOptions,
  json: { type: "boolean", default: false },
} as const;

async function run(args: readonly string[], terminal: Terminal): Promise<void> {
  const { values, positionals } = parseArguments(args, options);
  const [index, ...texts] = positionals;
  if (index === undefined) throw usageError("query takes the folder of an index. See inkling query --help.");
  const queryOptions: QueryOptions = {
    limit: parseLimit(values.limit),
    ...(values.mode === undefined ? {} : { mode: parseMode(values.mode) }),
    ...(values.where === undefined ? {} : { where: parseWhere(values.where) }),
    ...(values.facets === undefined ? {} : { facets: values.facets.split(",") }),
    ...(values.sort === undefined ? {} : { sort: parseSort(values.sort) }),
  };
  const queries = await chooseQueries(texts, values.queries);
  const { store, manifest } = await openIndex(index);
  const model = { model: values.model ?? chooseBuiltIn(manifest), host: values["model-host"] };
  const engine = await openEngine(index, store, queryOptions.mode === "words" ? "none" : model, terminal);
  try {
    if (queryOptions.mode !== "words") {
      await waitForModel(engine, terminal, values.model !== undefined);
      warnOfOtherModel(manifest, (await engine.status()).model.id, terminal);
    }
    const format = values.json
      ? formatJson
      : (text: string, answer: QueryAnswer) => formatAnswer(text, answer, terminal.isStyled);
    for (const text of queries) terminal.print(format(text, await engine.query(text, queryOptions)));
    await reportFallbacks(engine, terminal);
  } finally {
    await engine.close();
  }
}

async function chooseQueries(texts: readonly string[], file: string | undefined): Promise<readonly string[]> {
  const count = texts.length + (file === undefined ? 0 : 1);
  if (count !== 1)
    throw usageError(`query takes one text in quotes, or --queries; found ${count}. See inkling query --help.`);
  return file === undefined ? texts : readQueries(file);
}

/** Opens the store of an index that must be there. @throws {IndexFormatError} if it is not, or cannot be used. */
async function openIndex(folder: string): Promise<{ store: BlockStore; manifest: Manifest }> {
  const store = await openFileStore(folder);
  const manifest = await store.readManifest();
  if (manifest === undefined) {
    throw new IndexFormatError(
      "index/missing",
      `There is no index in "${folder}": manifest.json was not found. Make one with: inkling build <folder of pages> --out ${folder}`,
      { folder },
    );
  }
  return { store, manifest: checkManifest(manifest) };
}

/** Ids of the models of which an index has vectors. */
function modelsOf({ segments }: Manifest): string[] {
  const references = segments.flatMap(({ vectors, otherVectors = [] }) => [vectors, ...otherVectors]);
  const keys = references.map((reference) => reference?.model).filter((key) => key !== undefined);
  return [...new Set(keys.map((key) => key.slice(0, key.lastIndexOf("@"))))];
}

/** The built-in model that an index was made with, so that nobody has to name it again. */
function chooseBuiltIn(manifest: Manifest): string | undefined {
  return modelsOf(manifest).find((id) => id === builtInNeuralModelId);
}

/** Vectors of two models never meet: the terminal says why words alone answer. */
function warnOfOtherModel(manifest: Manifest, model: string, terminal: Terminal): void {
  const stored = modelsOf(manifest);
  if (stored.length === 0 || stored.includes(model)) return;
  const names = stored.map((id) => `"${id}"`).join(" and ");
  terminal.warn(
    `Warning: words only. The index has vectors of ${names}, and the model is "${model}". Name that model: --model ${stored[0]}`,
  );
}

/** Damage that queries went around; a model that failed was reported before. */
async function reportFallbacks(engine: Engine, terminal: Terminal): Promise<void> {
  const { fallbacks } = await engine.status();
  for (const { feature, instead, error } of fallbacks) {
    if (feature !== "model") terminal.warn(`Warning: ${feature}: ${instead}. ${error.message}`);
  }
}
