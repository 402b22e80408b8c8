import { embeddingText, searchedText } from "../src/core/segment/prepare.ts";
import type { SegmentReader } from "../src/core/segment/reader.ts";
import type { PendingPassage } from "./vectors.ts";

/** A passage as a model gets it. */
export interface TitledPassage extends PendingPassage {
  /** Of its document. */
  readonly title: string;
  /** Its document's ordinal in the segment. */
  readonly document: number;
}

/** Hashes and texts of some stored passages, as they were when they were written. */
export async function readPassages(
  reader: SegmentReader,
  ordinals: readonly number[],
  pace: () => Promise<void>,
): Promise<TitledPassage[]> {
  const passages: TitledPassage[] = [];
  let document = -1;
  let places: ReturnType<SegmentReader["places"]> = [];
  for (const ordinal of ordinals) {
    // Why kept: to place the sections of a long document costs more than to read a passage.
    if (reader.passageDocuments[ordinal] !== document) {
      document = reader.passageDocuments[ordinal]!;
      places = reader.places(document);
    }
    const { path } = places[reader.sectionOf(ordinal)]!;
    const title = reader.title(document);
    const body = searchedText(await reader.passageText(ordinal), reader.hiddenText(ordinal));
    const text = embeddingText(title, path, body);
    passages.push({ hash: reader.passageHash(ordinal), text, title, document });
    await pace();
  }
  return passages;
}
