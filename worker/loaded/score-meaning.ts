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
export const defaultBudget: MeaningBudget = { nodes: 2, nearest: 4, contenders: 14, rounds: 3, leaves: 28 };

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
 * Scores passages by meaning: those of the leaves nearest to the query, and those on which it depends which pages are the best. Words
 * alone say which pages these may be; what is read for them is known from then on, so that others may take their place, which are
 * read in the next round.
 *
 * @param words - passage -> score by words.
 * @param allowed - passages that may be found, or null: all. `words` has no others.
 */
export async function scoreMeaning(
  index: LoadedIndex,
  query: Float32Array,
  denseWeight: number,
  words: ReadonlyMap<number, number>,
  budget: MeaningBudget,
  allowed: Bitset | null,
): Promise<MeaningScores> {
  const mean = dot(query, index.meaning!.root.mean);
  let highest = mean;
  const scores = new Map<number, number>();
  const read = new Set<string>();
  const readAll = async (wanted: readonly Leaf[]): Promise<void> => {
    const leaves = listUnread(wanted, read).slice(0, budget.leaves - read.size);
    for (const { vectors } of leaves) read.add(vectors);
    const rows = await Promise.all(leaves.map((leaf) => index.attempt(() => index.vectors(leaf))));
    leaves.forEach((leaf, i) => {
      if (rows[i] === undefined) return;
      scoreLeaf(rows[i], query).forEach((score, at) => {
        const passage = leaf.first + at;
        highest = Math.max(highest, score);
        if (allowed === null || hasBit(allowed, passage)) scores.set(passage, score > -1 ? score : mean);
      });
    });
  };
  const near = await findNearest(index, query, budget.nodes, allowed);
  // Why also what may not be found: without the nearest of all, what is left would seem to be near.
  const nearest = allowed === null ? [] : (await findNearest(index, query, 1, null)).slice(0, 1);
  await readAll([...near.slice(0, budget.nearest), ...nearest].map(({ leaf }) => leaf));
  for (let round = 0; round < budget.rounds && read.size < budget.leaves; round++) {
    const reach = { words: maxOf(words.values()), dense: highest };
    const pages = await rankKnown(index, { words, meaning: { scores, mean, highest } }, reach, denseWeight);
    const contenders = pages.slice(0, budget.contenders);
    const least = contenders[budget.contenders - 1]?.score ?? 0;
    const atMost = ({ estimate }: NearLeaf): number =>
      denseWeight * normalizeMinMax(estimate + leafSpread, { min: mean, max: highest });
    const wanted = [
      ...(await findLeaves(index, contenders, scores)),
      ...near.filter((each) => atMost(each) > least).map(({ leaf }) => leaf),
    ];
    if (listUnread(wanted, read).length === 0) break;
    await readAll(wanted);
  }
  return { scores, mean, highest };
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

/** Leaves of the nodes nearest to the query, the nearest first. */
async function findNearest(
  index: LoadedIndex,
  query: Float32Array,
  nodes: number,
  allowed: Bitset | null,
): Promise<NearLeaf[]> {
  const best = Array.from(scoreCentroids(index.meaning!.root.centroids, query), (score, node) => ({ score, node }))
    .filter(({ node }) => allowed === null || index.hasAny(node, allowed))
    .sort((a, b) => b.score - a.score || a.node - b.node)
    .slice(0, nodes);
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
