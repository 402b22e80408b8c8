import { IndexFormatError, InvalidArgumentError, ModelError } from "../src/errors.ts";
import { parseQuery } from "../src/core/lexical/query-terms.ts";
import { scoreVectors } from "../src/core/retrieval/dense.ts";
import type { FilteredReaders } from "../src/core/filter/filter-readers.ts";
import type * as FilterPart from "../src/core/filter/part.ts";
import type { RankedPage, RankedPassage } from "../src/core/retrieval/group.ts";
import { type LexicalScores, type OutsideTerms, scoreWords } from "../src/core/retrieval/lexical.ts";
import { defaultParameters, type RankingParameters } from "../src/core/retrieval/parameters.ts";
import { passagesPerPage, type PhraseText, preferPhrases } from "../src/core/retrieval/phrases.ts";
import { type Evidence, modeOf, rankPages, type ScoreReach } from "../src/core/retrieval/rank.ts";
import { toHitPassage } from "../src/core/retrieval/to-hit-passage.ts";
import type { SegmentReader } from "../src/core/segment/reader.ts";
import { loadPart } from "../src/promises.ts";
import type { Hit, HitPassage, QueryAnswer, QueryOptions, SearchMode } from "../src/types.ts";
import type { IndexState } from "./index-state.ts";
import type { Answering, Models } from "./models.ts";
import type { Snapshot } from "./snapshot.ts";
import { utf8 } from "./utf8.ts";
import type { VectorSets } from "./vector-sets.ts";
import { modelKey } from "./vectors.ts";

/** A further passage is shown only if it has this share of the page's best passage. */
const minPassageShare = 0.4;
/** Candidates whose text is searched for a quoted phrase. */
const phraseCandidates = 100;

const defaultLimit = 10;
const modes: ReadonlySet<string> = new Set(["words", "dense", "hybrid"]);

/** What reads `where`, `facets` and `sort`. Why no answer without it: pages that were filtered out would be in it. */
const loadFilter = (): Promise<typeof FilterPart> => loadPart(import("../src/core/filter/part.ts"));

/** An index that is searched together with the one here. */
export interface Beside extends OutsideTerms {
  readonly reach: ScoreReach;
  /** Filters the documents here as a part of all; null where the query asks for no attributes. */
  readonly filter: ((readers: readonly SegmentReader[]) => FilteredReaders) | null;
  /** The highest score of a page, here or there, after `reach` was raised. @param own - the highest one here. */
  highest(own: number): Promise<number>;
}

/** A query as a model sees it. */
interface EmbeddedQuery {
  readonly by: Answering;
  /** [dim] */
  readonly vector: Float32Array;
  readonly coverage: number;
  readonly truncated: boolean;
}

/** Answers queries from the live snapshot. */
export class Searcher {
  readonly #state: IndexState;
  readonly #sets: VectorSets;
  readonly #models: Models;
  readonly #parameters: RankingParameters;

  constructor(state: IndexState, sets: VectorSets, models: Models, parameters: RankingParameters = defaultParameters) {
    this.#state = state;
    this.#sets = sets;
    this.#models = models;
    this.#parameters = parameters;
  }

  /**
   * @throws {InvalidArgumentError} for a bad option; {SearchError} `library/part`; {ModelError} or {IndexFormatError} only in
   * mode `dense`, where nothing else could answer.
   */
  async query(text: string, options: QueryOptions, beside?: Beside): Promise<QueryAnswer> {
    const checked = checkQuery(text, options);
    for (;;) {
      const snapshot = await this.#state.refresh();
      try {
        return await this.#answer(snapshot, text, checked, beside);
      } catch (error) {
        // Each time, the index has changed meanwhile or one damaged segment is left out; any other error is thrown.
        await this.#state.recover(snapshot, error);
      }
    }
  }

  /** @throws {SearchError} `library/part` */
  loadFilter(): Promise<typeof FilterPart> {
    return loadFilter();
  }

  /** The segments that a query would look at now. */
  async readers(): Promise<readonly SegmentReader[]> {
    return (await this.#state.refresh()).readers;
  }

  /** Passages that are indexed here, and how many hold each term of a query. */
  async count(text: string): Promise<OutsideTerms> {
    const { readers } = await this.#state.refresh();
    const { frequencies } = scoreWords(readers, parseQuery(text), this.#parameters, utf8);
    return { passages: readers.reduce((sum, reader) => sum + reader.passageCount, 0), frequencies };
  }

  async #answer(
    snapshot: Snapshot,
    text: string,
    options: CheckedOptions,
    beside: Beside | undefined,
  ): Promise<QueryAnswer> {
    const { limit, mode, where, facets, sort } = options;
    const started = performance.now();
    const parsed = parseQuery(text);
    // Why: punctuation has vectors, too, but asks for nothing.
    const query = parsed.terms.length > 0 ? await this.#embedQuery(snapshot, text, mode) : null;
    const embedded = performance.now();
    const isFiltered = (where ?? facets ?? sort ?? null) !== null;
    const filter = beside?.filter ?? (isFiltered ? (await loadFilter()).filterReaders : null);
    const filtered = filter && filter(snapshot.readers, options);
    const words = mode === "dense" ? null : scoreWords(snapshot.readers, parsed, this.#parameters, utf8, beside);
    const evidence = { ...(await this.#gatherEvidence(snapshot, words, query)), reach: beside?.reach };
    const ranked = rankPages(snapshot.readers, evidence, limit, this.#parameters, filtered?.allowed);
    const best = await this.#preferPhrases(snapshot, ranked, parsed.phrases, beside);
    const pages = (await filtered?.arrange(best, parsed.terms.length > 0)) ?? best;
    const retrieved = performance.now();
    const hits = await Promise.all(pages.slice(0, limit).map((page) => readHit(snapshot, page, words)));
    const ended = performance.now();
    return {
      hits,
      total: pages.length,
      mode: modeOf(evidence),
      tier: evidence.dense === null || query === null ? "words" : query.by.slot.tier,
      facets: filtered?.facets ?? {},
      truncated: parsed.truncated || query?.truncated === true,
      timings: {
        embedMs: embedded - started,
        retrieveMs: retrieved - embedded,
        excerptMs: ended - retrieved,
        totalMs: ended - started,
      },
    };
  }

  async #preferPhrases(
    snapshot: Snapshot,
    pages: readonly RankedPage[],
    phrases: readonly string[],
    beside: Beside | undefined,
  ): Promise<readonly RankedPage[]> {
    if (phrases.length === 0) return pages;
    const highest = pages[0]?.score ?? 0;
    return preferPhrases(pages, {
      phrases,
      candidates: phraseCandidates,
      gain: (await beside?.highest(highest)) ?? highest,
      readTexts: (page, passages) => readPhraseTexts(snapshot, page, passages),
    });
  }

  /** The query's vector by the model that answers, or null where words have to do. A model that fails leaves it to the next. */
  async #embedQuery(snapshot: Snapshot, text: string, mode: SearchMode | undefined): Promise<EmbeddedQuery | null> {
    for (;;) {
      const by = await this.#chooseModel(snapshot, mode);
      if (by === null) return null;
      try {
        return { by, ...(await by.embedder.embedQuery(text)) };
      } catch (error) {
        // Why not when it is another one by now: it was ended on purpose while it computed.
        if (!(error instanceof ModelError)) throw error;
        if (by.slot.current === by.embedder) by.slot.fail(error);
        if (mode === "dense" && this.#models.answering(snapshot.readers) === null) throw error;
      }
    }
  }

  /** The model for this query, or null where words have to do. Only mode `dense` waits for one that is loading. */
  async #chooseModel(snapshot: Snapshot, mode: SearchMode | undefined): Promise<Answering | null> {
    if (mode === "words") return null;
    const answering = this.#models.answering(snapshot.readers);
    if (answering !== null || mode !== "dense") return answering;
    const embedder = await this.#models.anyReady();
    const found = this.#models.answering(snapshot.readers);
    const foreign = snapshot.readers.find((reader) => reader.reference.vectors !== null);
    if (found === null && foreign !== undefined)
      throw modelMismatch(foreign.reference.vectors!.model, modelKey(embedder.fingerprint));
    return found;
  }

  async #gatherEvidence(
    snapshot: Snapshot,
    words: LexicalScores | null,
    query: EmbeddedQuery | null,
  ): Promise<Evidence> {
    const isUsable = query !== null && query.vector.some((value) => value !== 0);
    const denseWeight = isUsable ? query.by.embedder.denseWeight * coverageWeight(query.coverage) : 0;
    const isForeign = denseWeight === 0 && words !== null;
    const dense = isUsable && !isForeign ? await this.#scoreDense(snapshot, query) : null;
    return { words: words?.scores ?? null, dense, denseWeight };
  }

  async #scoreDense({ readers }: Snapshot, { by, vector }: EmbeddedQuery): Promise<(Float32Array | null)[]> {
    const vectors = await Promise.all(readers.map((reader) => this.#sets.scanner(reader, by.key)));
    return scoreVectors(vectors, vector);
  }
}

/** Full weight where the model knows most of the query, none where it knows less than half: foreign scripts, codes. */
function coverageWeight(coverage: number): number {
  return Math.min(1, Math.max(0, (coverage - 0.5) / 0.3));
}

/** The error for vectors that another model wrote. */
export function modelMismatch(found: string, expected: string): IndexFormatError {
  return new IndexFormatError(
    "index/model-mismatch",
    `The stored vectors are of model ${found}, the loaded model is ${expected}. They are made anew in the background; words answer meanwhile.`,
    { found, expected },
  );
}

/** Options of a query; those about attributes are checked by what reads them. */
type CheckedOptions = QueryOptions & { readonly limit: number };

function checkQuery(text: unknown, options: QueryOptions): CheckedOptions {
  if (typeof text !== "string")
    throw new InvalidArgumentError("argument/query", `The query is ${typeof text}, expected a string.`);
  const limit: unknown = options.limit ?? defaultLimit;
  if (!Number.isInteger(limit) || (limit as number) < 0) {
    throw new InvalidArgumentError("argument/limit", `\`limit\` is ${String(limit)}, expected an integer >= 0.`, {
      limit: String(limit),
    });
  }
  const { mode } = options;
  if (mode !== undefined && !modes.has(mode)) {
    throw new InvalidArgumentError(
      "argument/mode",
      `\`mode\` is ${JSON.stringify(mode)}, expected "words", "dense" or "hybrid".`,
    );
  }
  return { ...options, limit: limit as number };
}

async function readPhraseTexts(
  { readers }: Snapshot,
  { segment, document }: RankedPage,
  passages: readonly RankedPassage[],
): Promise<PhraseText[]> {
  const reader = readers[segment]!;
  const places = reader.places(document);
  const title = reader.title(document);
  return Promise.all(
    passages.map(async ({ passage }) => {
      return { title, path: places[reader.sectionOf(passage)]!.path, text: await reader.passageText(passage) };
    }),
  );
}

async function readHit(snapshot: Snapshot, page: RankedPage, words: LexicalScores | null): Promise<Hit> {
  const reader = snapshot.readers[page.segment]!;
  const best = page.passages[0]!.score;
  const shown = page.passages.filter(
    ({ score }, i) => i === 0 || (i < passagesPerPage && score >= best * minPassageShare),
  );
  return {
    url: reader.url(page.document),
    title: reader.title(page.document),
    score: page.score,
    attributes: reader.attributes(page.document),
    passages: await readHitPassages(snapshot, page, shown, words),
  };
}

function readHitPassages(
  snapshot: Snapshot,
  page: RankedPage,
  shown: readonly RankedPassage[],
  words: LexicalScores | null,
): Promise<HitPassage[]> {
  const reader = snapshot.readers[page.segment]!;
  const places = reader.places(page.document);
  const mainLang = reader.lang(page.document);
  return Promise.all(
    shown.map(async ({ passage, score }) => {
      const { path, anchor, lang = mainLang } = places[reader.sectionOf(passage)]!;
      return toHitPassage({ path, anchor, lang, text: await reader.passageText(passage) }, score, words);
    }),
  );
}
