import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { tsImport } from "tsx/esm/api";
import { writeApiPages } from "../scripts/lib/api-pages.mjs";

const run = promisify(execFile);
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
  const sources = [
    "src",
    "worker",
    "crawl",
    "neural",
    "cli",
    "plugins",
    "public/models",
    "scripts/build.mjs",
    "scripts/lib",
    "package.json",
  ];
  if (!(await isStale("dist/index.js", sources))) return;
  await run(process.execPath, [join(root, "scripts/build.mjs")], { cwd: root });
}

/** Builds the site of the guide, if the library, the guide or the site's own sources are newer. */
export async function buildSite() {
  const sources = ["dist", "docs/guide", "cli/extract", "src/extract", "demo/build", "demo/src", "demo/styles"];
  await writeApiPages();
  if (!(await isStale("demo/dist/index.html", sources))) return;
  const draft = join(root, `.dist-demo-${process.pid}`);
  try {
    await buildInto(draft, null);
    await replaceFolder(siteFolder, draft);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/**
 * Builds a site of somebody's own pages, with an index in pieces beside them.
 *
 * @param content - a folder with pages of HTML or Markdown; it stays as it is.
 * @returns the folder of the site, which is new, and what the command line said of the index.
 * @throws where there is no such folder, or no page in it.
 */
export async function buildContentSite(content) {
  const facts = await stat(content).catch(() => null);
  if (!facts?.isDirectory())
    throw new Error(`--content ${content} is no folder: give one with files of HTML or Markdown.`);
  const folder = await mkdtemp(join(tmpdir(), "inkling-content-"));
  try {
    await buildInto(folder, resolve(content));
    const args = ["build", folder, "--out", join(folder, "search-index"), "--pieces"];
    const { stdout, stderr } = await run(process.execPath, [join(root, "dist/cli.js"), ...args], {
      maxBuffer: 2 ** 26,
    });
    return { folder, summary: stderr + stdout };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function buildInto(outDir, content) {
  const { writeSite } = await tsImport("./build/site.ts", import.meta.url);
  await writeSite({ content, outDir });
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
