import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ModelError } from "../src/errors.ts";
import type { ModelReader } from "../worker/model-files.ts";

/** Reads a model's files from a folder. */
export function createFileModelSource(folder: string): ModelReader {
  return { read: (name) => readModelFile(join(folder, name)) };
}

async function readModelFile(path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (error) {
    throw fileError(path, error);
  }
}

function fileError(path: string, cause: unknown): ModelError {
  const code = (cause as NodeJS.ErrnoException).code ?? "";
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new ModelError(
      "model/missing",
      `There is no file of the model at ${path}. Name a folder with config.json, tokenizer.json and model.safetensors.`,
      { url: path, error: code },
      cause,
    );
  }
  return new ModelError(
    "model/unreachable",
    `The model's file ${path} cannot be read (${code || String(cause)}); expected a readable file. Check its permissions.`,
    { url: path, error: code },
    cause,
  );
}
