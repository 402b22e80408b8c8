// Makes a large index out of a site's: its real passages, and copies of them in which words are dropped and change places, each embedded
// anew. Then writes it in pieces. In steps, each of a few minutes, so that any can be repeated:
//
//   npx tsx bench/pieces/scale.ts copy <folder of the site's index> <folder> <number of the copy, 0: as it is> [--share 1]
//   npx tsx bench/pieces/scale.ts pieces <folder>
//   npx tsx bench/pieces/curve.ts <folder> --budgets 40x20@40960
//
// The last one says what a question transfers. A share below 1 takes that part of the pages.
import { mkdir } from "node:fs/promises";
import { parseArgs } from "node:util";
import { xxHash32 } from "js-xxhash";
import { openEngine } from "../../cli/engine.ts";
import { writeSitePieces } from "../../cli/site/write-site-pieces.ts";
import type { SegmentReader } from "../../src/core/segment/reader.ts";
import type { Document } from "../../src/types.ts";
import { IndexState } from "../../worker/index-state.ts";
import { openFileStore } from "../../worker/stores/files.ts";

/** Shares of words that are dropped, and that change places with the next one. */
const dropped = 0.1;
const swapped = 0.1;
/** Documents that are added at once. */
const batchDocuments = 2000;
/** Why many: merging would take longer than all else, and pieces are laid out anew anyway. */
const maxSegments = 1000;

/** Gives numbers from 0 to 1, the same ones for the same seed: a linear congruence, which is fast and even enough for this. */
function randomNumbers(seed: string): () => number {
  let state = xxHash32(seed, 0);
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

function perturb(text: string, seed: string): string {
  const random = randomNumbers(seed);
  const words = text.split(" ").filter(() => random() >= dropped);
  for (let i = 0; i + 1 < words.length; i++) {
    if (random() < swapped) [words[i], words[i + 1]] = [words[i + 1]!, words[i]!];
  }
  return words.join(" ");
}

/** A document whose sections are the passages of another one. */
async function copyDocument(reader: SegmentReader, document: number, copy: number): Promise<Document> {
  const url = reader.url(document);
  const places = reader.places(document);
  const [start, end] = reader.passageRange(document);
  const sections: { heading: string; level: number; anchor: string; text: string }[] = [];
  for (let passage = start; passage < end; passage++) {
    const { path, anchor } = places[reader.sectionOf(passage)]!;
    const text = await reader.passageText(passage);
    const seed = `${copy}/${url}/${passage}`;
    sections.push({ heading: path.at(-1) ?? "", level: 2, anchor, text: copy === 0 ? text : perturb(text, seed) });
  }
  return { url: copy === 0 ? url : `copy-${copy}/${url}`, title: reader.title(document), sections };
}

async function addCopy(from: string, to: string, copy: number, share: number): Promise<void> {
  await mkdir(to, { recursive: true });
  const { readers } = (await IndexState.open(await openFileStore(from))).snapshot;
  const engine = await openEngine("scale", await openFileStore(to), { model: undefined }, undefined, { maxSegments });
  await engine.modelReady();
  let batch: Document[] = [];
  let passages = 0;
  const add = async (): Promise<void> => {
    passages += (await engine.add(batch)).passages;
    batch = [];
  };
  for (const reader of readers) {
    for (let document = 0; document < reader.documentCount; document++) {
      if (reader.isRemoved(document) || xxHash32(reader.url(document), 1) / 2 ** 32 >= share) continue;
      batch.push(await copyDocument(reader, document, copy));
      if (batch.length === batchDocuments) await add();
    }
  }
  await add();
  await engine.close();
  console.log(JSON.stringify({ copy, passages }));
}

async function writePieces(folder: string): Promise<void> {
  const { readers } = (await IndexState.open(await openFileStore(folder))).snapshot;
  const { entry, ms } = await writeSitePieces(readers, folder, { model: undefined });
  const { documents, passages, blocks, bytes } = entry;
  console.log(JSON.stringify({ documents, passages, blocks, bytes, bytesPerPage: Math.round(bytes / documents), ms }));
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { share: { type: "string", default: "1" } },
});
const [command, first, second, copy] = positionals;
const started = performance.now();
if (command === "copy" && first !== undefined && second !== undefined && copy !== undefined) {
  await addCopy(first, second, Number(copy), Number(values.share));
} else if (command === "pieces" && first !== undefined) await writePieces(first);
else {
  console.error("Usage: tsx bench/pieces/scale.ts copy <index> <folder> <number> [--share 1], or pieces <folder>");
  process.exit(2);
}
const { maxRSS } = process.resourceUsage();
console.log(
  `${((performance.now() - started) / 1000).toFixed(1)} s, ${(maxRSS / 1e6).toFixed(2)} GB of memory at most`,
);
process.exit();
