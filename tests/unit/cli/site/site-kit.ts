import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { runCommandLine } from "../../../../cli/main.ts";
import { captureTerminal } from "../capture-terminal.ts";

/** What `inkling build --json` prints. */
export interface Report {
  readonly pages: number;
  readonly parsed: number;
  readonly added: number;
  readonly unchanged: number;
  readonly removed: number;
  readonly embedded: number;
  readonly index: { readonly pages: number; readonly bytes: number; readonly bytesByKind: Record<string, number> };
  readonly skipped: readonly { readonly url: string; readonly reason: string }[];
  readonly warnings: readonly { readonly url: string; readonly message: string }[];
}

/** Folders of one test. */
export interface SiteFolders {
  /** Holds the other two; empty before each test, removed after it. */
  folder: string;
  /** Of the pages; not made yet. */
  site: string;
  /** Of the index; not made yet. */
  index: string;
}

/** Gives each test of a file its own folders. */
export function useSiteFolders(): SiteFolders {
  const folders: SiteFolders = { folder: "", site: "", index: "" };
  beforeEach(async () => {
    folders.folder = await mkdtemp(join(tmpdir(), "inkling-site-"));
    folders.site = join(folders.folder, "site");
    folders.index = join(folders.folder, "index");
  });
  afterEach(() => rm(folders.folder, { recursive: true }));
  return folders;
}

/** Runs the command line in this process. */
export async function run(...args: readonly string[]): Promise<{ code: number; out: string; error: string }> {
  const terminal = captureTerminal();
  const code = await runCommandLine(args, terminal);
  return { code, out: terminal.out(), error: terminal.error() };
}

/** Builds an index of a folder. @throws with what the command said where it fails. */
export async function build(site: string, out: string, ...options: readonly string[]): Promise<Report> {
  const { code, out: printed, error } = await run("build", site, "--out", out, "--json", ...options);
  if (code !== 0) throw new Error(error);
  return JSON.parse(printed) as Report;
}

/** Writes a file and the folders above it. */
export async function writePage(site: string, path: string, content: string | Uint8Array): Promise<void> {
  const file = join(site, path);
  await mkdir(join(file, ".."), { recursive: true });
  await writeFile(file, content);
}

/** Files of a folder with the hashes of their bytes; without the note of when pages were touched, which is no part of an index. */
export async function readFolder(path: string): Promise<Record<string, string>> {
  const names = (await readdir(path, { recursive: true, withFileTypes: true })).filter(
    (entry) => entry.isFile() && entry.name !== ".inkling-files.json",
  );
  const files = names.map(async (entry) => {
    const name = join(entry.parentPath, entry.name);
    return [
      name.slice(path.length),
      createHash("sha256")
        .update(await readFile(name))
        .digest("hex"),
    ] as const;
  });
  return Object.fromEntries((await Promise.all(files)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Asks an index; up to 200 pages, best first. */
export async function findHits(
  out: string,
  text: string,
  ...options: readonly string[]
): Promise<{ url: string; title: string; score: number }[]> {
  const { out: printed } = await run("query", out, text, "--json", "--limit", "200", ...options);
  return (JSON.parse(printed) as { hits: { url: string; title: string; score: number }[] }).hits;
}

/** Urls of the pages that have some words. */
export async function findByWords(out: string, text: string): Promise<string[]> {
  return (await findHits(out, text, "--mode", "words")).map(({ url }) => url);
}
