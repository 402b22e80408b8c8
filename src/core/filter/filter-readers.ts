import type { RankedPage } from "../retrieval/group.ts";
import { type AttributeSource, readTable } from "./attribute-table.ts";
import { type Filtered, type FilterRequest, filterSegments, planFilter } from "./filter-segments.ts";

/** A segment in memory: a `SegmentReader` is one. */
export interface FilterableSegment extends AttributeSource {
  /** Half-open range of a document's passages. */
  passageRange(document: number): readonly [start: number, end: number];
}

/** What a request amounts to in the segments of an index in memory. */
export interface FilteredReaders extends Pick<Filtered, "allowed" | "facets"> {
  /**
   * Puts the pages of an answer in the order asked for.
   *
   * @param pages - best first.
   * @param hasText - false where the query has no text: pages are listed then, each with its first passage.
   */
  arrange(pages: readonly RankedPage[], hasText: boolean): readonly RankedPage[] | Promise<readonly RankedPage[]>;
}

/**
 * Checks what a query asks of attributes, and finds the documents that fit.
 *
 * @throws {InvalidArgumentError} `argument/where`, `argument/facets` or `argument/sort`.
 */
export function filterReaders(readers: readonly FilterableSegment[], request: FilterRequest): FilteredReaders {
  const filtered = filterSegments(planFilter(request), readers.map(readTable));
  const { allowed, facets } = filtered;
  return { allowed, facets, arrange: (pages, hasText) => (hasText ? filtered.order(pages) : list(readers, filtered)) };
}

function list(readers: readonly FilterableSegment[], filtered: Filtered): RankedPage[] {
  return filtered.list().flatMap(({ segment, document, score }) => {
    const [passage, end] = readers[segment]!.passageRange(document);
    return passage < end ? [{ segment, document, score, passages: [{ segment, passage, score }] }] : [];
  });
}
