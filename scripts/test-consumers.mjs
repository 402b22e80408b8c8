// `npm run test:consumers`: projects of those who use the package, made of `tests/consumers` with the packed library and, from a
// registry, whatever else they need; so it is no part of `npm test`. Arguments are parts of the names of test files (`bundlers`,
// `frameworks`, `sites`, `offline`), and `--as-built` to take `dist` as it is; the rest goes to Vitest (`-t react`).
import { spawnSync } from "node:child_process";
import { findOrInstallBrowser } from "./lib/browser.mjs";
import { binary, root } from "./lib/paths.mjs";

function run(...args) {
  const env = { ...process.env, INKLING_BROWSER: findOrInstallBrowser().path };
  const { status } = spawnSync(process.execPath, args, { cwd: root, env, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

const args = process.argv.slice(2).filter((argument) => argument !== "--as-built");
if (!process.argv.includes("--as-built")) run("scripts/build.mjs");
run(binary("vitest"), "run", "--config", "tests/consumers/vitest.config.ts", ...args);
