import { inverseFrequency, saturate } from "../../src/core/lexical/bm25f.ts";
import type { ParsedQuery, QueryTerm } from "../../src/core/lexical/query-terms.ts";
import { frequencyOfLevel } from "../../src/core/pieces/impacts.ts";
import type { PostingList } from "../../src/core/pieces/term-block.ts";
import { defaultParameters } from "../../src/core/retrieval/parameters.ts";
import { stem } from "../../src/core/text/stem.ts";
import { findInflections, findLoosely, type FoundTerms } from "./find-terms.ts";
import type { LoadedIndex } from "./loaded-index.ts";

/** Postings beyond those in the dictionary that are read for one query, unless it says otherwise. */
export const defaultTierPostings = 49_152;

/** A query term with what stands for it in one index, and all postings of it that are read. */
export interface TermPostings {
  readonly term: QueryTerm;
  readonly found: FoundTerms;
  /** One list for each of the head and the tiers read, with its weight. */
  readonly lists: readonly { readonly weight: number; readonly list: PostingList }[];
  /** Passages that hold it: exact where all postings are read, else at most this many. */
  readonly frequency: number;
}

/**
 * Finds what stands for each query term in each index. Only where no index has the word or one of its stem do completions and
 * near spellings count. A term whose blocks cannot be had is left out, and the index remembers why.
 *
 * @param isKnown - whether a term is found elsewhere: in the documents that were added.
 * @returns for each index one entry for each term.
 */
export async function findAllTerms(
  indexes: readonly LoadedIndex[],
  { terms }: ParsedQuery,
  isKnown: (term: string) => boolean,
): Promise<FoundTerms[][]> {
  const find = (each: typeof findInflections, wanted: readonly QueryTerm[]): Promise<FoundTerms[][]> =>
    Promise.all(
      indexes.map((index) =>
        Promise.all(wanted.map(async (term) => (await index.attempt(() => each(index.terms, term))) ?? nothing())),
      ),
    );
  const found = await find(findInflections, terms);
  const missing = terms.filter(
    ({ term }, i) => !isKnown(term) && found.every((ofIndex) => ofIndex[i]!.terms.length === 0),
  );
  if (missing.length === 0) return found;
  const loose = await find(findLoosely, missing);
  return found.map((ofIndex, at) =>
    ofIndex.map((known, i) => {
      const place = missing.indexOf(terms[i]!);
      return place < 0 ? known : loose[at]![place]!;
    }),
  );
}

function nothing(): FoundTerms {
  return { terms: [], prefix: false };
}

/**
 * Reads the postings of what was found in an index.
 *
 * @param most - beyond those in the dictionary. Under a filter all: what is left may be far down.
 */
export async function readPostings(
  index: LoadedIndex,
  { terms }: ParsedQuery,
  found: readonly FoundTerms[],
  most: number,
): Promise<TermPostings[]> {
  const tiers = await readTiers(index, found, most);
  return found.map((each, i) => {
    const lists = [
      ...each.terms.map(({ entry, weight }) => ({ weight, list: entry.head })),
      ...(tiers.get(each) ?? []),
    ];
    return { term: terms[i]!, found: each, lists, frequency: countPassages(each, lists) };
  });
}

type WeighedList = TermPostings["lists"][number];

/** Reads tiers of long lists, those of rarer terms first, until enough is read. */
async function readTiers(
  index: LoadedIndex,
  all: readonly FoundTerms[],
  maxPostings: number,
): Promise<Map<FoundTerms, readonly WeighedList[]>> {
  const wanted = all
    .flatMap((terms) =>
      terms.terms.flatMap(({ entry, weight }) =>
        entry.tiers.map((tier, depth) => ({ terms, tier, weight, depth, frequency: entry.frequency })),
      ),
    )
    .sort((a, b) => a.depth - b.depth || a.frequency - b.frequency);
  let postings = 0;
  const chosen = wanted.filter(({ tier }) => (postings += tier.count) <= maxPostings);
  const lists = await Promise.all(chosen.map(({ tier }) => index.attempt(() => index.readTier(tier))));
  const read = new Map<FoundTerms, WeighedList[]>();
  chosen.forEach(({ terms, weight }, i) => {
    const list = lists[i];
    if (list === undefined) return;
    const known = read.get(terms);
    if (known === undefined) read.set(terms, [{ weight, list }]);
    else known.push({ weight, list });
  });
  return read;
}

function countPassages({ terms }: FoundTerms, lists: readonly WeighedList[]): number {
  const total = terms.reduce((sum, { entry }) => sum + entry.frequency, 0);
  const read = lists.reduce((sum, { list }) => sum + list.passages.length, 0);
  if (read < total || terms.length < 2) return total;
  const passages = new Set<number>();
  for (const { list } of lists) for (const passage of list.passages) passages.add(passage);
  return passages.size;
}

/** Scores of the passages that were seen, and what the terms are worth. */
export interface WordScores {
  /** Passage -> score > 0. */
  readonly scores: ReadonlyMap<number, number>;
  /** Stem -> inverse passage frequency, for excerpts. */
  readonly weights: ReadonlyMap<string, number>;
  readonly prefix: string;
}

/**
 * BM25F over the postings that were read, by the rules of an index in memory.
 *
 * @param frequencies - for each term, passages that hold it in all indexes together.
 * @param passages - of all indexes together.
 */
export function scorePostings(
  postings: readonly TermPostings[],
  frequencies: readonly number[],
  passages: number,
): WordScores {
  const scores = new Map<number, number>();
  const weights = new Map<string, number>();
  let prefix = "";
  const foundTerms = new Set(postings.filter((_, i) => frequencies[i]! > 0).map(({ term }) => term.term));
  postings.forEach(({ term, found, lists }, i) => {
    if (found.terms.length === 0) return;
    const idf = inverseFrequency(Math.min(frequencies[i]!, passages), passages);
    weights.set(term.stem, Math.max(idf, weights.get(term.stem) ?? 0));
    for (const { entry } of found.terms.slice(0, 8)) {
      const each = stem(entry.term);
      if (!weights.has(each)) weights.set(each, idf);
    }
    if (found.prefix) prefix = term.term;
    const isPart = term.partOf !== null && foundTerms.has(term.partOf);
    const weight = idf * term.weight * (isPart ? defaultParameters.partWeight : 1);
    for (const [passage, frequency] of addFrequencies(lists))
      scores.set(passage, (scores.get(passage) ?? 0) + weight * saturate(frequency, defaultParameters.k1));
  });
  return { scores, weights, prefix };
}

/** Spellings of one term add up before they saturate. */
function addFrequencies(lists: readonly WeighedList[]): Map<number, number> {
  const frequencies = new Map<number, number>();
  for (const { weight, list } of lists) {
    list.passages.forEach((passage, i) => {
      const frequency = weight * frequencyOfLevel[list.levels[i]!]!;
      frequencies.set(passage, (frequencies.get(passage) ?? 0) + frequency);
    });
  }
  return frequencies;
}
