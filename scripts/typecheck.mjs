// Type-checks every folder under the rules of where its code runs: `src/core` without DOM, worker with WebWorker types.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { binary, root } from "./lib/paths.mjs";

const projects = [
  "src/core",
  "src/extract",
  ".",
  "worker",
  "crawl",
  "neural",
  "cli",
  "plugins",
  "demo",
  "bench",
  "tests",
].filter((folder) => existsSync(join(root, folder, "tsconfig.json")));

function check(folder) {
  return new Promise((resolve) => {
    const args = [binary("typescript", "tsc"), "-p", folder, "--pretty", String(process.stdout.isTTY === true)];
    const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.on("data", (bytes) => (output += bytes));
    child.on("close", (code) => resolve({ folder, code, output }));
  });
}

let failed = 0;
for (const folder of projects) {
  const { code, output } = await check(folder);
  if (code === 0) continue;
  failed++;
  console.error(`Types of ${folder}/tsconfig.json:\n${output}`);
}
console.log(`${projects.length - failed} of ${projects.length} TypeScript projects are sound: ${projects.join(", ")}`);
process.exitCode = failed === 0 ? 0 : 1;
