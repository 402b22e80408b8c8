import { checkManifest } from "../../src/core/segment/check-manifest.ts";
import { IndexFormatError } from "../../src/errors.ts";
import type { QueryAnswer, QueryOptions } from "../../src/types.ts";
import type { Engine } from "../../worker/engine.ts";
import type { BlockStore } from "../../worker/ports.ts";
import { openFileStore } from "../../worker/stores/files.ts";
import { parseArguments, parseLimit, parseMode, usageError } from "../arguments.ts";
import type { Command } from "../command.ts";
import { openEngine, waitForModel } from "../engine.ts";
import { formatAnswer, formatJson } from "../format-answer.ts";
import { readQueries } from "../read-queries.ts";
import type { Terminal } from "../terminal.ts";

const help = `Usage: inkling query <index> "<text>" [options]
       inkling query <index> --queries <file> [options]

Searches an index that "inkling build" wrote. Each page comes once, the best first.

  --queries <file>  a query a line; in a .jsonl file an object with "text" or "query" a line; empty lines are skipped
  --limit <n>       pages wanted for each query; default 10
  --mode <mode>     words, dense or hybrid; default: hybrid where the model is there, else words
  --model <folder>  the model to use; default: the built-in one
  --json            a line of JSON for each query:
                    {"query","hits":[{"url","title","score","passages":[{"section","anchor","excerpt","score"}]}]}
  --help            this text`;

/** `inkling query`: questions to an index. */
export const queryCommand: Command = { summary: "search an index", help, run };

const options = {
  queries: { type: "string" },
  limit: { type: "string", default: "10" },
  mode: { type: "string" },
  model: { type: "string" },
  json: { type: "boolean", default: false },
} as const;

async function run(args: readonly string[], terminal: Terminal): Promise<void> {
  const { values, positionals } = parseArguments(args, options);
  const [index, ...texts] = positionals;
  if (index === undefined) throw usageError("query takes the folder of an index. See inkling query --help.");
  const queryOptions: QueryOptions = {
    limit: parseLimit(values.limit),
    ...(values.mode === undefined ? {} : { mode: parseMode(values.mode) }),
  };
  const queries = await chooseQueries(texts, values.queries);
  const store = await openIndex(index);
  const engine = await openEngine(index, store, queryOptions.mode === "words" ? "none" : { folder: values.model });
  try {
    if (queryOptions.mode !== "words") await waitForModel(engine, terminal);
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
async function openIndex(folder: string): Promise<BlockStore> {
  const store = await openFileStore(folder);
  const manifest = await store.readManifest();
  if (manifest === undefined) {
    throw new IndexFormatError(
      "index/missing",
      `There is no index in "${folder}": manifest.json was not found. Make one with: inkling build <folder of pages> --out ${folder}`,
      { folder },
    );
  }
  checkManifest(manifest);
  return store;
}

/** Damage that queries went around; a model that failed was reported before. */
async function reportFallbacks(engine: Engine, terminal: Terminal): Promise<void> {
  const { fallbacks } = await engine.status();
  for (const { feature, instead, error } of fallbacks) {
    if (feature !== "model") terminal.warn(`Warning: ${feature}: ${instead}. ${error.message}`);
  }
}
