#!/usr/bin/env node
import { runCommandLine } from "./main.ts";
import { createTerminal } from "./terminal.ts";

// Why: whoever reads only the first lines of the result, such as `head`, has not made an error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  process.stderr.write(`inkling: the result could not be written: ${error.message}\n`);
  process.exit(1);
});

process.exitCode = await runCommandLine(process.argv.slice(2), createTerminal(process.stdout, process.stderr));
