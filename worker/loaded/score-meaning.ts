import { scoreLeaf } from "../../src/core/pieces/residual-codes.ts";
import { scoreCentroids } from "../../src/core/pieces/centroids.ts";
import { type Bitset, hasBit, hasBitWithin } from "../../src/core/filter/bitset.ts";
import { type Leaf } from "../../src/core/pieces/places.ts";
import type { LoadedIndex } from "./loaded-index.ts";

/** How much is fetched to answer by meaning. More finds more, and costs a few KB each. */
export interface MeaningBudget {
  /** Best passages by words whose vectors may be fetched. */
  readonly shortlist: number;
  /** Blocks of leaves that are looked into for them. Most of the first question's bytes are these. */
  readonly wordNodes: number;
  /** Blocks of centroids that are looked into for passages that share no word with the question. */
  readonly nodes: number;
  /** Leaves of vectors fetched, and how many of them at least for what lies nearest in meaning. */
  readonly leaves: number;
  readonly nearest: number;
}

/** What it finds and costs on real sites is in docs/FORMAT.md. */
export const defaultBudget: MeaningBudget = { shortlist: 100, wordNodes: 10, nodes: 3, leaves: 16, nearest: 5 };

/** Under a filter: what is left lies scattered, and few of a leaf's passages are of it. */
export const filteredBudget: MeaningBudget = { shortlist: 200, wordNodes: 32, nodes: 8, leaves: 48, nearest: 32 };

/** Scores by meaning of the passages that were looked at. */
export interface MeaningScores {
  /** Passage -> cosine. */
  readonly scores: ReadonlyMap<number, number>;
  /** Mean cosine over all passages of the index. */
  readonly mean: number;
}

interface Candidate {
  readonly leaf: Leaf;
  /** About how its passages score by meaning. */
  readonly estimate: number;
  /** Best share of words, 0 to 1. */
  readonly words: number;
}

/**
 * Scores passages by meaning: those of the best leaves, chosen by words found in them and by how near their centroids are.
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
  const { root } = index.meaning!;
  const mean = dot(query, root.mean);
  const nodeScores = scoreCentroids(root.centroids, query);
  const [near, listed] = await Promise.all([
    findNearest(index, query, nodeScores, budget, allowed),
    findListed(index, query, words, budget),
  ]);
  const leaves = chooseLeaves([...near, ...listed], near, mean, denseWeight, budget);
  const scores = new Map<number, number>();
  await Promise.all(
    leaves.map(async (leaf) => {
      const rows = await index.attempt(() => index.vectors(leaf));
      if (rows === undefined) return;
      scoreLeaf(rows, query).forEach((score, i) => {
        const passage = leaf.first + i;
        if (score > -1 && (allowed === null || hasBit(allowed, passage))) scores.set(passage, score);
      });
    }),
  );
  return { scores, mean };
}

/** Leaves of the nodes nearest to the query, with the scores of their centroids. */
async function findNearest(
  index: LoadedIndex,
  query: Float32Array,
  nodeScores: Float32Array,
  budget: MeaningBudget,
  allowed: Bitset | null,
): Promise<Candidate[]> {
  const best = Array.from(nodeScores, (score, node) => ({ score, node }))
    .filter(({ node }) => allowed === null || index.hasAny(node, allowed))
    .sort((a, b) => b.score - a.score || a.node - b.node)
    .slice(0, budget.nodes);
  const found = await Promise.all(
    best.map(({ node }) =>
      index.attempt(async () => {
        const [leaves, scores] = await Promise.all([index.leaves(node), index.scoreLeaves(node, query)]);
        return leaves.map((leaf, i) => ({ leaf, estimate: scores[i]!, words: 0 }));
      }),
    ),
  );
  return found
    .flatMap((candidates) => candidates ?? [])
    .filter(({ leaf: { first, count } }) => allowed === null || hasBitWithin(allowed, first, first + count))
    .sort((a, b) => b.estimate - a.estimate || a.leaf.first - b.leaf.first);
}

/** Leaves of the best passages by words. */
async function findListed(
  index: LoadedIndex,
  query: Float32Array,
  words: ReadonlyMap<number, number>,
  budget: MeaningBudget,
): Promise<Candidate[]> {
  const best = [...words].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, budget.shortlist);
  const highest = best[0]?.[1] ?? 0;
  const found = new Map<string, Candidate>();
  const nodes = [...new Set(best.map(([passage]) => index.nodeOf(passage)))].slice(0, budget.wordNodes);
  const estimates = new Map<number, Float32Array | undefined>();
  await Promise.all(
    nodes.map(async (node) => {
      const read = Promise.all([index.leaves(node), index.scoreLeaves(node, query)]);
      estimates.set(node, (await index.attempt(() => read))?.[1]);
    }),
  );
  for (const [passage, score] of best) {
    const node = index.nodeOf(passage);
    const leaf = index.leafOf(passage);
    const known = estimates.get(node);
    if (leaf === undefined || known === undefined || found.has(leaf.vectors)) continue;
    const estimate = known[(await index.leaves(node)).indexOf(leaf)]!;
    found.set(leaf.vectors, { leaf, estimate, words: score / highest });
  }
  return [...found.values()];
}

function chooseLeaves(
  candidates: readonly Candidate[],
  near: readonly Candidate[],
  mean: number,
  denseWeight: number,
  { leaves, nearest }: MeaningBudget,
): Leaf[] {
  const highest = candidates.reduce((max, { estimate }) => Math.max(max, estimate), mean + 0.1);
  const merged = new Map<string, { leaf: Leaf; score: number }>();
  for (const { leaf, estimate, words } of candidates) {
    const score = denseWeight * Math.max(0, (estimate - mean) / (highest - mean)) + (1 - denseWeight) * words;
    const known = merged.get(leaf.vectors);
    if (known === undefined || known.score < score) merged.set(leaf.vectors, { leaf, score });
  }
  const chosen = new Map(near.slice(0, nearest).map(({ leaf }) => [leaf.vectors, leaf]));
  for (const { leaf } of [...merged.values()].sort((a, b) => b.score - a.score || a.leaf.first - b.leaf.first)) {
    if (chosen.size >= leaves) break;
    chosen.set(leaf.vectors, leaf);
  }
  return [...chosen.values()];
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
