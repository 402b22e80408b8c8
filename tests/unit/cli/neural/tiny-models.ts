import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ChosenModel } from "../../../../cli/neural/choose-model.ts";

/** Folder of the models that models/make_tiny_models.py writes. */
export const tinyModels: string = fileURLToPath(new URL("../../../fixtures/models/", import.meta.url));

/** What `golden.json` says of a tiny model, as torch computed it. */
export interface Golden {
  readonly model: string;
  readonly dim: number;
  readonly entries: readonly {
    readonly kind: "query" | "document";
    readonly text: string;
    readonly title?: string;
    /** With special tokens and prompt. */
    readonly ids: readonly number[];
    readonly vector: readonly number[];
  }[];
}

/** Names of all tiny models. */
export function listTinyModels(): string[] {
  return readdirSync(tinyModels).toSorted();
}

export function tinyModel(name: string): ChosenModel {
  return { from: "folder", id: name, folder: join(tinyModels, name) };
}

export function readGolden(path: string): Golden {
  return JSON.parse(readFileSync(path, "utf8")) as Golden;
}
