import { mkdir, open, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { type FileCache, partBytes } from "../../neural/file-cache.ts";
import { readIfThere, writeDurably } from "../../worker/stores/durable-files.ts";
import { systemCode } from "../../worker/stores/file-errors.ts";

/** Where downloaded models are kept: `INKLING_CACHE`, else the user's cache folder. */
export function modelCacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const own = env["INKLING_CACHE"];
  if (own) return own;
  return join(env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "inkling", "models");
}

/** Path below a cache folder for an address. Why its parts as they stand: decoded ones could leave the folder. */
export function pathOf(root: string, url: string): string {
  const { host, pathname } = new URL(url);
  return join(root, host.replace(":", "_"), ...pathname.split("/").filter((part) => part !== ""));
}

/** Keeps downloads as files, by host and path, so that a model's files lie in a folder as on the hub. */
export function createFolderCache(root: string): FileCache {
  const at = (url: string): string => pathOf(root, url);
  return {
    async read(url) {
      return (await readCached(at(url))) ?? ((await readCached(absent(at(url)))) === undefined ? undefined : null);
    },
    async write(url, bytes) {
      const path = at(url);
      if (bytes === null) return writeWhole(absent(path), new Uint8Array());
      await writeWhole(path, bytes);
      await removeAll(absent(path), part(path), total(path));
    },
    async readParts(url) {
      const bytes = (await readCached(part(at(url)))) ?? new Uint8Array();
      const size = await readCached(total(at(url)));
      return { bytes, total: size === undefined ? null : Number(new TextDecoder().decode(size)) || null };
    },
    async writePart(url, number, bytes, size) {
      const path = at(url);
      await writePartAt(part(path), number, bytes);
      if (size !== null) await writeWhole(total(path), new TextEncoder().encode(String(size)));
    },
    async remove(url) {
      const path = at(url);
      await removeAll(path, absent(path), part(path), total(path));
    },
    async removeBelow(prefix) {
      await rm(at(prefix), { recursive: true, force: true });
    },
  };
}

function absent(path: string): string {
  return `${path}.absent`;
}

function part(path: string): string {
  return `${path}.part`;
}

function total(path: string): string {
  return `${path}.total`;
}

/** A file where a folder should be is none: what one host serves as a file may be a folder's name on another day. */
function readCached(path: string): Promise<Uint8Array | undefined> {
  return readIfThere(path).catch((error: unknown) => {
    if (systemCode(error) === "ENOTDIR") return undefined;
    throw error;
  });
}

/** Why a name with the process: two programs may download the same model at once. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeDurably(path, bytes, `${path}.${process.pid}.draft`);
}

/** Why at its place: what a program that was ended left behind the whole parts is written over. */
async function writePartAt(path: string, number: number, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, number === 0 ? "w" : "r+");
  try {
    await file.truncate(number * partBytes);
    await file.write(bytes, 0, bytes.length, number * partBytes);
  } finally {
    await file.close();
  }
}

async function removeAll(...paths: readonly string[]): Promise<void> {
  await Promise.all(paths.map((path) => rm(path, { force: true })));
}
