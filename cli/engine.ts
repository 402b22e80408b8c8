import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { InvalidArgumentError, ModelError } from "../src/errors.ts";
import { createEngine, type Engine, type EngineOptions } from "../worker/engine.ts";
import type { BlockStore, Embedder, OnBytes } from "../worker/ports.ts";
import { loadStaticEmbedder } from "../worker/static-embedder.ts";
import { createFileModelSource } from "./model-source.ts";
import { type ChosenModel, chooseModel } from "./neural/choose-model.ts";
import { loadModel } from "./neural/load-model.ts";
import type { Terminal } from "./terminal.ts";

/** What is said of `--model` and `--model-host` in the help of every command. */
export const modelHelp = `  --model <name>    the model to use: a built-in one (inkling-instant-v1, inkling-neural-v1), a folder in the layout of the
                    Hugging Face hub, or an id such as intfloat/e5-small-v2, which is downloaded once; default:
                    inkling-instant-v1. Transformers need the package @huggingface/transformers
  --model-host <url>
                    where ids are downloaded from; default: https://huggingface.co/`;

/** The options of every command that uses a model. */
export const modelOptions = { model: { type: "string" }, "model-host": { type: "string" } } as const;

/** Which model an engine loads, as it was named on the command line, or none; and how many numbers of its vectors are kept. */
export type ModelChoice =
  | { readonly model: string | undefined; readonly host?: string | undefined; readonly dim?: number | undefined }
  | "none";

/** What an engine is opened with, besides store and model. */
export type EngineSettings = Pick<EngineOptions, "state" | "maxSegments">;

/**
 * Opens the engine on a store, as the page's worker does.
 *
 * @param terminal - told of downloads, and of weights that could not be used.
 * @throws {InvalidArgumentError} `argument/option` if there is no such model; {IndexFormatError} `index/newer-format`.
 */
export async function openEngine(
  name: string,
  store: BlockStore,
  model: ModelChoice,
  terminal?: Terminal,
  settings: EngineSettings = {},
): Promise<Engine> {
  if (model === "none") {
    return createEngine({
      ...settings,
      name,
      store,
      modelId: "none",
      loadEmbedder: () => Promise.reject(noModelError()),
    });
  }
  const chosen = await chooseModel(model.model, model.host);
  return createEngine({
    ...settings,
    name,
    store,
    modelId: chosen.id,
    loadEmbedder: (onBytes) => load(chosen, model.dim, { onBytes, terminal }),
  });
}

interface Watchers {
  readonly onBytes: OnBytes;
  readonly terminal: Terminal | undefined;
}

async function load(chosen: ChosenModel, dim: number | undefined, { onBytes, terminal }: Watchers): Promise<Embedder> {
  if (chosen.from === "folder" && (await isOwnTable(chosen.folder))) {
    const source = createFileModelSource(chosen.folder);
    return loadStaticEmbedder(source, { onBytes, ...(dim === undefined ? {} : { dim }) });
  }
  return loadModel(chosen, {
    dim,
    onBytes: (done, total) => {
      onBytes(done, total);
      terminal?.showProgress(`${chosen.id}: ${megabytes(done)} of ${megabytes(total)} MB downloaded`);
    },
    onFallback: (error) => terminal?.warn(`Warning: ${error.message}`),
  });
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

/** Whether the folder has a table in the library's own format, which nothing else can read. */
async function isOwnTable(folder: string): Promise<boolean> {
  const text = await readFile(join(folder, "config.json"), "utf8").catch(() => "{}");
  try {
    const config = JSON.parse(text) as Record<string, unknown> | null;
    return config?.["kind"] === "static" && "format" in config;
  } catch {
    return false;
  }
}

function noModelError(): ModelError {
  return new ModelError("model/missing", "No model was asked for. Words answer.");
}

/**
 * Waits for the model. Without it words answer, and the terminal says so.
 *
 * @param isRequired - whether somebody asked for this very model, so that going on without it would surprise.
 * @throws {ModelError} where a required model cannot be loaded.
 */
export async function waitForModel(engine: Engine, terminal: Terminal, isRequired = false): Promise<void> {
  try {
    await engine.modelReady();
  } catch (error) {
    if (isRequired || !(error instanceof ModelError)) throw error;
    terminal.warn(`Warning: words only, without the model. ${error.message}`);
  }
}

/** Checks that a folder is there. @throws {InvalidArgumentError} that names the argument. */
export async function checkFolder(folder: string, argument: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory() === true) return;
  const what = found === undefined ? "does not exist" : "is not a folder";
  throw new InvalidArgumentError(
    "argument/option",
    `${argument} is "${folder}", which ${what}. Give an existing folder.`,
    { folder },
  );
}
