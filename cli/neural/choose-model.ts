import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { builtInNeuralModelId, findRegistryEntry, registry } from "../../neural/registry.ts";
import { builtInModelId } from "../../src/built-in-model.ts";
import { InvalidArgumentError } from "../../src/errors.ts";
import { findModelFolder } from "../model-folder.ts";

/** Where models are downloaded from unless `--model-host` names another host. */
export const defaultModelHost = "https://huggingface.co/";

/** What `--model` and `--model-host` stand for. */
export type ChosenModel =
  | { readonly from: "folder"; readonly id: string; readonly folder: string }
  /** `url` ends with "/"; the model's files are below it. */
  | { readonly from: "hub"; readonly id: string; readonly url: string };

/**
 * Finds out what `--model` means: the name of a built-in model, a folder, a name of the registry, or `owner/name` on the hub.
 *
 * @param model - as it was written; `undefined` stands for the built-in instant model.
 * @param host - address of a hub; a mirror of your own keeps `<owner>/<name>/resolve/main/<file>` below it.
 * @throws {InvalidArgumentError} `argument/option` for what is none of these.
 */
export async function chooseModel(model: string | undefined, host: string = defaultModelHost): Promise<ChosenModel> {
  const hub = readHost(host);
  if (model === undefined || isBuiltIn(model)) return builtIn(model ?? builtInModelId);
  const found = await stat(model).catch(() => undefined);
  if (found?.isDirectory() === true) return { from: "folder", id: basename(resolve(model)), folder: resolve(model) };
  const entry = looksLikePath(model) ? undefined : findRegistryEntry(model);
  const repository = entry?.repository ?? entry?.id ?? model;
  if (found === undefined && !looksLikePath(model) && isHubId(repository)) {
    return { from: "hub", id: entry?.id ?? model, url: new URL(`${repository}/resolve/main/`, hub).href };
  }
  throw noSuchModel(model, found === undefined ? "does not exist" : "is not a folder");
}

function isBuiltIn(model: string): boolean {
  return model === builtInModelId || model === builtInNeuralModelId;
}

function builtIn(id: string): ChosenModel {
  return { from: "folder", id, folder: findModelFolder(undefined, id) };
}

function looksLikePath(model: string): boolean {
  return /^[./~\\]|^[A-Za-z]:|[\\]|\/$/.test(model);
}

function isHubId(model: string): boolean {
  return /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/.test(model);
}

function readHost(host: string): URL {
  const url = URL.canParse(host) ? new URL(host) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) {
    if (!url.pathname.endsWith("/")) url.pathname += "/";
    return url;
  }
  throw new InvalidArgumentError(
    "argument/option",
    `--model-host is "${host}"; expected the address of a hub, such as ${defaultModelHost}.`,
    { host },
  );
}

function noSuchModel(model: string, what: string): InvalidArgumentError {
  const names = registry.map(({ id }) => id.slice(id.lastIndexOf("/") + 1)).join(", ");
  return new InvalidArgumentError(
    "argument/option",
    `--model is "${model}", which ${what} and is no name of a model. Give a folder in the layout of the Hugging Face hub, ` +
      `an id such as "intfloat/e5-small-v2", or one of: ${names}.`,
    { model },
  );
}
