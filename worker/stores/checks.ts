import { StorageError } from "../../src/errors.ts";
import type { Commit } from "../ports.ts";

const NAME = /^[A-Za-z0-9][\w.@-]*(?:\/[A-Za-z0-9][\w.@-]*)*$/;
const MAX_NAME_LENGTH = 200;

/** Whether a block may be stored under the name: parts of letters, digits and `_ . @ -`, joined by `/`. */
export function isBlockName(name: string): boolean {
  return name.length <= MAX_NAME_LENGTH && NAME.test(name);
}

/**
 * Refuses names that no driver can store.
 *
 * @throws {StorageError} `storage/failed`
 */
export function checkBlockNames(names: Iterable<string>): void {
  for (const name of names) {
    if (isBlockName(name)) continue;
    const shown = name.slice(0, MAX_NAME_LENGTH);
    throw new StorageError(
      "storage/failed",
      `The block name ${JSON.stringify(shown)} cannot be stored: expected 1 to ${MAX_NAME_LENGTH} letters, digits, ` +
        `"_", ".", "@", "-" in parts joined by "/", each part beginning with a letter or digit. Rename the block.`,
      { name: shown },
    );
  }
}

/**
 * Refuses a change that contradicts itself, before anything is written.
 *
 * @throws {StorageError} `storage/failed`
 */
export function checkCommit(change: Commit): void {
  const { expectedGeneration, manifest, put, remove } = change;
  if (manifest.generation !== expectedGeneration + 1) {
    throw new StorageError(
      "storage/failed",
      `The new manifest has generation ${manifest.generation}, expected ${expectedGeneration + 1}, one above the one ` +
        `it was prepared against. Number the manifest anew.`,
      { generation: manifest.generation, expectedGeneration },
    );
  }
  checkBlockNames(put.keys());
  checkBlockNames(remove);
  const both = remove.find((name) => put.has(name));
  if (both === undefined) return;
  throw new StorageError(
    "storage/failed",
    `The block ${JSON.stringify(both)} is to be put and removed in one commit. Name it in one of the two lists.`,
    { name: both },
  );
}

/** Generation of a stored manifest: 0 where there is none, NaN (equal to nothing) where it is damaged. */
export function generationOf(manifest: unknown): number {
  if (manifest === undefined) return 0;
  const generation = (manifest as { generation?: unknown } | null)?.generation;
  return typeof generation === "number" ? generation : Number.NaN;
}
