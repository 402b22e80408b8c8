import type { LoadedIndex } from "./loaded-index.ts";

/** Blocks brought at the same time: fewer than a query may ask for, so that queries come through. */
const lanes = 6;

/**
 * Brings every block of an index into the browser's storage. What is there is not fetched again.
 *
 * @param onProgress - told of blocks done, of all.
 * @throws the storage's error where there is no room, {IndexFormatError} where a block cannot be had.
 */
export async function keepAll(
  index: LoadedIndex,
  signal: AbortSignal,
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  if (index.fetcher.keepError !== null) throw index.fetcher.keepError;
  const names = index.listBlocks();
  const kept = await index.fetcher.keptNames();
  // Why: blocks of equal content are one, and several things may name it.
  const seen = new Set<string>();
  let done = 0;
  const run = async (): Promise<void> => {
    for (let next = await names.next(); next.done !== true; next = await names.next()) {
      if (seen.has(next.value)) continue;
      seen.add(next.value);
      signal.throwIfAborted();
      if (!kept.has(next.value)) await index.fetcher.keep(next.value);
      onProgress(++done, index.entry.blocks);
    }
  };
  await Promise.all(Array.from({ length: lanes }, run));
}
