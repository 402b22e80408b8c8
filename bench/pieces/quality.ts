// Compares what an index in pieces finds with what the whole index finds, on test collections pooled into one index, and on those
// questions that share no content word with the pages that answer them. Prints a JSON object.
//
//   npx tsx bench/pieces/quality.ts <collection> [<collection> …] [--queries 100]
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openEngine } from "../../cli/engine.ts";
import { type Collection, readCollection } from "../../cli/eval/collection.ts";
import { pooledUrl, toDocuments } from "../../cli/eval/evaluate.ts";
import { mean, ndcgAt } from "../../cli/eval/metrics.ts";
import { writeSitePieces } from "../../cli/site/write-site-pieces.ts";
import { parseQuery } from "../../src/core/lexical/query-terms.ts";
import { analyze } from "../../src/core/text/analyzer.ts";
import { stem } from "../../src/core/text/stem.ts";
import { IndexState } from "../../worker/index-state.ts";
import { createMemoryStore } from "../../worker/stores/memory.ts";
import { percentile } from "../statistics.ts";
import { openPieces } from "./open-pieces.ts";

interface Query {
  readonly collection: string;
  readonly text: string;
  readonly judgements: ReadonlyMap<string, number>;
  /** Whether no content word of it stands in any page that answers it. */
  readonly sharesNothing: boolean;
}

/** Questions without a shared word that are judged, at most. */
const maxWordless = 50;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { queries: { type: "string", default: "100" } },
  });
  const collections = await Promise.all(positionals.map(readCollection));
  const store = createMemoryStore();
  const engine = await openEngine("quality", store, { model: undefined });
  await engine.modelReady();
  await engine.add(collections.flatMap((collection) => toDocuments(collection, pooledUrl)));
  const folder = await mkdtemp(join(tmpdir(), "inkling-quality-"));
  const { readers } = (await IndexState.open(store)).snapshot;
  const { entry } = await writeSitePieces(readers, folder, { model: undefined });
  const pieces = await openPieces(folder);
  try {
    const queries = collections.flatMap((collection) => listQueries(collection));
    const sample = collections.flatMap(({ name }) =>
      pick(
        queries.filter((query) => query.collection === name),
        Number(values.queries),
      ),
    );
    const wordless = pick(
      queries.filter(({ sharesNothing }) => sharesNothing),
      maxWordless,
    );
    const ask = async (query: Query): Promise<Answered> => {
      const { urls, bytes } = await pieces.ask(query.text);
      const exact = (await engine.query(query.text)).hits.map(({ url }) => url);
      return { pieces: urls, exact, judgements: query.judgements, bytes };
    };
    const answers: Answered[] = [];
    for (const query of sample) answers.push(await ask(query));
    const answersWithoutWords: Answered[] = [];
    for (const query of wordless) answersWithoutWords.push(await ask(query));
    console.log(
      JSON.stringify(
        {
          collections: collections.map(({ name }) => name),
          documents: entry.documents,
          passages: entry.passages,
          bytes: entry.bytes,
          queries: answers.length,
          ndcgAt10: { pieces: ndcg(answers, "pieces"), exact: ndcg(answers, "exact") },
          recallOfExactTopTen: recall(answers),
          bytesPerQuery: percentile(
            answers.map(({ bytes }) => bytes),
            0.5,
          ),
          withoutSharedWord: {
            queries: answersWithoutWords.length,
            successAt3: {
              pieces: success(answersWithoutWords, "pieces"),
              exact: success(answersWithoutWords, "exact"),
            },
            bytesPerQuery: percentile(
              answersWithoutWords.map(({ bytes }) => bytes),
              0.5,
            ),
          },
        },
        null,
        1,
      ),
    );
  } finally {
    await pieces.close();
    await engine.close();
    await rm(folder, { recursive: true });
  }
}

interface Answered {
  readonly pieces: readonly string[];
  readonly exact: readonly string[];
  readonly judgements: ReadonlyMap<string, number>;
  readonly bytes: number;
}

function listQueries(collection: Collection): Query[] {
  const texts = new Map(
    collection.documents.map(({ id, title, text, sections }) => [
      id,
      [title, text, ...(sections ?? []).flatMap((section) => [section.heading ?? "", section.text])].join("\n"),
    ]),
  );
  return collection.queries.map(({ text, judgements }) => {
    const relevant = [...judgements].filter(([, grade]) => grade > 0).map(([id]) => texts.get(id) ?? "");
    const stems = new Set(relevant.flatMap((each) => analyze(each).map(({ term }) => stem(term))));
    const { terms } = parseQuery(text);
    return {
      collection: collection.name,
      text,
      judgements: new Map([...judgements].map(([id, grade]) => [pooledUrl(collection, id), grade])),
      sharesNothing: terms.length > 1 && terms.every((term) => !stems.has(term.stem)),
    };
  });
}

/** An even sample. */
function pick<Value>(values: readonly Value[], count: number): Value[] {
  if (values.length <= count) return [...values];
  return Array.from({ length: count }, (_, i) => values[Math.floor((i * values.length) / count)]!);
}

function ndcg(answers: readonly Answered[], which: "pieces" | "exact"): number {
  return round(mean(answers.map((answer) => ndcgAt(10, [...answer[which]], answer.judgements))));
}

function recall(answers: readonly Answered[]): number {
  return round(
    mean(
      answers.map(({ exact, pieces }) =>
        exact.length === 0 ? 1 : exact.filter((url) => pieces.includes(url)).length / exact.length,
      ),
    ),
  );
}

function success(answers: readonly Answered[], which: "pieces" | "exact"): number {
  const found = answers.filter((answer) =>
    answer[which].slice(0, 3).some((url) => (answer.judgements.get(url) ?? 0) > 0),
  );
  return round(found.length / Math.max(1, answers.length));
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

await main();
process.exit();
