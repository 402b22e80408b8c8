import { open, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { systemCode } from "./file-errors.ts";

/** Ending of a file that is still being written. */
export const TEMPORARY = ".tmp";

/**
 * Writes a file whole or not at all: beside its place, onto the disk, then renamed.
 *
 * @param temporary - its name until then; one of its own for each writer where several may write at once.
 */
export async function writeDurably(
  path: string,
  bytes: Uint8Array | string,
  temporary: string = path + TEMPORARY,
): Promise<void> {
  const file = await open(temporary, "w");
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

/** Makes renames and removals in the folder of `path` last through a power cut, where the system can. */
export async function syncFolderOf(path: string): Promise<void> {
  try {
    const folder = await open(dirname(path), "r");
    await folder.sync().finally(() => folder.close());
  } catch (error) {
    // Why: Windows opens no folders, and some file systems cannot sync one.
    if (!["EISDIR", "EPERM", "EINVAL", "EACCES", "ENOTSUP"].includes(systemCode(error))) throw error;
  }
}

/** Bytes of a file, `undefined` if there is none. */
export async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    // Why copied: a small Buffer shares its memory with others, and the bytes are to be the caller's own.
    return new Uint8Array(await readFile(path));
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Names in a folder, none if there is no such folder. */
export async function listIfThere(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
}

/** Removes a file and its unfinished form, if there. */
export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true });
  await rm(path + TEMPORARY, { force: true });
}
