import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach } from "vitest";
import { runCommandLine } from "../../../../cli/main.ts";
import { captureTerminal } from "../capture-terminal.ts";

const fixture = fileURLToPath(new URL("../../../fixtures/collection", import.meta.url));

/** Gives each test a folder with the collections `one` and `two`. @returns paths in it, while a test runs */
export function useCollections(): (...parts: readonly string[]) => string {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "inkling-eval-"));
    await cp(fixture, join(folder, "one"), { recursive: true });
    await cp(fixture, join(folder, "two"), { recursive: true });
  });
  afterEach(() => rm(folder, { recursive: true }));
  return (...parts) => join(folder, ...parts);
}

/** Runs `inkling eval --json`. @returns a record for each line. @throws {Error} with what it says where it fails. */
export async function evaluate(...args: readonly string[]): Promise<Record<string, unknown>[]> {
  const terminal = captureTerminal();
  const code = await runCommandLine(["eval", "--json", ...args], terminal);
  if (code !== 0) throw new Error(terminal.error());
  return readLines(terminal.out());
}

/** The values of a text with one JSON value a line. */
export function readLines(text: string): Record<string, unknown>[] {
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
