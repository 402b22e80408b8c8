import { embeddingText } from "../src/core/segment/prepare.ts";
import type { SegmentReader } from "../src/core/segment/reader.ts";
import type { PendingPassage } from "./vectors.ts";

/** Hashes and texts of some stored passages, as they were when they were written. */
export async function readPassages(
  reader: SegmentReader,
  ordinals: readonly number[],
  pace: () => Promise<void>,
): Promise<PendingPassage[]> {
  const passages: PendingPassage[] = [];
  let document = -1;
  let places: ReturnType<SegmentReader["places"]> = [];
  for (const ordinal of ordinals) {
    // Why kept: to place the sections of a long document costs more than to read a passage.
    if (reader.passageDocuments[ordinal] !== document) {
      document = reader.passageDocuments[ordinal]!;
      places = reader.places(document);
    }
    const { path } = places[reader.sectionOf(ordinal)]!;
    const text = embeddingText(reader.title(document), path, await reader.passageText(ordinal));
    passages.push({ hash: reader.passageHash(ordinal), text });
    await pace();
  }
  return passages;
}
