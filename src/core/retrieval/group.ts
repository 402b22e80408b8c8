import type { RankingParameters } from "./parameters.ts";

/** A passage of a segment with its score. */
export interface RankedPassage {
  /** Index of the segment. */
  readonly segment: number;
  /** Ordinal within the segment. */
  readonly passage: number;
  readonly score: number;
}

/** A page with its passages, best first. */
export interface RankedPage {
  readonly segment: number;
  readonly document: number;
  readonly score: number;
  readonly passages: readonly RankedPassage[];
}

/** Where a passage belongs. */
export interface PassagePlace {
  /** Document ordinal within the segment. */
  readonly document: number;
  /** Section of the document; passages of one section are one text, cut by length. */
  readonly section: number;
}

/**
 * Groups passages into pages. A page's score is Σ decay^i · score of its i-th best section, over its first few: a page that
 * treats the question in several sections beats one that touches it once. Why sections and not passages: a long text is cut
 * into overlapping passages, and adding those up would reward length.
 *
 * @returns pages best first; ties by segment, then document.
 */
export function groupByPage(
  passages: readonly RankedPassage[],
  placeOf: (segment: number, passage: number) => PassagePlace,
  parameters: RankingParameters,
): RankedPage[] {
  const groups = new Map<string, PageGroup>();
  for (const ranked of passages) {
    const { document, section } = placeOf(ranked.segment, ranked.passage);
    const key = `${ranked.segment}/${document}`;
    const group: PageGroup = groups.get(key) ?? {
      segment: ranked.segment,
      document,
      passages: [],
      sections: new Map(),
    };
    group.passages.push(ranked);
    group.sections.set(section, Math.max(ranked.score, group.sections.get(section) ?? 0));
    groups.set(key, group);
  }
  return [...groups.values()].map((group) => rankGroup(group, parameters)).sort(comparePages);
}

interface PageGroup {
  readonly segment: number;
  readonly document: number;
  readonly passages: RankedPassage[];
  /** Section -> score of its best passage. */
  readonly sections: Map<number, number>;
}

function rankGroup(group: PageGroup, parameters: RankingParameters): RankedPage {
  const passages = group.passages.sort((a, b) => b.score - a.score || a.passage - b.passage);
  const score = [...group.sections.values()]
    .sort((a, b) => b - a)
    .slice(0, parameters.sectionsPerPage)
    .reduce((sum, best, i) => sum + best * parameters.sectionDecay ** i, 0);
  return { segment: group.segment, document: group.document, score, passages };
}

function comparePages(a: RankedPage, b: RankedPage): number {
  return b.score - a.score || a.segment - b.segment || a.document - b.document;
}
