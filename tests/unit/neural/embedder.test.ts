import { describe, expect, test } from "vitest";
import { TextEmbedder } from "../../../neural/embedder.ts";
import { makeGolden, selfTest } from "../../../neural/self-test.ts";
import { TaskQueue } from "../../../neural/task-queue.ts";
import type { TextModel } from "../../../neural/text-model.ts";

/** Counts letters a, b, c and all; one pass takes what it gets. */
function countingModel(change: (vector: number[]) => number[] = (vector) => vector): TextModel & { runs: number[] } {
  const runs: number[] = [];
  return {
    runs,
    dim: null,
    tokenizer: { unknownId: 0, encode: (text) => Array.from(text, (character) => character.charCodeAt(0)) },
    async run(rows) {
      runs.push(rows.length);
      const vectors = rows.flatMap((ids) =>
        change([97, 98, 99].map((code) => ids.filter((id) => id === code).length).concat(ids.length)),
      );
      return { vectors: Float32Array.from(vectors), width: vectors.length / rows.length };
    },
    close: async () => {},
  };
}

const settings = {
  dim: null,
  matryoshkaDims: [],
  maxTokens: 16,
  prompts: { query: "", document: "" },
  layerNorm: false,
};

describe("the embedder", () => {
  test("gives each text its vector, whatever order they run in", async () => {
    const embedder = new TextEmbedder(countingModel(), settings, null, { tokens: 8, rows: 2 });
    const { vectors } = await embedder.embed(["a", "bbbbbb", "cc"], "query");
    expect([...vectors.subarray(0, 3)].map((x) => x > 0)).toEqual([true, false, false]);
    expect([...vectors.subarray(4, 7)].map((x) => x > 0)).toEqual([false, true, false]);
    expect([...vectors.subarray(8, 11)].map((x) => x > 0)).toEqual([false, false, true]);
  });

  test("weighs the windows of a text by what is new in them", async () => {
    const embedder = new TextEmbedder(
      countingModel(([a = 0, b = 0]) => [Number(a > b), Number(b >= a)]),
      settings,
    );
    const { vectors } = await embedder.embed(["a".repeat(30) + "b".repeat(2)], "document");
    expect(vectors[0]!).toBeGreaterThan(0.9);
    expect(Math.hypot(...vectors)).toBeCloseTo(1);
  });

  test.each([
    ["NaN", () => [Number.NaN, 1], /gives NaN/],
    ["infinity", () => [1, Number.POSITIVE_INFINITY], /gives Infinity/],
    ["fewer numbers than promised", () => [1], /1 numbers; expected 2/],
    ["more numbers than promised", () => [1, 2, 3], /3 numbers; expected 2/],
  ])("refuses %s", async (_, change, message) => {
    const embedder = new TextEmbedder(countingModel(change), { ...settings, dim: 2 });
    await expect(embedder.embed(["a"], "query")).rejects.toMatchObject({
      code: "model/output",
      message: expect.stringMatching(message) as string,
    });
  });

  test("cuts what a model that was trained for it gives in excess", async () => {
    const embedder = new TextEmbedder(countingModel(), { ...settings, dim: 3, matryoshkaDims: [3, 2] });
    expect((await embedder.embed(["abc"], "query")).vectors).toHaveLength(3);
  });
});

describe("the self-test", () => {
  const about = { url: "u", device: "webgpu", dtype: "q8" } as const;

  test("passes on the device that made the vectors", async () => {
    const embedder = new TextEmbedder(countingModel(), settings);
    await selfTest(embedder, await makeGolden(embedder), about);
  });

  test("fails on another model, and says how far off it is", async () => {
    const golden = await makeGolden(new TextEmbedder(countingModel(), settings));
    const other = new TextEmbedder(
      countingModel(([a = 0, b = 0, c = 0, all = 0]) => [all, a, b, c]),
      settings,
    );
    await expect(selfTest(other, golden, about)).rejects.toMatchObject({
      code: "model/self-test",
      details: { device: "webgpu", dtype: "q8" },
    });
  });
});

describe("the queue", () => {
  async function* steps(name: string, count: number, log: string[], fail = false): AsyncGenerator<undefined, string> {
    for (let step = 0; step < count; step++) {
      log.push(name);
      if (fail) throw new Error(name);
      yield;
    }
    return name;
  }

  test("runs what is urgent between two steps of what is not", async () => {
    const log: string[] = [];
    const queue = new TaskQueue();
    const bulk = queue.run(steps("d", 3, log), false);
    const later = queue.run(steps("e", 1, log), false);
    const urgent = queue.run(steps("q", 1, log), true);
    expect(await Promise.all([bulk, later, urgent])).toEqual(["d", "e", "q"]);
    expect(log).toEqual(["d", "q", "d", "d", "e"]);
  });

  test("goes on after a task that failed", async () => {
    const log: string[] = [];
    const queue = new TaskQueue();
    await expect(queue.run(steps("x", 2, log, true), false)).rejects.toThrow("x");
    expect(await queue.run(steps("y", 1, log), false)).toBe("y");
  });
});
