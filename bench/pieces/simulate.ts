// Simulates how an index in pieces chooses the vectors that it reads, with exact scores by words, to see what a change of the format
// could bring before it is made: how much of the whole index's first ten is found when so many leaves may be read, their vectors have so
// many bits, and a passage that was not read is guessed from the centroid of its node, which every visitor has, or from that of its leaf,
// which none has.
//
//   npx tsx bench/pieces/simulate.ts <folder of a whole index> [--questions <file.tsv>] [--bits 1,4]
//
// Takes minutes. Default questions: bench/pieces/site-questions.tsv.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createFileModelSource } from "../../cli/model-source.ts";
import { findModelFolder } from "../../cli/model-folder.ts";
import { root } from "../../scripts/lib/paths.mjs";
import { normalizeMinMax } from "../../src/core/fusion/convex.ts";
import { parseQuery } from "../../src/core/lexical/query-terms.ts";
import { cutNodes, listPlaces, numberPassages, orderPlaces, readVectors } from "../../src/core/pieces/lay-out.ts";
import {
  type CodeBits,
  decodeLeaf,
  encodeLeaf,
  joinRows,
  meanOfRows,
  scoreLeaf,
} from "../../src/core/pieces/residual-codes.ts";
import { groupByPage, type RankedPage } from "../../src/core/retrieval/group.ts";
import { scoreWords } from "../../src/core/retrieval/lexical.ts";
import { defaultParameters } from "../../src/core/retrieval/parameters.ts";
import type { SegmentReader } from "../../src/core/segment/reader.ts";
import { IndexState } from "../../worker/index-state.ts";
import { bestOf } from "../../worker/loaded/fuse-evidence.ts";
import { loadStaticEmbedder } from "../../worker/static-embedder.ts";
import { openFileStore } from "../../worker/stores/files.ts";
import { utf8 } from "../../worker/utf8.ts";

/** A leaf of the layout, with its vectors as they are and as a reader sees them. */
interface SimulatedLeaf {
  readonly first: number;
  readonly node: number;
  readonly rows: Float32Array;
  readonly center: Float32Array;
  readonly payloads: ReadonlyMap<CodeBits, Uint8Array>;
}

interface Layout {
  readonly leaves: readonly SimulatedLeaf[];
  /** One centroid for each node. */
  readonly nodes: readonly Float32Array[];
  /** For each passage of the layout. */
  readonly leafOf: Int32Array;
  readonly documentOf: Int32Array;
  readonly sectionOf: Int32Array;
  /** For each segment, its passages' ordinals in the layout; -1 for those that are gone. */
  readonly ordinals: readonly Int32Array[];
}

function layOut(readers: readonly SegmentReader[], dim: number, allBits: readonly CodeBits[]): Layout {
  const places = orderPlaces(listPlaces(readers), dim);
  const count = numberPassages(places);
  const [leafOf, documentOf, sectionOf] = [new Int32Array(count), new Int32Array(count), new Int32Array(count)];
  const ordinals = readers.map((reader) => new Int32Array(reader.passageCount).fill(-1));
  const leaves: SimulatedLeaf[] = [];
  const nodes = cutNodes([places]).map((spansOfLeaves, node) => {
    const centers = spansOfLeaves.map((spans) => {
      const rows = joinRows(spans.map(({ place, start, end }) => readVectors(place.reader, start, end, dim)));
      const first =
        spans[0]!.place.first + spans[0]!.start - spans[0]!.place.reader.passageRange(spans[0]!.place.document)[0];
      let ordinal = first;
      for (const { place, document, start, end } of spans) {
        for (let passage = start; passage < end; passage++, ordinal++) {
          leafOf[ordinal] = leaves.length;
          documentOf[ordinal] = document;
          sectionOf[ordinal] = place.reader.sectionOf(passage);
          ordinals[readers.indexOf(place.reader as SegmentReader)]![passage] = ordinal;
        }
      }
      const payloads = new Map(allBits.map((bits) => [bits, encodeLeaf(rows, dim, bits, utf8)]));
      const center = meanOfRows(rows, dim);
      leaves.push({ first, node, rows, center, payloads });
      return center;
    });
    return meanOfRows(joinRows(centers), dim);
  });
  return { leaves, nodes, leafOf, documentOf, sectionOf, ordinals };
}

function dot(a: Float32Array, b: Float32Array, offset = 0): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[offset + i]!;
  return sum;
}

/** A question with everything that is known of it. */
interface Asked {
  readonly vector: Float32Array;
  readonly weight: number;
  readonly words: ReadonlyMap<number, number>;
  readonly dense: Float32Array;
  readonly mean: number;
  readonly nodes: readonly number[];
  readonly leaves: readonly number[];
}

interface Strategy {
  readonly bits: CodeBits;
  readonly guessBy: "node" | "leaf";
  readonly leaves: number;
  readonly contenders: number;
}

const nearestLeaves = 4;
const nearestNodes = 2;
const rounds = 3;
/** Least squares over the best 200 by words of the default questions, and 0.1 more; see `worker/loaded/fuse-evidence.ts`. */
const guesses = { node: [0.22, 0.34, 0.97], leaf: [0.21, 0.22, 0.9] } as const;

function rank(
  layout: Layout,
  asked: Asked,
  scores: ReadonlyMap<number, number>,
  by: Strategy["guessBy"],
): RankedPage[] {
  const highest = Math.max(asked.mean, ...scores.values());
  const top = Math.max(...asked.words.values(), 0);
  const [share, byWords, byNearness] = guesses[by];
  const centers = by === "node" ? asked.nodes : asked.leaves;
  const mean = centers.reduce((sum, score) => sum + score, 0) / centers.length;
  const candidates = new Set([...bestOf(asked.words, 200), ...bestOf(scores, 200)]);
  const passages = [...candidates].map((passage) => {
    const words = normalizeMinMax(asked.words.get(passage) ?? 0, { min: 0, max: top });
    const leaf = layout.leafOf[passage]!;
    const near = centers[by === "node" ? layout.leaves[leaf]!.node : leaf]! - mean;
    const guess = asked.mean + (highest - asked.mean) * (share + byWords * words) + byNearness * near;
    const dense = normalizeMinMax(scores.get(passage) ?? guess, { min: asked.mean, max: highest });
    return { segment: 0, passage, score: asked.weight * dense + (1 - asked.weight) * words };
  });
  const placeOf = (_: number, passage: number): { document: number; section: number } => ({
    document: layout.documentOf[passage]!,
    section: layout.sectionOf[passage]!,
  });
  return groupByPage(passages, placeOf, defaultParameters);
}

/** @returns documents of the first ten, and how many leaves were read for them. */
function answer(layout: Layout, asked: Asked, strategy: Strategy): { readonly found: number[]; readonly read: number } {
  const scores = new Map<number, number>();
  const read = new Set<number>();
  const readAll = (wanted: readonly number[]): void => {
    for (const leaf of wanted) {
      if (read.has(leaf) || read.size >= strategy.leaves) continue;
      read.add(leaf);
      const { first, payloads } = layout.leaves[leaf]!;
      const rows = decodeLeaf(payloads.get(strategy.bits)!, asked.vector.length, utf8);
      scoreLeaf(rows, asked.vector).forEach((score, i) => scores.set(first + i, score > -1 ? score : asked.mean));
    }
  };
  const best = new Set(bestOf(new Map(asked.nodes.map((score, node) => [node, score])), nearestNodes));
  const near = [...layout.leaves.keys()].filter((leaf) => best.has(layout.leaves[leaf]!.node));
  readAll(bestOf(new Map(near.map((leaf) => [leaf, asked.leaves[leaf]!])), nearestLeaves));
  for (let round = 0; round < rounds; round++) {
    const pages = rank(layout, asked, scores, strategy.guessBy).slice(0, strategy.contenders);
    readAll(pages.map(({ passages }) => layout.leafOf[passages[0]!.passage]!));
  }
  const pages = rank(layout, asked, scores, strategy.guessBy).slice(0, 10);
  return { found: pages.map(({ document }) => document), read: read.size };
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      questions: { type: "string", default: join(root, "bench/pieces/site-questions.tsv") },
      bits: { type: "string", default: "1,4" },
    },
  });
  const [folder] = positionals;
  if (folder === undefined) {
    console.error(
      "Usage: tsx bench/pieces/simulate.ts <folder of a whole index> [--questions <file.tsv>] [--bits 1,4]",
    );
    process.exitCode = 2;
    return;
  }
  const allBits = values.bits.split(",").map(Number) as CodeBits[];
  const { readers } = (await IndexState.open(await openFileStore(folder))).snapshot;
  const embedder = await loadStaticEmbedder(createFileModelSource(findModelFolder()));
  const layout = layOut(readers, embedder.fingerprint.dim, allBits);
  const lines = (await readFile(values.questions, "utf8")).trim().split("\n");
  const questions: Asked[] = [];
  for (const line of lines) {
    const text = line.split("\t")[1] ?? "";
    const { vector } = await embedder.embedQuery(text);
    const words = new Map<number, number>();
    scoreWords(readers, parseQuery(text), defaultParameters, utf8).scores.forEach((list, segment) =>
      list.forEach((score, passage) => {
        const ordinal = layout.ordinals[segment]![passage]!;
        if (score > 0 && ordinal >= 0) words.set(ordinal, score);
      }),
    );
    const dense = new Float32Array(layout.leafOf.length);
    for (const { first, rows } of layout.leaves)
      for (let i = 0; i * vector.length < rows.length; i++) dense[first + i] = dot(vector, rows, i * vector.length);
    questions.push({
      vector,
      weight: embedder.denseWeight,
      words,
      dense,
      mean: dense.reduce((sum, score) => sum + score, 0) / dense.length,
      nodes: layout.nodes.map((center) => dot(vector, center)),
      leaves: layout.leaves.map(({ center }) => dot(vector, center)),
    });
  }
  const exact = questions.map((asked) => {
    const all = new Map(asked.dense.entries());
    const known = new Map([...bestOf(asked.words, 200), ...bestOf(all, 200)].map((each) => [each, asked.dense[each]!]));
    return rank(layout, asked, known, "node").slice(0, 10);
  });
  for (const bits of allBits) {
    for (const guessBy of ["node", "leaf"] as const) {
      for (const [leaves, contenders] of [
        [28, 14],
        [40, 20],
        [60, 30],
        [120, 60],
      ] as const) {
        let [recall, read] = [0, 0];
        questions.forEach((asked, i) => {
          const { found, read: count } = answer(layout, asked, { bits, guessBy, leaves, contenders });
          const wanted = exact[i]!.map(({ document }) => document);
          recall += wanted.filter((each) => found.includes(each)).length / Math.max(1, wanted.length);
          read += count;
        });
        const [share, mean] = [recall / questions.length, read / questions.length];
        console.log(
          `${bits} bits, guessed by ${guessBy}, ${leaves} leaves: ${mean.toFixed(1)} read, recall ${share.toFixed(3)}`,
        );
      }
    }
  }
}

await main();
process.exit();
