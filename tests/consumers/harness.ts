import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, inject } from "vitest";

const execute = promisify(execFile);

declare module "vitest" {
  interface ProvidedContext {
    /** Path of the packed library. */
    readonly tarball: string;
  }
}

/** A project of somebody who uses the package, with all that it depends on from a registry. */
export interface Consumer {
  readonly folder: string;
  /** Runs a command in it. @returns what it said. @throws {Error} with what it said, where it fails. */
  run(command: string, ...args: readonly string[]): Promise<string>;
}

/**
 * Before the tests of a file, a project is made of folders beside this file, with what its lockfile names and the packed
 * library; after them it is gone.
 */
export function useConsumer(...sources: readonly string[]): Consumer {
  const consumer = { folder: "", run: (command: string, ...args: readonly string[]) => run(consumer, command, args) };
  beforeAll(async () => {
    consumer.folder = await mkdtemp(join(tmpdir(), "inkling-consumer-"));
    for (const source of sources) await cp(join(import.meta.dirname, source), consumer.folder, { recursive: true });
    await install(consumer);
  });
  afterAll(() => rm(consumer.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }));
  return consumer;
}

async function run({ folder }: Consumer, command: string, args: readonly string[]): Promise<string> {
  const env = { ...process.env, ASTRO_TELEMETRY_DISABLED: "1" };
  try {
    const { stdout, stderr } = await execute(command, args, { cwd: folder, env, maxBuffer: 1 << 26 });
    return stdout + stderr;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args.join(" ")} failed:\n${stdout}${stderr}`.slice(0, 2000), { cause: error });
  }
}

const quietly = ["--ignore-scripts", "--no-audit", "--no-fund"];

async function install(consumer: Consumer): Promise<void> {
  await consumer.run("npm", "ci", ...quietly);
  await consumer.run("npm", "install", "--no-save", "--no-package-lock", ...quietly, inject("tarball"));
}

/** Runs the project's own build. @returns what it said. */
export function build(consumer: Consumer): Promise<string> {
  return consumer.run("npm", "run", "build");
}

/** Files below a folder in which something is found, by their name or in their text: `path: what`. Tokenizers are left out. */
export async function findTraces(folder: string, trace: RegExp): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries.filter((each) => each.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const isText = /\.(js|mjs|css|html|json|map)$/.test(path) && !/tokenizer.*\.json$/.test(path);
    const match = trace.exec(entry.name) ?? trace.exec(isText ? await readFile(path, "utf8") : "");
    if (match !== null) found.push(`${relative(folder, path)}: ${match[0]}`);
  }
  return found;
}
