import { groupByPage, type RankedPage, type RankedPassage } from "../../src/core/retrieval/group.ts";
import { defaultParameters } from "../../src/core/retrieval/parameters.ts";
import type { LoadedIndex, PassageDocument } from "./loaded-index.ts";

/** An index with the documents of those of its passages that are ranked. */
export interface PlacedIndex {
  readonly index: LoadedIndex;
  readonly documentOf: (passage: number) => PassageDocument;
}

/** Groups passages by page. @param indexes - by the segments of the passages. @returns pages, the best first. */
export function groupPassages(passages: readonly RankedPassage[], indexes: readonly PlacedIndex[]): RankedPage[] {
  return groupByPage(
    passages,
    (segment, passage) => {
      const { index, documentOf } = indexes[segment]!;
      return { document: documentOf(passage).document, section: firstOfSection(index, passage) };
    },
    defaultParameters,
  );
}

/** The first passage of a passage's section, as far as the leaves that were read tell; else the passage itself. */
function firstOfSection(index: LoadedIndex, passage: number): number {
  let first = passage;
  for (let leaf = index.leafOf(first); leaf?.continues(first - leaf.first) === true; leaf = index.leafOf(first))
    first--;
  return first;
}
