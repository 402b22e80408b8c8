import { join } from "node:path";
import { readIfThere, removeFile, writeDurably } from "./durable-files.ts";

/** What a commit is about to do, written before it begins. Names are file names within the blocks folder. */
export interface Journal {
  /** Generation of the manifest once the commit is through; 0 when the store is being cleared. */
  readonly generation: number;
  /** Files that were not there before. */
  readonly put: readonly string[];
  readonly remove: readonly string[];
}

/**
 * Finishes or undoes a commit that broke off: if the manifest is the one it was to write, what it meant to remove
 * goes, else what it had put goes. Without a journal there is nothing to do.
 */
export async function recover(path: string, blocksFolder: string, generation: number): Promise<void> {
  const journal = await readJournal(path);
  if (!journal) return removeFile(path);
  const orphans = journal.generation === generation ? journal.remove : journal.put;
  for (const file of orphans) await removeFile(join(blocksFolder, file));
  await removeFile(path);
}

/** Writes the journal whole, onto the disk. */
export async function writeJournal(path: string, journal: Journal): Promise<void> {
  await writeDurably(path, JSON.stringify(journal));
}

/** The journal, `undefined` where there is none or where it is not one of ours: a foreign list must not delete files. */
async function readJournal(path: string): Promise<Journal | undefined> {
  const bytes = await readIfThere(path);
  if (!bytes) return undefined;
  try {
    const journal = JSON.parse(new TextDecoder().decode(bytes)) as Journal;
    return [...journal.put, ...journal.remove].every(isBlockFile) ? journal : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a file name in the blocks folder is one that this driver writes. */
export function isBlockFile(file: string): boolean {
  return /^[A-Za-z0-9][\w.@~-]*\.bin(?:\.tmp)?$/.test(file);
}
