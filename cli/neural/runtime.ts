import { existsSync } from "node:fs";
import { ModelError } from "../../src/errors.ts";
import type { Runtime } from "../../neural/transformer-model.ts";

/** The package that runs transformers; an optional peer, see package.json. */
export const runtimePackage = "@huggingface/transformers";

/** Settings of Transformers.js that say where it looks for files; they hold for the whole process. */
interface RuntimeSettings {
  allowLocalModels: boolean;
  allowRemoteModels: boolean;
  useFSCache: boolean;
  useCustomCache: boolean;
  customCache: unknown;
  logLevel: number;
}

/** Transformers.js in Node. */
export type NodeRuntime = Runtime & { readonly env: RuntimeSettings; readonly LogLevel: { readonly ERROR: number } };

/** Gives the module of Transformers.js. */
export type ImportRuntime = () => Promise<unknown>;

/** Why a dynamic import: who uses the instant model alone need not have the package. */
const importPeer: ImportRuntime = () => import("@huggingface/transformers");

/**
 * Loads Transformers.js and forbids it to ask the network.
 *
 * @throws {ModelError} `model/runtime` where it is not installed or does not start here.
 */
export async function loadRuntime(importRuntime: ImportRuntime = importPeer): Promise<NodeRuntime> {
  let runtime: NodeRuntime;
  try {
    runtime = (await importRuntime()) as NodeRuntime;
  } catch (error) {
    throw isNotInstalled(error) ? notInstalled(error) : doesNotStart(error);
  }
  const { env } = runtime;
  env.allowLocalModels = true;
  env.allowRemoteModels = false;
  env.useFSCache = false;
  env.useCustomCache = true;
  env.customCache = absentFiles;
  env.logLevel = runtime.LogLevel.ERROR;
  return runtime;
}

/** Looked into before the disk. Tables come without `tokenizer_config.json`, which the runtime does not forgive. */
const absentFiles = {
  async match(path: string): Promise<Response | undefined> {
    return path.endsWith("/tokenizer_config.json") && !existsSync(path) ? new Response("{}") : undefined;
  },
  async put(): Promise<void> {},
};

function isNotInstalled(error: unknown): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  return /^(ERR_MODULE_NOT_FOUND|MODULE_NOT_FOUND)$/.test(code ?? "") && String(message).includes(runtimePackage);
}

function notInstalled(cause: unknown): ModelError {
  return new ModelError(
    "model/runtime",
    `This model needs the package ${runtimePackage}, which is not installed. Install it beside inkling-search: ` +
      `npm install ${runtimePackage}; or leave --model out for the built-in instant model, which needs nothing.`,
    { package: runtimePackage },
    cause,
  );
}

function doesNotStart(cause: unknown): ModelError {
  const reason = (cause instanceof Error ? cause.message : String(cause)).replace(/\s+/g, " ").slice(0, 300);
  return new ModelError(
    "model/runtime",
    `The package ${runtimePackage} is installed but does not start: ${reason}. Install it anew for this platform ` +
      `(${process.platform} ${process.arch}, Node ${process.versions.node}): npm install ${runtimePackage}.`,
    { package: runtimePackage, platform: process.platform, arch: process.arch },
    cause,
  );
}
