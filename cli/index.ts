#!/usr/bin/env node
import { runCommandLine } from "./main.ts";
import { createTerminal } from "./terminal.ts";

// Why: whoever reads only the first lines of the result, such as `head`, has not made an error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

process.exitCode = await runCommandLine(process.argv.slice(2), createTerminal(process.stdout, process.stderr));
