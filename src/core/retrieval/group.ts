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

/**
 * Groups passages into pages. A page's score is Σ decay^i · score of its i-th best passage, over its first few: several
 * good passages beat one that is as good, and many weak ones do not.
 *
 * @param documentOf - document ordinal of a passage.
 * @returns pages best first; ties by segment, then document.
 */
export function groupByPage(
  passages: readonly RankedPassage[],
  documentOf: (segment: number, passage: number) => number,
  parameters: RankingParameters,
): RankedPage[] {
  const groups = new Map<string, { segment: number; document: number; passages: RankedPassage[] }>();
  for (const ranked of passages) {
    const document = documentOf(ranked.segment, ranked.passage);
    const key = `${ranked.segment}/${document}`;
    const group = groups.get(key) ?? { segment: ranked.segment, document, passages: [] };
    group.passages.push(ranked);
    groups.set(key, group);
  }
  return [...groups.values()].map((group) => rankGroup(group, parameters)).sort(comparePages);
}

function rankGroup(group: { segment: number; document: number; passages: RankedPassage[] }, parameters: RankingParameters): RankedPage {
  const passages = group.passages.sort((a, b) => b.score - a.score || a.passage - b.passage);
  const score = passages
    .slice(0, parameters.passagesPerPage)
    .reduce((sum, ranked, i) => sum + ranked.score * parameters.passageDecay ** i, 0);
  return { segment: group.segment, document: group.document, score, passages };
}

function comparePages(a: RankedPage, b: RankedPage): number {
  return b.score - a.score || a.segment - b.segment || a.document - b.document;
}
