import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);

/** The repository's root folder. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

/** Path of a package's command, to be run by Node itself: no shell and no `npx` in between. */
export function binary(packageName, command = packageName) {
  const manifestPath = findManifest(packageName);
  const { bin } = JSON.parse(readFileSync(manifestPath, "utf8"));
  return join(dirname(manifestPath), typeof bin === "string" ? bin : bin[command]);
}

// Why: `exports` of some packages hide their package.json from `require.resolve`.
function findManifest(packageName) {
  for (const folder of require.resolve.paths(packageName) ?? []) {
    const path = join(folder, packageName, "package.json");
    try {
      readFileSync(path);
      return path;
    } catch {
      continue;
    }
  }
  throw new Error(`The package ${packageName} is not installed: run npm ci.`);
}
