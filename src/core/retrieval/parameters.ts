/** Every number that ranking depends on, in one place. `docs/RANKING.md` gives the formulas and how each value was chosen. */
export interface RankingParameters {
  /** BM25 saturation, > 0: how fast repeats of a term stop to matter. */
  readonly k1: number;
  /** BM25F weight of each field: title, headings, body. */
  readonly fieldWeights: readonly [title: number, headings: number, body: number];
  /** BM25F length normalisation of each field, 0 to 1. */
  readonly fieldB: readonly [title: number, headings: number, body: number];
  /** Weight of terms that share the stem of a query term but are spelled differently. */
  readonly stemWeight: number;
  /** Weight of terms that a query term is the beginning of, when nothing matches it in full. */
  readonly prefixWeight: number;
  /** Weight of terms within the allowed edit distance, when nothing else matches. */
  readonly fuzzyWeight: number;
  /** Weight of the parts of an identifier in the query, where the whole of it is found: exact names win. */
  readonly partWeight: number;
  /** Each further section of a page adds its score times this, to the power of its rank. */
  readonly sectionDecay: number;
  /** Sections of a page that add up. */
  readonly sectionsPerPage: number;
  /** First-stage passages for each page wanted. */
  readonly oversampling: number;
  /** Fewest first-stage passages of each retriever. */
  readonly minCandidates: number;
}

/** Values used by the engine. */
export const defaultParameters: RankingParameters = {
  k1: 0.9,
  fieldWeights: [1.5, 1.2, 1],
  fieldB: [0.4, 0.4, 0.6],
  stemWeight: 0.8,
  prefixWeight: 0.8,
  fuzzyWeight: 0.6,
  partWeight: 0.5,
  sectionDecay: 0.2,
  sectionsPerPage: 3,
  oversampling: 5,
  minCandidates: 200,
};
