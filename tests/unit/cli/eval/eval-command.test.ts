import { expect, test } from "vitest";
import { evaluate, useCollections } from "./collections.ts";

const path = useCollections();

test("one collection gives one line, with the values worked out by hand", async () => {
  const lines = await evaluate("--collection", path("one"), "--mode", "words");
  // Query 1 has its document first. Query 2 has the one of grade 1 first and the one of grade 2 second.
  const second = (1 + 3 / Math.log2(3)) / (3 + 1 / Math.log2(3));
  expect(lines).toEqual([
    {
      collection: "one",
      mode: "words",
      model: "none",
      dim: 0,
      queries: 2,
      "ndcg@10": Number(((1 + second) / 2).toFixed(5)),
      "recall@100": 1,
      "mrr@10": 1,
      ms_per_query: expect.any(Number) as number,
    },
  ]);
});

test("several collections end with their mean", async () => {
  const lines = await evaluate("--collection", path("one"), "--collection", path("two"), "--mode", "words");
  expect(lines.map(({ collection, queries }) => [collection, queries])).toEqual([
    ["one", 2],
    ["two", 2],
    ["mean", 4],
  ]);
  expect(lines[2]?.["ndcg@10"]).toBe(lines[0]?.["ndcg@10"]);
});

test("pooled collections share an index, so that the twin of each document takes half of the places", async () => {
  const lines = await evaluate("--collection", path("one"), "--collection", path("two"), "--mode", "words", "--pooled");
  expect(lines.map(({ collection }) => collection)).toEqual(["one", "two", "mean"]);
  // Twins have the same score: ties by id put "one" first.
  expect(lines[0]?.["mrr@10"]).toBe(1);
  expect(lines[1]?.["mrr@10"]).toBe(0.5);
});

test("a comparison gives both runs, their difference and its interval", async () => {
  const lines = await evaluate("--collection", path("one"), "--mode", "hybrid", "--compare", "words,dense");
  expect(lines.map(({ mode, compared_with }) => [mode, compared_with])).toEqual([
    ["hybrid", undefined],
    ["words", undefined],
    ["dense", undefined],
    ["hybrid", "words"],
    ["hybrid", "dense"],
  ]);
  expect(lines[0]?.["model"]).toBe("inkling-instant-v1");
  const difference = (lines[0]?.["ndcg@10"] as number) - (lines[1]?.["ndcg@10"] as number);
  expect(lines[3]?.["ndcg@10_difference"]).toBeCloseTo(difference, 4);
  expect(lines[3]).toMatchObject({ queries: 2, significant: expect.any(Number) as number });
});

test("collections of one name are refused", async () => {
  const args = ["--collection", path("one"), "--collection", `${path("one")}/`];
  await expect(evaluate(...args)).rejects.toThrow(/Two collections are called "one"/);
});

test("a model that is not there is refused rather than replaced by words", async () => {
  await expect(evaluate("--collection", path("one"), "--model", path("none"))).rejects.toThrow(/--model is ".*none"/);
  await expect(evaluate("--collection", path("one"), "--model", path())).rejects.toThrow(/model\/missing/);
});
