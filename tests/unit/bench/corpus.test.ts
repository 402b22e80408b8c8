import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findCollections, poolCollections } from "../../../bench/corpus.ts";

let folder: string;

async function writeCollection(name: string, count: number): Promise<void> {
  const path = join(folder, name);
  const lines = (make: (i: number) => object): string =>
    Array.from({ length: count }, (_, i) => JSON.stringify(make(i))).join("\n");
  await mkdir(path, { recursive: true });
  await writeFile(
    join(path, "corpus.jsonl"),
    lines((i) => ({ _id: `${i}`, title: `T${i}`, text: `${name} text ${i}.` })),
  );
  await writeFile(
    join(path, "queries.jsonl"),
    lines((i) => ({ _id: `q${i}`, text: `${name} question ${i}` })),
  );
  const qrels = Array.from({ length: count }, (_, i) => `q${i}\t${i}\t1`);
  await writeFile(join(path, "qrels.tsv"), ["query-id\tcorpus-id\tscore", ...qrels].join("\n"));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "inkling-corpus-"));
  await writeCollection("scifact", 40);
  await writeCollection("cisi", 10);
  await writeCollection("xquad-de", 10);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test("English collections are found, and none where there is no folder", async () => {
  const found = await findCollections(folder);
  expect(found.map((path) => path.slice(folder.length + 1)).sort()).toEqual(["cisi", "scifact"]);
  expect(await findCollections(join(folder, "nowhere"))).toEqual([]);
});

test("a part of the pool has the mix of the whole, up to the wanted number of passages", async () => {
  const folders = ["scifact", "cisi"].map((name) => join(folder, name));
  const { documents, passages, queries } = await poolCollections(folders, { passages: 25, queries: 10 });
  expect(passages).toBe(25);
  expect(documents.filter((document) => document.url.startsWith("/scifact/")).length).toBe(20);
  expect(new Set(documents.map((document) => document.url)).size).toBe(25);
  expect(queries.filter((query) => query.startsWith("cisi"))).toHaveLength(2);
  const whole = await poolCollections(folders, { passages: 1000, queries: 1000 });
  expect([whole.passages, whole.queries.length]).toEqual([50, 50]);
});
