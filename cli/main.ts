import { readFileSync } from "node:fs";
import { IndexFormatError, InvalidArgumentError, SearchError } from "../src/errors.ts";
import { nearestOf } from "./arguments.ts";
import type { Command } from "./command.ts";
import { buildCommand } from "./commands/build.ts";
import { evalCommand } from "./commands/eval.ts";
import { queryCommand } from "./commands/query.ts";
import type { Terminal } from "./terminal.ts";

const commands: Readonly<Record<string, Command>> = { build: buildCommand, query: queryCommand, eval: evalCommand };

const commandList = Object.entries(commands)
  .map(([name, { summary }]) => `  ${name.padEnd(8)}${summary}`)
  .join("\n");

const help = `Usage: inkling <command> [options]

Commands:
${commandList}

  inkling <command> --help  says more about a command
  inkling --version         prints the version

Exit codes: 0 done, 1 unexpected failure, 2 wrong usage or input.`;

/**
 * Runs the command line.
 *
 * @param args - what stands after `inkling`.
 * @returns the exit code: 0 done, 1 unexpected failure, 2 wrong usage or input.
 */
export async function runCommandLine(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await dispatch(args, terminal);
  } catch (error) {
    terminal.warn(describeError(error));
    return isInputError(error) ? 2 : 1;
  }
}

async function dispatch([name, ...args]: readonly string[], terminal: Terminal): Promise<number> {
  if (name === "--version") terminal.print(readVersion());
  else if (name === "--help" || name === "-h") terminal.print(help);
  else {
    const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (command === undefined) return refuse(name, terminal);
    if (isHelpWanted(args)) terminal.print(command.help);
    else await command.run(args, terminal);
  }
  return 0;
}

function refuse(name: string | undefined, terminal: Terminal): number {
  const meant = name === undefined ? undefined : nearestOf(name, Object.keys(commands));
  const question = meant === undefined ? "" : ` Did you mean "${meant}"?`;
  if (name !== undefined) terminal.warn(`Unknown command "${name}".${question}\n`);
  terminal.warn(help);
  return 2;
}

/** `--help` anywhere before `--`, after which everything is text. */
function isHelpWanted(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return (end === -1 ? args : args.slice(0, end)).some((arg) => arg === "--help" || arg === "-h");
}

function isInputError(error: unknown): boolean {
  return error instanceof InvalidArgumentError || error instanceof IndexFormatError;
}

function describeError(error: unknown): string {
  if (error instanceof SearchError) return `inkling: ${error.message} (${error.code})`;
  return `inkling: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

/** Why a relative path: `package.json` stands one folder above both the source and the bundle. */
function readVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  return version;
}
