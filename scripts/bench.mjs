// `npm run bench`: builds the library and measures it in a real Chromium. `npm run bench -- --help` tells the options.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { register } from "tsx/esm/api";
import { findOrInstallBrowser } from "./lib/browser.mjs";
import { root } from "./lib/paths.mjs";

try {
  const args = process.argv.slice(2);
  if (!args.includes("--help")) {
    process.env.INKLING_BROWSER = findOrInstallBrowser(console.error).path;
    const built = spawnSync(process.execPath, [join(root, "scripts/build.mjs")], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    if (built.status !== 0) throw new Error("The library could not be built: see above.");
  }
  register();
  const { runBench } = await import("../bench/run.ts");
  await runBench(args);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
