import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "vite";

const root = fileURLToPath(new URL("../", import.meta.url));

/** Folder of the built site. */
export const siteFolder = join(root, "demo/dist");

async function findNewest(path) {
  const facts = await stat(path).catch(() => null);
  if (!facts) return 0;
  if (!facts.isDirectory()) return facts.mtimeMs;
  const times = await Promise.all((await readdir(path)).map((name) => findNewest(join(path, name))));
  return Math.max(0, ...times);
}

async function isStale(output, sources) {
  if (!existsSync(join(root, output))) return true;
  const { mtimeMs } = await stat(join(root, output));
  const times = await Promise.all(sources.map((source) => findNewest(join(root, source))));
  return Math.max(...times) > mtimeMs;
}

/** Builds `dist`, if anything it is made of is newer. */
export async function buildLibrary() {
  const sources = ["src", "worker", "cli", "public/models", "scripts/build.mjs", "scripts/lib", "package.json"];
  if (!(await isStale("dist/index.js", sources))) return;
  await promisify(execFile)(process.execPath, [join(root, "scripts/build.mjs")], { cwd: root });
}

/** Builds the site, if the library, the guide or the site's own sources are newer. */
export async function buildSite() {
  const sources = [
    "dist",
    "docs/guide",
    "cli/extract",
    "src/extract",
    "demo/build",
    "demo/src",
    "demo/styles",
    "demo/vite.config.ts",
  ];
  if (!(await isStale("demo/dist/index.html", sources))) return;
  const draft = join(root, `.dist-demo-${process.pid}`);
  try {
    await build({ configFile: join(root, "demo/vite.config.ts"), logLevel: "warn", build: { outDir: draft } });
    await replaceFolder(siteFolder, draft);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Why not built in place: a server that is running shows the old site whole until the new one is. */
async function replaceFolder(folder, draft) {
  const retired = `${draft}-old`;
  await rename(folder, retired).catch((error) => {
    if (error.code !== "ENOENT") throw error;
  });
  await rename(draft, folder);
  await rm(retired, { recursive: true, force: true });
}
