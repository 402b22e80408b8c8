import { readFile, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { evaluate, readLines, useCollections } from "./collections.ts";

const path = useCollections();

const evaluateOne = (...args: readonly string[]): ReturnType<typeof evaluate> =>
  evaluate("--collection", path("one"), ...args);

async function read(...parts: readonly string[]): Promise<Record<string, unknown>[]> {
  return readLines(await readFile(path(...parts), "utf8"));
}

async function readBytes(...parts: readonly string[]): Promise<ArrayBuffer> {
  return Uint8Array.from(await readFile(path(...parts))).buffer;
}

test("passages are those that are embedded, with title, by document and section", async () => {
  await evaluateOne("--mode", "words", "--evidence", path("out"));
  expect(await read("out", "one", "passages.jsonl")).toEqual([
    { document: "apple", section: 0, text: "Apple\nA round fruit that grows on trees." },
    { document: "boat", section: 0, text: "Boat\nA small vessel. Boats have sails, and a sail catches wind." },
    { document: "canoe", section: 0, text: "Canoe\nA narrow vessel, moved by paddles instead of a sail." },
    { document: "desert", section: 0, text: "Sand as far as one can see." },
  ]);
});

test("each query has its judgements, and the scores of the passages that have its words", async () => {
  await evaluateOne("--mode", "words", "--evidence", path("out"));
  const queries = await read("out", "one", "queries.jsonl");
  expect(queries).toEqual([
    { collection: "one", id: "1", text: "round fruit", judgements: { apple: 1 }, terms: 2, phrases: [], words: 1 },
    {
      collection: "one",
      id: "2",
      text: "vessel with sails",
      judgements: { boat: 1, canoe: 2, desert: 0 },
      terms: 2,
      phrases: [],
      words: 2,
    },
  ]);
  expect([...new Uint32Array(await readBytes("out", "one", "word-passages.u32"))]).toEqual([0, 1, 2]);
  const scores = [...new Float32Array(await readBytes("out", "one", "word-scores.f32"))];
  expect(scores).toHaveLength(3);
  expect(Math.min(...scores)).toBeGreaterThan(0);
  // The boat has the word as it was asked for, the canoe another form of it.
  expect(scores[1]).toBeGreaterThan(scores[2]!);
});

test("a quoted phrase is written as the passages that hold it; judged documents that are missing keep their grade", async () => {
  await writeFile(
    path("one", "queries.jsonl"),
    '{"_id":"1","text":"\\"narrow  Vessel\\" or \\"nowhere\\""}\n{"_id":"2","text":"?!"}\n',
  );
  await writeFile(path("one", "qrels.tsv"), "1\tcanoe\t1\n1\tlost\t1\n2\tboat\t1\n");
  await evaluateOne("--mode", "words", "--evidence", path("out"));
  const [first, second] = await read("out", "one", "queries.jsonl");
  expect(first).toMatchObject({ phrases: [[2], []], judgements: { canoe: 1, lost: 1 } });
  expect(second).toMatchObject({ terms: 0, words: 0 });
});

test("the runs and the parameters of ranking stand beside it", async () => {
  const printed = await evaluateOne(
    "--mode",
    "hybrid",
    "--compare",
    "words",
    "--limit",
    "20",
    "--evidence",
    path("out"),
  );
  const runs = JSON.parse(await readFile(path("out", "one", "runs.json"), "utf8")) as {
    mode: string;
    dim: number;
    ndcg: number[];
  }[];
  expect(runs.map(({ mode, dim, ndcg }) => [mode, dim, ndcg.length])).toEqual([
    ["hybrid", 256, 2],
    ["words", 0, 2],
  ]);
  const mean = (runs[0]!.ndcg[0]! + runs[0]!.ndcg[1]!) / 2;
  expect(printed[0]?.["ndcg@10"]).toBeCloseTo(mean, 5);
  const ranking = JSON.parse(await readFile(path("out", "one", "ranking.json"), "utf8")) as object;
  expect(ranking).toMatchObject({ limit: 20, minCandidates: 200, sectionsPerPage: 3 });
});

test("pooled collections are one index, whose documents carry their collection's name", async () => {
  const args = ["--collection", path("two"), "--mode", "words", "--pooled", "--evidence", path("out")];
  await evaluateOne(...args);
  const passages = await read("out", "pooled", "passages.jsonl");
  expect(passages.map(({ document }) => document)).toEqual(
    ["one", "two"].flatMap((name) => ["apple", "boat", "canoe", "desert"].map((id) => `${name}/${id}`)),
  );
  const queries = await read("out", "pooled", "queries.jsonl");
  expect(queries.map(({ collection }) => collection)).toEqual(["one", "one", "two", "two"]);
  expect(queries[2]).toMatchObject({ judgements: { "two/apple": 1 } });
});

test("fewer dims are taken from the same model, and said", async () => {
  const [all] = await evaluateOne("--mode", "dense");
  const [some] = await evaluateOne("--mode", "dense", "--dims", "64");
  expect([all?.["dim"], some?.["dim"]]).toEqual([256, 64]);
  expect(some?.["ndcg@10"]).toBeGreaterThan(0);
});

test.each([
  ["--dims", "0", /--dims is "0", expected an integer of 1 or more/],
  ["--dims", "many", /--dims is "many"/],
  ["--dims", "100", /option dim is 100; expected one of 256, 128, 64/],
])("%s %s is refused", async (option, value, message) => {
  await expect(evaluateOne("--mode", "dense", option, value)).rejects.toThrow(message);
});
