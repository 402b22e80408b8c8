import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readCollection, readQrels, sampleEvenly } from "../../../../cli/eval/collection.ts";
import { breakTies } from "../../../../cli/eval/evaluate.ts";
import { InvalidArgumentError } from "../../../../src/errors.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "inkling-collection-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
}

const valid = {
  "corpus.jsonl": '{"_id":"d1","title":"T","text":"one"}\n{"_id":"d2","text":"two"}\n\n',
  "queries.jsonl": '{"_id":"q1","text":"first"}\n{"_id":"q2","text":"second"}\n{"_id":"q3","text":"third"}\n',
  "qrels.tsv": "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t0\nq2\td1\t0\n",
};

describe("readCollection", () => {
  test("reads documents and judged queries, and drops queries without a relevant document", async () => {
    await write(valid);
    expect(await readCollection(folder)).toEqual({
      name: basename(folder),
      documents: [
        { id: "d1", title: "T", text: "one" },
        { id: "d2", title: "", text: "two" },
      ],
      queries: [
        {
          id: "q1",
          text: "first",
          judgements: new Map([
            ["d1", 2],
            ["d2", 0],
          ]),
        },
      ],
    });
  });

  test.each([
    ["a missing file", { "qrels.tsv": undefined }, /qrels\.tsv.* cannot be read \(ENOENT\)/],
    [
      "a line that is no JSON",
      { "corpus.jsonl": '{"_id":"d1","text":""}\nnonsense\n' },
      /corpus\.jsonl:2 is no JSON: nonsense/,
    ],
    ["a document without id", { "corpus.jsonl": '{"text":"x"}\n' }, /corpus\.jsonl:1: the field "_id" is undefined/],
    ["a query without text", { "queries.jsonl": '{"_id":"q1","text":7}\n' }, /queries\.jsonl:1: the field "text" is 7/],
    ["a judgement without grade", { "qrels.tsv": "q1\td1\n" }, /qrels\.tsv:1 is "q1\td1"/],
  ])("refuses %s", async (_, change, message) => {
    const files: Record<string, string | undefined> = { ...valid, ...change };
    await write(
      Object.fromEntries(Object.entries(files).filter((entry): entry is [string, string] => entry[1] !== undefined)),
    );
    await expect(readCollection(folder)).rejects.toThrow(message);
    await expect(readCollection(folder)).rejects.toBeInstanceOf(InvalidArgumentError);
  });
});

test("judgements are read without a header, too", () => {
  expect(readQrels(["a\tb\t1", "a\tc\t0", ""], "qrels.tsv")).toEqual(
    new Map([
      [
        "a",
        new Map([
          ["b", 1],
          ["c", 0],
        ]),
      ],
    ]),
  );
});

test("more than 1,000 queries are sampled at floor(i · n / 1000)", () => {
  const values = Array.from({ length: 2500 }, (_, i) => i);
  const sample = sampleEvenly(values, 1000);
  expect(sample).toHaveLength(1000);
  expect(sample.slice(0, 4)).toEqual([0, 2, 5, 7]);
  expect(sample.at(-1)).toBe(2497);
  expect(sampleEvenly(values.slice(0, 1000), 1000)).toEqual(values.slice(0, 1000));
});

test("hits of equal score are ordered by url, and only neighbours", () => {
  const hit = (url: string, score: number): { url: string; score: number } => ({ url, score });
  expect(breakTies([hit("c", 2), hit("b", 1), hit("a", 1), hit("z", 3), hit("d", 1)])).toEqual([
    "c",
    "a",
    "b",
    "z",
    "d",
  ]);
  expect(breakTies([])).toEqual([]);
});
