import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { InvalidArgumentError, ModelError } from "../src/errors.ts";
import { createEngine, type Engine } from "../worker/engine.ts";
import type { BlockStore } from "../worker/ports.ts";
import { loadStaticEmbedder } from "../worker/static-embedder.ts";
import { builtInModelId } from "../src/built-in-model.ts";
import { findModelFolder } from "./model-folder.ts";
import { createFileModelSource } from "./model-source.ts";
import type { Terminal } from "./terminal.ts";

/** Which model an engine loads: the built-in one, one in a folder, or none; and how many numbers of its vectors are kept. */
export type ModelChoice = { readonly folder: string | undefined; readonly dim?: number | undefined } | "none";

/**
 * Opens the engine on a store, as the page's worker does.
 *
 * @throws {InvalidArgumentError} `argument/option` if the model's folder is not there; {IndexFormatError} `index/newer-format`.
 */
export async function openEngine(name: string, store: BlockStore, model: ModelChoice): Promise<Engine> {
  if (model === "none")
    return createEngine({ name, store, modelId: "none", loadEmbedder: () => Promise.reject(noModelError()) });
  const { folder, dim } = model;
  if (folder !== undefined) await checkFolder(folder, "--model");
  const source = createFileModelSource(folder ?? findModelFolder());
  return createEngine({
    name,
    store,
    modelId: folder === undefined ? builtInModelId : basename(resolve(folder)),
    loadEmbedder: (onBytes) => loadStaticEmbedder(source, { onBytes, ...(dim === undefined ? {} : { dim }) }),
  });
}

function noModelError(): ModelError {
  return new ModelError("model/missing", "No model was asked for. Words answer.");
}

/** Waits for the model. Without it words answer, and the terminal says so. */
export async function waitForModel(engine: Engine, terminal: Terminal): Promise<void> {
  try {
    await engine.modelReady();
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
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
