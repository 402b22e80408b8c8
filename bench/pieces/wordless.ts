// Asks an index in pieces and the whole index questions that share no content word with the page that answers them, and prints in how
// many that page is among the first three and the first ten. Questions that share one, by its stem, are listed and left out.
//
//   npx tsx bench/pieces/wordless.ts <folder of the index, built with --pieces> [--questions <file.tsv>] [--model <folder>]
//
// The model is the one that the index was built with, where that is not the built-in one. A line is the path of a page, a tab, and the question. Default: bench/pieces/wordless-questions.tsv, see make-debian-site.ts.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openEngine } from "../../cli/engine.ts";
import { root } from "../../scripts/lib/paths.mjs";
import { parseQuery } from "../../src/core/lexical/query-terms.ts";
import type { SegmentReader } from "../../src/core/segment/reader.ts";
import { analyze } from "../../src/core/text/analyzer.ts";
import { stem } from "../../src/core/text/stem.ts";
import { IndexState } from "../../worker/index-state.ts";
import { openFileStore } from "../../worker/stores/files.ts";
import { percentile } from "../statistics.ts";
import { openPieces } from "./open-pieces.ts";

interface Question {
  readonly path: string;
  readonly text: string;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      questions: { type: "string", default: join(root, "bench/pieces/wordless-questions.tsv") },
      model: { type: "string" },
    },
  });
  const [folder] = positionals;
  if (folder === undefined) {
    console.error("Usage: tsx bench/pieces/wordless.ts <folder of the index> [--questions <file.tsv>]");
    process.exitCode = 2;
    return;
  }
  const { readers } = (await IndexState.open(await openFileStore(folder))).snapshot;
  const lines = (await readFile(values.questions, "utf8")).trim().split("\n");
  const all = lines.map((line) => line.split("\t")).map(([path = "", text = ""]): Question => ({ path, text }));
  const questions: Question[] = [];
  for (const question of all) {
    const shared = await listShared(readers, question);
    if (shared.length === 0) questions.push(question);
    else console.error(`left out: ${question.path}: ${shared.join(", ")}`);
  }
  const engine = await openEngine("whole", await openFileStore(folder), { model: values.model });
  await engine.modelReady();
  const pieces = await openPieces(folder);
  const ranks = { pieces: [] as number[], exact: [] as number[] };
  const bytes: number[] = [];
  for (const { path, text } of questions) {
    const answer = await pieces.ask(text);
    bytes.push(answer.bytes);
    ranks.pieces.push(answer.urls.indexOf(path));
    ranks.exact.push((await engine.query(text)).hits.findIndex(({ url }) => url === path));
  }
  const success = (depth: number): object => ({
    pieces: shareWithin(ranks.pieces, depth),
    exact: shareWithin(ranks.exact, depth),
  });
  const measured = { successAt3: success(3), successAt10: success(10), bytesPerQuery: percentile(bytes, 0.5) };
  console.log(JSON.stringify({ questions: questions.length, ...measured }));
  await pieces.close();
  await engine.close();
}

/** Share of places, counted from 0 and -1 for none, that are among the first. */
function shareWithin(ranks: readonly number[], depth: number): number {
  const found = ranks.filter((rank) => rank >= 0 && rank < depth).length;
  return Math.round((found / Math.max(1, ranks.length)) * 10_000) / 10_000;
}

/** Content words of a question whose stem stands in its page, or what is wrong with the page. */
async function listShared(readers: readonly SegmentReader[], { path, text }: Question): Promise<string[]> {
  const stems = await readStems(readers, path);
  if (stems === null) return ["there is no such page"];
  return parseQuery(text)
    .terms.filter((term) => stems.has(term.stem))
    .map(({ term }) => term);
}

async function readStems(readers: readonly SegmentReader[], url: string): Promise<Set<string> | null> {
  for (const reader of readers) {
    for (let document = 0; document < reader.documentCount; document++) {
      if (reader.isRemoved(document) || reader.url(document) !== url) continue;
      const [start, end] = reader.passageRange(document);
      const parts = [reader.title(document), ...reader.places(document).flatMap(({ path }) => path)];
      for (let passage = start; passage < end; passage++) parts.push(await reader.passageText(passage));
      return new Set(analyze(parts.join("\n")).map(({ term }) => stem(term)));
    }
  }
  return null;
}

await main();
process.exit();
