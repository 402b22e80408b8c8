// Asks an index in pieces the questions of a site with several budgets, and prints what each fetches and finds: median bytes of bodies
// and requests of a question after the first one, in a session of them all, and the share of the whole index's first ten.
//
//   npx tsx bench/pieces/curve.ts <folder of the index, built with --pieces> [--questions <file.tsv>] [--every 1]
//     [--budgets 28x14@40960,60x30@40960,…]
//
// A budget is leaves x contenders @ postings beyond those in the dictionary, or "own": what a page would read. Default questions: bench/pieces/site-questions.tsv.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openEngine } from "../../cli/engine.ts";
import { root } from "../../scripts/lib/paths.mjs";
import type { FindOptions } from "../../worker/loaded/answer-query.ts";
import { defaultBudget } from "../../worker/loaded/score-meaning.ts";
import { openFileStore } from "../../worker/stores/files.ts";
import { percentile } from "../statistics.ts";
import { openPieces } from "./open-pieces.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    questions: { type: "string", default: join(root, "bench/pieces/site-questions.tsv") },
    every: { type: "string", default: "1" },
    budgets: { type: "string", default: "14x7@40960,28x14@40960,60x30@40960,120x60@40960,28x14@16384" },
  },
});
const [folder] = positionals;
if (folder === undefined) {
  console.error("Usage: tsx bench/pieces/curve.ts <folder of the index> [--every 3] [--budgets 28x14@40960,…]");
  process.exit(2);
}
const lines = (await readFile(values.questions, "utf8")).trim().split("\n");
const texts = lines.filter((_, i) => i % Number(values.every) === 0).map((line) => line.split("\t")[1] ?? "");
const engine = await openEngine("whole", await openFileStore(folder), { model: undefined });
await engine.modelReady();
const exact: (readonly string[])[] = [];
for (const text of texts) exact.push((await engine.query(text)).hits.map(({ url }) => url));
await engine.close();
/** @throws {Error} for what is no budget. */
function readBudget(text: string): Pick<FindOptions, "budget" | "postings"> {
  if (text === "own") return {};
  const [, leaves, contenders, postings] = (/^(\d+)x(\d+)@(\d+)$/.exec(text) ?? []).map(Number);
  if (leaves === undefined || contenders === undefined || postings === undefined)
    throw new Error(`A budget is "${text}", expected one such as 28x14@40960.`);
  return { budget: { ...defaultBudget, leaves, contenders }, postings };
}

for (const each of values.budgets.split(",")) {
  const pieces = await openPieces(folder, readBudget(each));
  const asked: { readonly share: number; readonly bytes: number; readonly requests: number }[] = [];
  for (const [i, text] of texts.entries()) {
    const { urls, bytes, requests } = await pieces.ask(text);
    const wanted = exact[i]!;
    const share = wanted.filter((url) => urls.includes(url)).length / Math.max(1, wanted.length);
    asked.push({ share: wanted.length === 0 ? 1 : share, bytes, requests });
  }
  await pieces.close();
  const further = asked.slice(1);
  const middle = (of: (each: (typeof asked)[number]) => number): number => percentile(further.map(of), 0.5);
  const recall = asked.reduce((sum, { share }) => sum + share, 0) / asked.length;
  console.log(
    `${each}: ${middle(({ bytes }) => bytes)} bytes, ${middle(({ requests }) => requests)} requests, recall ${recall.toFixed(3)}`,
  );
}
process.exit();
