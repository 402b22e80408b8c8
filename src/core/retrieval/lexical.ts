import { inverseFrequency, lengthNorm, saturate } from "../lexical/bm25f.ts";
import { type Expansion, expandTerm } from "../lexical/expand.ts";
import { forEachPosting } from "../lexical/postings.ts";
import type { ParsedQuery, QueryTerm } from "../lexical/query-terms.ts";
import type { SegmentReader } from "../segment/reader.ts";
import type { Utf8 } from "../utf8.ts";
import type { RankingParameters } from "./parameters.ts";

/** Scores of every passage for a query by words, and what its terms are worth. */
export interface LexicalScores {
  /** For each segment [passages]; 0 where no term occurs. Removed documents are scored like others. */
  readonly scores: readonly Float32Array[];
  /** Stem -> inverse passage frequency of the terms that occur, for excerpts. */
  readonly weights: ReadonlyMap<string, number>;
  /** The last word, if it was taken for the beginning of one; else `""`. */
  readonly prefix: string;
  /** Term -> passages of the segments that hold it, or a spelling that stands for it. */
  readonly frequencies: ReadonlyMap<string, number>;
}

/** What passages outside of the segments know of a query, so that both are ranked as one index. */
export interface OutsideTerms {
  readonly passages: number;
  /** Term of the query -> passages that hold it. */
  readonly frequencies: ReadonlyMap<string, number>;
}

/** Weighted frequency of one query term in the passages of one segment. */
interface TermMatches {
  readonly passages: number[];
  readonly frequencies: number[];
}

/**
 * BM25F over title, headings and body: Σ idf(t) · f / (k1 + f), with f = Σ over fields of weight · tf / length norm.
 *
 * All spellings that stand for a query term count as one term, so `index` and `indexes` share one frequency.
 *
 * @see Zaragoza et al.: Microsoft Cambridge at TREC-13, 2004
 */
export function scoreWords(
  segments: readonly SegmentReader[],
  query: ParsedQuery,
  parameters: RankingParameters,
  utf8: Utf8,
  outside?: OutsideTerms,
): LexicalScores {
  const scorer = new WordScorer(segments, parameters, utf8, outside);
  for (const term of query.terms) scorer.addTerm(term);
  return scorer;
}

class WordScorer implements LexicalScores {
  readonly scores: Float32Array[];
  readonly weights: Map<string, number> = new Map();
  readonly frequencies: Map<string, number> = new Map();
  prefix = "";
  /** Terms of the query that occur. */
  readonly #found: Set<string> = new Set();
  readonly #segments: readonly SegmentReader[];
  readonly #parameters: RankingParameters;
  readonly #utf8: Utf8;
  readonly #passages: number;
  readonly #outside: OutsideTerms | undefined;
  readonly #averageLengths: readonly number[];
  /** For each segment, a scratch array [passages] and what of it is in use. */
  readonly #scratch: Float32Array[];

  constructor(segments: readonly SegmentReader[], parameters: RankingParameters, utf8: Utf8, outside?: OutsideTerms) {
    this.#outside = outside;
    this.#segments = segments;
    this.#parameters = parameters;
    this.#utf8 = utf8;
    this.scores = segments.map((segment) => new Float32Array(segment.passageCount));
    this.#scratch = segments.map((segment) => new Float32Array(segment.passageCount));
    this.#passages = segments.reduce((sum, segment) => sum + segment.passageCount, 0);
    this.#averageLengths = [0, 1, 2].map(
      (field) =>
        segments.reduce((sum, segment) => sum + segment.reference.fieldLengths[field]!, 0) /
        Math.max(1, this.#passages),
    );
  }

  addTerm(term: QueryTerm): void {
    const indexes = this.#segments.map((segment) => segment.index);
    const { expansions, prefix } = expandTerm(indexes, term, this.#parameters, this.#utf8);
    const matches = this.#segments.map((_, i) => this.#matchTerm(i, expansions[i]!));
    const found = matches.reduce((sum, match) => sum + match.passages.length, 0);
    this.frequencies.set(term.term, found);
    const df = found + (this.#outside?.frequencies.get(term.term) ?? 0);
    if (df === 0) return;
    this.#found.add(term.term);
    const idf = inverseFrequency(df, this.#passages + (this.#outside?.passages ?? 0));
    this.#rememberWeights(term, expansions, idf);
    if (prefix) this.prefix = term.term;
    matches.forEach((match, i) => this.#addScores(this.scores[i]!, match, idf * this.#weighTerm(term)));
  }

  #weighTerm(term: QueryTerm): number {
    return term.partOf !== null && this.#found.has(term.partOf)
      ? term.weight * this.#parameters.partWeight
      : term.weight;
  }

  /** Stems of what was found, so that excerpts mark words that were matched by spelling or as completions, too. */
  #rememberWeights(term: QueryTerm, expansions: readonly Expansion[][], idf: number): void {
    this.weights.set(term.stem, Math.max(idf, this.weights.get(term.stem) ?? 0));
    expansions.forEach((list, i) => {
      for (const { rank } of list.slice(0, 8)) {
        const found = this.#segments[i]!.termStem(rank);
        if (!this.weights.has(found)) this.weights.set(found, idf);
      }
    });
  }

  #matchTerm(segmentIndex: number, expansions: readonly Expansion[]): TermMatches {
    const segment = this.#segments[segmentIndex]!;
    const frequencies = this.#scratch[segmentIndex]!;
    const passages: number[] = [];
    for (const { rank, weight } of expansions) {
      forEachPosting(segment.index, rank, (passage, title, headings, body) => {
        const frequency = weight * this.#weightFields(segment, passage, title, headings, body);
        if (frequencies[passage] === 0) passages.push(passage);
        frequencies[passage]! += frequency;
      });
    }
    return { passages, frequencies: takeFrequencies(passages, frequencies) };
  }

  #weightFields(segment: SegmentReader, passage: number, title: number, headings: number, body: number): number {
    const lengths = segment.fieldLengths;
    const at = passage * 3;
    let frequency = 0;
    if (title > 0) frequency += this.#weightField(0, title, lengths[at]!);
    if (headings > 0) frequency += this.#weightField(1, headings, lengths[at + 1]!);
    if (body > 0) frequency += this.#weightField(2, body, lengths[at + 2]!);
    return frequency;
  }

  #weightField(field: number, frequency: number, length: number): number {
    const { fieldWeights, fieldB } = this.#parameters;
    return (fieldWeights[field]! * frequency) / lengthNorm(length, this.#averageLengths[field]!, fieldB[field]!);
  }

  #addScores(scores: Float32Array, match: TermMatches, weight: number): void {
    match.passages.forEach((passage, i) => {
      scores[passage]! += weight * saturate(match.frequencies[i]!, this.#parameters.k1);
    });
  }
}

/** Moves the frequencies of some passages out of the scratch array and leaves zeros there. */
function takeFrequencies(passages: readonly number[], scratch: Float32Array): number[] {
  return passages.map((passage) => {
    const frequency = scratch[passage]!;
    scratch[passage] = 0;
    return frequency;
  });
}
