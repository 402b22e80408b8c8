import type { RankingParameters } from "../retrieval/parameters.ts";
import { isStemmed, stem, stemPrefix } from "../text/stem.ts";
import type { Utf8 } from "../utf8.ts";
import { editDistance } from "./edit-distance.ts";
import type { InvertedIndex } from "./postings-builder.ts";
import type { QueryTerm } from "./query-terms.ts";
import { findTerm, prefixRange, termAt } from "./term-dictionary.ts";

/** A term of the dictionary that counts as an occurrence of a query term. */
export interface Expansion {
  readonly rank: number;
  readonly weight: number;
}

/** Most terms that a prefix or a misspelling stands for in one segment: the most frequent ones. */
const maxExpansions = 32;

/**
 * Terms of each segment that match a query term: spelled alike or of the same stem; if there are none anywhere, terms it
 * begins; if there are none either, terms within a small edit distance.
 *
 * @returns one list for each index, in their order; `prefix` tells that the term was taken for the beginning of words.
 */
export function expandTerm(
  indexes: readonly InvertedIndex[],
  query: QueryTerm,
  parameters: RankingParameters,
  utf8: Utf8,
): { expansions: Expansion[][]; prefix: boolean } {
  const inflections = indexes.map((index) => findInflections(index, query, parameters.stemWeight, utf8));
  if (inflections.some((list) => list.length > 0)) return { expansions: inflections, prefix: false };
  const completions = indexes.map((index) => findCompletions(index, query, parameters.prefixWeight, utf8));
  if (completions.some((list) => list.length > 0)) return { expansions: completions, prefix: true };
  return {
    expansions: indexes.map((index) => findNearSpellings(index, query, parameters.fuzzyWeight, utf8)),
    prefix: false,
  };
}

function findInflections(index: InvertedIndex, query: QueryTerm, stemWeight: number, utf8: Utf8): Expansion[] {
  const exact = findTerm(index, utf8.encode(query.term));
  const expansions: Expansion[] = exact < 0 ? [] : [{ rank: exact, weight: 1 }];
  if (!isStemmed(query.term)) return expansions;
  const [start, end] = prefixRange(index, utf8.encode(stemPrefix(query.stem)));
  for (let rank = start; rank < end; rank++) {
    if (rank === exact || termLength(index, rank) > query.stem.length + maxSuffixLength) continue;
    if (stem(termAt(index, rank, utf8)) === query.stem) expansions.push({ rank, weight: stemWeight });
  }
  return expansions;
}

/** Porter removes at most this many letters from a common word: `-izations`, `-fulnesses`. */
const maxSuffixLength = 9;

function termLength(index: InvertedIndex, rank: number): number {
  return index.termOffsets[rank + 1]! - index.termOffsets[rank]!;
}

// oxlint-disable-next-line no-control-regex -- the range is the definition of ASCII
const asciiCharacter = /^[\x00-\x7f]$/;

function findCompletions(index: InvertedIndex, query: QueryTerm, weight: number, utf8: Utf8): Expansion[] {
  // Why not one letter: it begins thousands of words. One Chinese character is a word, and the beginning of bigrams.
  if (!query.open || asciiCharacter.test(query.term)) return [];
  const [start, end] = prefixRange(index, utf8.encode(query.term));
  const ranks = Array.from({ length: end - start }, (_, i) => start + i);
  return mostFrequent(index, ranks).map((rank) => ({ rank, weight }));
}

function mostFrequent(index: InvertedIndex, ranks: number[]): number[] {
  if (ranks.length <= maxExpansions) return ranks;
  return ranks
    .sort((a, b) => index.documentFrequencies[b]! - index.documentFrequencies[a]! || a - b)
    .slice(0, maxExpansions);
}

/** Edits allowed for a term of a length: none for short words, where every neighbour is another word. */
function allowedEdits(length: number): number {
  if (length < 5) return 0;
  return length < 8 ? 1 : 2;
}

/** Only terms with the same first letter: it is rarely mistyped, and the dictionary is sorted by it. */
function findNearSpellings(index: InvertedIndex, query: QueryTerm, weight: number, utf8: Utf8): Expansion[] {
  const edits = allowedEdits(query.term.length);
  if (edits === 0 || !/^\p{L}+$/u.test(query.term)) return [];
  const [start, end] = prefixRange(index, utf8.encode(query.term.slice(0, 1)));
  const near: { rank: number; distance: number }[] = [];
  for (let rank = start; rank < end; rank++) {
    if (Math.abs(termLength(index, rank) - query.term.length) > 2 * edits) continue;
    const distance = editDistance(query.term, termAt(index, rank, utf8), edits);
    if (distance <= edits) near.push({ rank, distance });
  }
  const best = Math.min(...near.map((entry) => entry.distance));
  const ranks = near.filter((entry) => entry.distance === best).map((entry) => entry.rank);
  return mostFrequent(index, ranks).map((rank) => ({ rank, weight }));
}
