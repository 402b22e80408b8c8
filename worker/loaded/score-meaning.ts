import { scoreLeaf } from "../../src/core/pieces/residual-codes.ts";
import { scoreCentroids } from "../../src/core/pieces/centroids.ts";
import { type Bitset, hasBit, hasBitWithin } from "../../src/core/filter/bitset.ts";
import { normalizeMinMax } from "../../src/core/fusion/convex.ts";
import { type Leaf } from "../../src/core/pieces/places.ts";
import type { RankedPage } from "../../src/core/retrieval/group.ts";
import type { ScoreReach } from "../../src/core/retrieval/rank.ts";
import { fuseScores, listCandidates, maxOf, type MeaningScores } from "./fuse-evidence.ts";
import type { LoadedIndex } from "./loaded-index.ts";
import { groupPassages } from "./group-passages.ts";

/** How much is fetched to answer by meaning. More finds more, and costs about a KB for each leaf. */
export interface MeaningBudget {
  /** Blocks of centroids that are looked into, and leaves that are read at once for lying nearest in meaning. */
  readonly nodes: number;
  readonly nearest: number;
  /** Best pages of which the best passage is not to be a guess. */
  readonly contenders: number;
  /** Times that leaves are fetched for them: each makes an answer a round trip later, and other pages contenders. */
  readonly rounds: number;
  /** Leaves in all. */
  readonly leaves: number;
}

/** What it finds and costs on a real site is in docs/FORMAT.md. */
export const defaultBudget: MeaningBudget = { nodes: 2, nearest: 4, contenders: 20, rounds: 3, leaves: 40 };

/** Of an index of few passages: its pages are read of again and again, so that a query fetches little all the same. */
const smallBudget: MeaningBudget = { nodes: 4, nearest: 8, contenders: 30, rounds: 3, leaves: 60 };
const smallPassages = 60_000;

/** Under a filter: what is left lies scattered, and few of a leaf's passages are of it. */
const filteredBudget: MeaningBudget = { nodes: 12, nearest: 32, contenders: 24, rounds: 3, leaves: 64 };

/** @param passages - of the index. */
export function budgetOf(passages: number, isFiltered: boolean): MeaningBudget {
  if (isFiltered) return filteredBudget;
  return passages <= smallPassages ? smallBudget : defaultBudget;
}

/** By how much the best passage of a leaf lies nearer to a question than the leaf's centroid. */
const leafSpread = 0.1;

/** A leaf that may be worth reading, with about how near to the query its passages are. */
interface NearLeaf {
  readonly leaf: Leaf;
  readonly estimate: number;
}

/**
 * Gathers scores by meaning of one index: of the leaves nearest to the query, which can be read before anything is known of words, and
 * then of those on which it depends which pages are the best.
 */
export class MeaningSearch {
  readonly #index: LoadedIndex;
  readonly #query: Float32Array;
  readonly #budget: MeaningBudget;
  readonly #allowed: Bitset | null;
  readonly #mean: number;
  /** [nodes] about how a query scores in each. */
  readonly #nodes: Float32Array;
  readonly #nodesMean: number;
  readonly #scores = new Map<number, number>();
  readonly #read = new Set<string>();
  #near: readonly NearLeaf[] = [];
  #highest: number;

  private constructor(index: LoadedIndex, query: Float32Array, budget: MeaningBudget, allowed: Bitset | null) {
    this.#index = index;
    this.#query = query;
    this.#budget = budget;
    this.#allowed = allowed;
    const { mean, centroids } = index.meaning!.root;
    this.#mean = dot(query, mean);
    this.#nodes = scoreCentroids(centroids, query);
    this.#nodesMean = this.#nodes.reduce((sum, score) => sum + score, 0) / Math.max(1, this.#nodes.length);
    this.#highest = this.#mean;
  }

  /**
   * Reads the leaves nearest to a query.
   *
   * @param query - unit vector [dim].
   * @param allowed - passages that may be found, or null: all.
   */
  static async begin(
    index: LoadedIndex,
    query: Float32Array,
    budget: MeaningBudget,
    allowed: Bitset | null,
  ): Promise<MeaningSearch> {
    const search = new MeaningSearch(index, query, budget, allowed);
    await search.#readNearest();
    return search;
  }

  /**
   * Scores what words have found. They alone say which pages may be the best; what is read for these is known from then on, so that
   * others may take their place, which are read in the next round.
   *
   * @param words - passage -> score by words, of passages that may be found.
   */
  async finish(words: ReadonlyMap<number, number>, denseWeight: number): Promise<MeaningScores> {
    const { rounds, leaves, contenders } = this.#budget;
    for (let round = 0; round < rounds && this.#read.size < leaves; round++) {
      const reach = { words: maxOf(words.values()), dense: this.#highest };
      const pages = await rankKnown(this.#index, { words, meaning: this.#known }, reach, denseWeight);
      const best = pages.slice(0, contenders);
      const least = best[contenders - 1]?.score ?? 0;
      const atMost = ({ estimate }: NearLeaf): number =>
        denseWeight * normalizeMinMax(estimate + leafSpread, { min: this.#mean, max: this.#highest });
      const wanted = [
        ...(await findLeaves(this.#index, best, this.#scores)),
        ...this.#near.filter((each) => atMost(each) > least).map(({ leaf }) => leaf),
      ];
      if (listUnread(wanted, this.#read).length === 0) break;
      await this.#readAll(wanted);
    }
    return this.#known;
  }

  get #known(): MeaningScores {
    const nearness = (passage: number): number => this.#nodes[this.#index.nodeOf(passage)]! - this.#nodesMean;
    return { scores: this.#scores, mean: this.#mean, highest: this.#highest, nearness };
  }

  async #readNearest(): Promise<void> {
    const { nodes, nearest } = this.#budget;
    const [near, nearestOfAll] = await Promise.all([
      findNearest(this.#index, this.#query, this.#nodes, nodes, this.#allowed),
      // Why also what may not be found: without the nearest of all, what is left would seem to be near.
      this.#allowed === null ? [] : findNearest(this.#index, this.#query, this.#nodes, 1, null),
    ]);
    this.#near = near;
    await this.#readAll([...near.slice(0, nearest), ...nearestOfAll.slice(0, 1)].map(({ leaf }) => leaf));
  }

  async #readAll(wanted: readonly Leaf[]): Promise<void> {
    const leaves = listUnread(wanted, this.#read).slice(0, this.#budget.leaves - this.#read.size);
    for (const { vectors } of leaves) this.#read.add(vectors);
    const rows = await Promise.all(leaves.map((leaf) => this.#index.attempt(() => this.#index.vectors(leaf))));
    leaves.forEach((leaf, i) => {
      if (rows[i] !== undefined) this.#addScores(leaf, scoreLeaf(rows[i], this.#query));
    });
  }

  #addScores({ first }: Leaf, scores: Float32Array): void {
    scores.forEach((score, at) => {
      const passage = first + at;
      this.#highest = Math.max(this.#highest, score);
      if (this.#allowed === null || hasBit(this.#allowed, passage))
        this.#scores.set(passage, score > -1 ? score : this.#mean);
    });
  }
}

/** Leaves that were not read yet, each once. */
function listUnread(leaves: readonly Leaf[], read: ReadonlySet<string>): Leaf[] {
  return [...new Map(leaves.map((leaf) => [leaf.vectors, leaf])).values()].filter(({ vectors }) => !read.has(vectors));
}

/** Pages by what is known so far. */
async function rankKnown(
  index: LoadedIndex,
  known: { readonly words: ReadonlyMap<number, number>; readonly meaning: MeaningScores },
  highest: ScoreReach,
  denseWeight: number,
): Promise<RankedPage[]> {
  const candidates = listCandidates(known, 0);
  const documentOf = await index.documentsOf(candidates);
  return groupPassages(fuseScores(known, candidates, highest, denseWeight, documentOf, 0), [{ index, documentOf }]);
}

/** The leaves of the best passages of pages, of those whose meaning is a guess. */
async function findLeaves(
  index: LoadedIndex,
  pages: readonly RankedPage[],
  scores: ReadonlyMap<number, number>,
): Promise<Leaf[]> {
  const guessed = pages.map(({ passages }) => passages[0]!.passage).filter((passage) => !scores.has(passage));
  await Promise.all(
    [...new Set(guessed.map((passage) => index.nodeOf(passage)))].map((node) =>
      index.attempt(() => index.leaves(node)),
    ),
  );
  return guessed.flatMap((passage) => index.leafOf(passage) ?? []);
}

/**
 * Leaves of the nodes nearest to the query, the nearest first.
 *
 * @param nodes - [nodes] about how the query scores in each.
 * @param count - how many of them are looked into.
 */
async function findNearest(
  index: LoadedIndex,
  query: Float32Array,
  nodes: Float32Array,
  count: number,
  allowed: Bitset | null,
): Promise<NearLeaf[]> {
  const best = Array.from(nodes, (score, node) => ({ score, node }))
    .filter(({ node }) => allowed === null || index.hasAny(node, allowed))
    .sort((a, b) => b.score - a.score || a.node - b.node)
    .slice(0, count);
  const found = await Promise.all(
    best.map(({ node }) =>
      index.attempt(async () => {
        const [leaves, scores] = await Promise.all([index.leaves(node), index.scoreLeaves(node, query)]);
        return leaves.map((leaf, i): NearLeaf => ({ leaf, estimate: scores[i]! }));
      }),
    ),
  );
  return found
    .flatMap((leaves) => leaves ?? [])
    .filter(({ leaf: { first, count } }) => allowed === null || hasBitWithin(allowed, first, first + count))
    .sort((a, b) => b.estimate - a.estimate || a.leaf.first - b.leaf.first);
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
