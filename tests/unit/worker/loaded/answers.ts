import type { SearchMode } from "../../../../src/types.ts";
import { findPassages, type FoundHit, rankFound, readHits } from "../../../../worker/loaded/answer-query.ts";
import type { LoadedIndex } from "../../../../worker/loaded/loaded-index.ts";

/** The first ten hits of loaded indexes alone. */
export async function answersOf(
  indexes: readonly LoadedIndex[],
  text: string,
  mode: SearchMode,
): Promise<readonly FoundHit[]> {
  const outside = { passages: 0, frequencies: new Map<string, number>() };
  const found = await findPassages(indexes, text, { mode, outside });
  return readHits(found, (await rankFound(found, found.reach, 10)).slice(0, 10));
}
