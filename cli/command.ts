import type { Terminal } from "./terminal.ts";

/** One command of the command line. */
export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** What `--help` prints. */
  readonly help: string;
  /** Runs with the arguments after the command's name; rejects with a `SearchError` for wrong usage and input. */
  run(args: readonly string[], terminal: Terminal): Promise<void>;
}
