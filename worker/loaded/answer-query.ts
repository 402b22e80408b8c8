import { type Bitset, createBitset, hasBit } from "../../src/core/filter/bitset.ts";
import { type ParsedQuery, parseQuery } from "../../src/core/lexical/query-terms.ts";
import { countLive } from "../../src/core/pieces/entry.ts";
import type { Leaf } from "../../src/core/pieces/places.ts";
import type { PassageText } from "../../src/core/pieces/text-block.ts";
import type { RankedPage, RankedPassage } from "../../src/core/retrieval/group.ts";
import { passagesPerPage, preferPhrases } from "../../src/core/retrieval/phrases.ts";
import type { OutsideTerms } from "../../src/core/retrieval/lexical.ts";
import type { ScoreReach } from "../../src/core/retrieval/rank.ts";
import { toHitPassage } from "../../src/core/retrieval/to-hit-passage.ts";
import type { Attributes, Hit, SearchMode } from "../../src/types.ts";
import { bestOf, fuseScores, listCandidates, maxOf, type MeaningScores } from "./fuse-evidence.ts";
import {
  defaultTierPostings,
  findAllTerms,
  readPostings,
  scorePostings,
  type TermPostings,
  type WordScores,
} from "./gather-evidence.ts";
import { groupPassages, type PlacedIndex } from "./group-passages.ts";
import type { LoadedIndex } from "./loaded-index.ts";
import { budgetOf, type MeaningBudget, MeaningSearch } from "./score-meaning.ts";

/** Best passages by words of which sections are told apart where words alone rank pages. */
const placedPassages = 32;
/** Blocks of leaves that are read for them at most. */
const placedNodes = 12;
const minPassageShare = 0.4;
/**
 * Fewest and most pages whose texts are searched for a quoted phrase; in between as many as are wanted, whose texts are read
 * anyway. Why not as many as in an index in memory: each may need a block for each of its passages.
 */
const minPhraseCandidates = 10;
const maxPhraseCandidates = 100;

/** What is asked of loaded indexes. */
export interface FindOptions {
  readonly mode: SearchMode | undefined;
  /** What the documents that were added know of the query, so that all are ranked as one index. */
  readonly outside: OutsideTerms;
  /** Default: by the size of each index, and whether documents are left out. */
  readonly budget?: MeaningBudget;
  /** Postings that are read beyond those in the dictionary. Default: 49,152, or all where documents are left out. */
  readonly postings?: number;
  /** For each index the documents that may be found; absent or null: all. */
  readonly allowed?: readonly Bitset[] | null;
}

interface Evidence {
  readonly index: LoadedIndex;
  /** Of passages that may be found. */
  readonly words: WordScores;
  /** Highest score by words of any passage: a filter changes no score. */
  readonly highest: number;
  readonly meaning: MeaningScores | null;
}

/** What loaded indexes found, before it is ranked. */
export interface Found {
  readonly evidence: readonly Evidence[];
  readonly denseWeight: number;
  readonly mode: SearchMode;
  readonly truncated: boolean;
  /** Quoted in the query, folded. */
  readonly phrases: readonly string[];
  /** Passages with each term in all loaded indexes, and all their passages. */
  readonly frequencies: ReadonlyMap<string, number>;
  readonly passages: number;
  /** Highest scores by words and by meaning. */
  readonly reach: ScoreReach;
  readonly embedMs: number;
}

/** Finds and scores passages of loaded indexes: term frequencies are those of all of them and of what is outside. */
export async function findPassages(
  indexes: readonly LoadedIndex[],
  text: string,
  options: FindOptions,
): Promise<Found> {
  const parsed = parseQuery(text);
  const { outside, mode } = options;
  const isFiltered = (options.allowed ?? null) !== null;
  const { postings: most = isFiltered ? Infinity : defaultTierPostings } = options;
  const allowed = await readAllowed(indexes, options.allowed ?? null);
  const asksForMeaning = parsed.terms.length > 0 && mode !== "words";
  // Why at the same time: what lies nearest in meaning needs no words, and each is a chain of round trips.
  const [meanings, postings] = await Promise.all([
    asksForMeaning ? beginMeaning(indexes, text, options, allowed) : noMeaning,
    mode === "dense" ? indexes.map(() => []) : findPostings(indexes, parsed, outside, most),
  ]);
  const frequencies = new Map(
    parsed.terms.map(({ term }, i) => [term, postings.reduce((sum, list) => sum + (list[i]?.frequency ?? 0), 0)]),
  );
  const passages = indexes.reduce((sum, { entry }) => sum + countLive(entry).passages, 0);
  const joint = parsed.terms.map(({ term }) => frequencies.get(term)! + (outside.frequencies.get(term) ?? 0));
  const evidence = await Promise.all(
    indexes.map(async (index, i): Promise<Evidence> => {
      const all = scorePostings(postings[i]!, joint, passages + outside.passages);
      const bits = allowed[i]!;
      const words = bits === null ? all : { ...all, scores: keepAllowed(all.scores, bits) };
      const { search, vector } = meanings.begun[i] ?? {};
      const meaning = search === undefined ? null : await search.finish(words.scores, vector!.weight);
      return { index, words, highest: maxOf(all.scores.values()), meaning };
    }),
  );
  await Promise.all(evidence.map(readPlaces));
  const isMeant = evidence.some(({ meaning }) => meaning !== null);
  const vectors = meanings.begun.map((each) => each?.vector);
  return {
    evidence,
    denseWeight: mode === "dense" ? 1 : Math.max(0, ...vectors.map((vector) => vector?.weight ?? 0)),
    mode: mode === "dense" ? "dense" : isMeant ? "hybrid" : "words",
    phrases: parsed.phrases,
    truncated: parsed.truncated || vectors.some((vector) => vector?.truncated === true),
    frequencies,
    passages,
    reach: {
      words: maxOf(evidence.map(({ highest }) => highest)),
      dense: maxOf(evidence.map(({ meaning }) => meaning?.highest ?? 0)),
    },
    embedMs: meanings.embedMs,
  };
}

/** For each index the passages that may be found; null: all. */
function readAllowed(indexes: readonly LoadedIndex[], documents: readonly Bitset[] | null): Promise<(Bitset | null)[]> {
  return Promise.all(
    indexes.map(async (index, i) => {
      if (documents === null) return null;
      // Why nothing where it failed: what may not be found must not be.
      return (await index.attempt(() => index.passagesOf(documents[i]!))) ?? createBitset(index.entry.passages);
    }),
  );
}

async function findPostings(
  indexes: readonly LoadedIndex[],
  parsed: ParsedQuery,
  outside: OutsideTerms,
  most: number,
): Promise<TermPostings[][]> {
  const terms = await findAllTerms(indexes, parsed, (term) => (outside.frequencies.get(term) ?? 0) > 0);
  return Promise.all(indexes.map((index, i) => readPostings(index, parsed, terms[i]!, most)));
}

/** A query's vector in one index, and the search by it that has begun. */
interface BegunMeaning {
  readonly vector: QueryVector;
  readonly search: MeaningSearch;
}

interface BegunMeanings {
  /** For each index; undefined where it cannot answer by meaning. */
  readonly begun: readonly (BegunMeaning | undefined)[];
  readonly embedMs: number;
}

const noMeaning: BegunMeanings = { begun: [], embedMs: 0 };

/** Embeds the query and reads what lies nearest to it in meaning. */
async function beginMeaning(
  indexes: readonly LoadedIndex[],
  text: string,
  { mode, budget }: FindOptions,
  allowed: readonly (Bitset | null)[],
): Promise<BegunMeanings> {
  const started = performance.now();
  if (mode === "dense") await Promise.all(indexes.map((index) => index.attempt(() => index.loadMeaning())));
  const vectors = await embed(indexes, text);
  const embedMs = performance.now() - started;
  const begun = await Promise.all(
    indexes.map(async (index, i) => {
      const vector = vectors[i];
      if (vector === undefined) return undefined;
      const chosen = budget ?? budgetOf(index.entry.passages, allowed[i] !== null);
      return { vector, search: await MeaningSearch.begin(index, vector.vector, chosen, allowed[i]!) };
    }),
  );
  return { begun, embedMs };
}

function keepAllowed(scores: ReadonlyMap<number, number>, allowed: Bitset): Map<number, number> {
  return new Map([...scores].filter(([passage]) => hasBit(allowed, passage)));
}

interface QueryVector {
  readonly vector: Float32Array;
  readonly weight: number;
  readonly truncated: boolean;
}

/** The query's vector for each index that can answer by meaning now. Indexes of one model give equal vectors. */
function embed(indexes: readonly LoadedIndex[], text: string): Promise<(QueryVector | undefined)[]> {
  return Promise.all(
    indexes.map((index) =>
      index.attempt(async () => {
        const { meaning, entry } = index;
        if (meaning === null) return undefined;
        const { vector, coverage, truncated } = await meaning.embedder.embed(text);
        const weight = entry.model!.denseWeight * coverageWeight(coverage);
        return weight > 0 && vector.some((value) => value !== 0) ? { vector, weight, truncated } : undefined;
      }),
    ),
  );
}

/** Full weight where the model knows most of the query, none where it knows less than half; as for added documents. */
function coverageWeight(coverage: number): number {
  return Math.min(1, Math.max(0, (coverage - 0.5) / 0.3));
}

/** Reads where the sections of the best passages begin. By meaning, those that matter were read before. */
async function readPlaces({ index, words, meaning }: Evidence): Promise<void> {
  if (meaning !== null) return;
  const nodes = new Set(bestOf(words.scores, placedPassages).map((passage) => index.nodeOf(passage)));
  await Promise.all([...nodes].slice(0, placedNodes).map((node) => index.attempt(() => index.leaves(node))));
}

/**
 * Fuses the evidence of all indexes over common ranges, and groups passages by page.
 *
 * @param reach - highest scores of all that is ranked together.
 * @returns pages, the best first; `segment` is the place of the index.
 */
export async function rankFound(
  { evidence, denseWeight }: Found,
  reach: ScoreReach,
  limit: number,
): Promise<RankedPage[]> {
  const passages: RankedPassage[] = [];
  const indexes: PlacedIndex[] = [];
  for (const [segment, { index, words, meaning }] of evidence.entries()) {
    const known = { words: words.scores, meaning };
    const candidates = listCandidates(known, limit);
    const documentOf = await index.documentsOf(candidates);
    indexes.push({ index, documentOf });
    passages.push(...fuseScores(known, candidates, reach, denseWeight, documentOf, segment));
  }
  return groupPassages(passages, indexes);
}

/**
 * Puts pages that hold every quoted phrase before all others. Reads texts only where there is a phrase; a text that cannot be had
 * holds none, and its index remembers why.
 *
 * @param pages - of `rankFound`.
 * @param limit - pages wanted.
 * @param own - highest score of a page that was added: such pages stand in the same list.
 */
export async function preferFoundPhrases(
  { evidence, phrases }: Found,
  pages: readonly RankedPage[],
  limit: number,
  own: number,
): Promise<readonly RankedPage[]> {
  return preferPhrases(pages, {
    phrases,
    candidates: limit === 0 ? 0 : Math.min(Math.max(minPhraseCandidates, limit), maxPhraseCandidates),
    gain: Math.max(own, pages[0]?.score ?? 0),
    readTexts: async ({ segment }, passages) => {
      const { index } = evidence[segment]!;
      const texts = await Promise.all(
        passages.map(async ({ passage }) => (await readTexts(index, passage))?.get(passage)),
      );
      return texts.filter((each) => each !== undefined);
    },
  });
}

/** A hit, and the place of its index. */
export interface FoundHit {
  readonly hit: Hit;
  readonly segment: number;
}

/** Reads the texts of pages. A page whose text cannot be had is left out, and its index remembers why. */
export async function readHits({ evidence }: Found, pages: readonly RankedPage[]): Promise<FoundHit[]> {
  const hits = await Promise.all(
    pages.map(async (page) => ({ hit: await readHit(evidence[page.segment]!, page), segment: page.segment })),
  );
  return hits.filter((each): each is FoundHit => each.hit !== undefined);
}

/** A hit with its best passage, and others of the page whose text came with it. */
async function readHit({ index, words }: Evidence, page: RankedPage): Promise<Hit | undefined> {
  const best = page.passages[0]!;
  const texts = await readTexts(index, best.passage);
  if (texts === undefined) return undefined;
  const shown = page.passages
    .slice(0, passagesPerPage)
    .filter(({ score }, i) => i === 0 || score >= best.score * minPassageShare)
    .map(({ passage, score }) => ({ text: texts.get(passage), score }))
    .filter((each): each is { text: PassageText; score: number } => each.text !== undefined);
  const { url, title, attributes } = shown[0]!.text;
  return {
    url,
    title,
    score: page.score,
    attributes: attributes === "" ? {} : (JSON.parse(attributes) as Attributes),
    passages: shown.map(({ text, score }) => toHitPassage(text, score, words)),
  };
}

/** Texts that come with that of a passage, by ordinal. */
async function readTexts(index: LoadedIndex, passage: number): Promise<ReadonlyMap<number, PassageText> | undefined> {
  const leaf = await findLeaf(index, passage);
  return leaf && index.attempt(() => index.texts(leaf, passage));
}

async function findLeaf(index: LoadedIndex, passage: number): Promise<Leaf | undefined> {
  await index.attempt(() => index.leaves(index.nodeOf(passage)));
  return index.leafOf(passage);
}
