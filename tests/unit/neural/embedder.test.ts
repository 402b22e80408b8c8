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

describe("titles", () => {
  /** What the model reads for a passage of a document. */
  async function readBy(prompt: string, text: string, title: string): Promise<string> {
    let seen = "";
    const model = countingModel();
    const run = model.run.bind(model);
    const watched: TextModel = {
      ...model,
      run: (rows, heads) => {
        seen = String.fromCharCode(...rows[0]!);
        return run(rows, heads);
      },
    };
    const prompts = { query: "", document: prompt };
    await new TextEmbedder(watched, { ...settings, maxTokens: 64, prompts }).embed([text], "document", {
      titles: [title],
    });
    return seen;
  }

  const slot = "title: {title|none} | text: ";

  test.each([
    ["goes into its place, and out of the text", slot, "Tea\nPour water.", "Tea", "title: Tea | text: Pour water."],
    ["that there is none is said as the model wants it", slot, "Pour water.", "", "title: none | text: Pour water."],
    ["stays where the prompt has no place for it", "passage: ", "Tea\nPour.", "Tea", "passage: Tea\nPour."],
    ["that is all there is stays", slot, "Tea", "Tea", "title: Tea | text: Tea"],
    ["that only looks like the first word stays", slot, "Tea is a drink.", "Tea", "title: Tea | text: Tea is a drink."],
  ])("a title %s", async (_what, prompt, text, title, expected) => {
    expect(await readBy(prompt, text, title)).toBe(expected);
  });
});

describe("late chunking", () => {
  /** Remembers its rows. A token's state is its code and the number of ids in its row: what is around it counts. */
  function statefulModel(): TextModel & { rows: string[] } {
    const rows: string[] = [];
    return {
      rows,
      dim: null,
      tokenizer: { unknownId: 0, encode: (text) => Array.from(text, (character) => character.charCodeAt(0)) },
      async run(ids, _heads, spans) {
        rows.push(...ids.map((row) => String.fromCharCode(...row)));
        const vectors = ids.flatMap((row, at) =>
          (spans?.[at] ?? [{ start: 0, end: row.length }]).flatMap(({ start, end }) => {
            const own = row.slice(start, end);
            return [own.reduce((sum, id) => sum + id, 0) / own.length, row.length];
          }),
        );
        return { vectors: Float32Array.from(vectors), width: 2 };
      },
      close: async () => {},
    };
  }

  const late = { ...settings, dim: 2, lateChunking: true, maxTokens: 12 };
  const directionOf = (code: number, around: number): number => code / Math.hypot(code, around);

  test("lets passages of one document through together, and those of another by themselves", async () => {
    const model = statefulModel();
    const { vectors } = await new TextEmbedder(model, late).embed(["aa", "bbb", "c"], "document", {
      documents: [4, 4, 5],
    });
    expect(model.rows.toSorted()).toEqual(["aabbb", "c"]);
    expect(vectors[0]).toBeCloseTo(directionOf(97, 5), 5);
    expect(vectors[2]).toBeCloseTo(directionOf(98, 5), 5);
    expect(vectors[4]).toBeCloseTo(directionOf(99, 1), 5);
  });

  test("says prompt and title once in a pass", async () => {
    const model = statefulModel();
    const prompts = { query: "", document: "p:" };
    const texts = ["T\na", "T\nb", "T"];
    const context = { titles: ["T", "T", "T"], documents: [0, 0, 0] };
    await new TextEmbedder(model, { ...late, prompts }).embed(texts, "document", context);
    expect(model.rows).toEqual(["p:T\nabT"]);
    const slotted = statefulModel();
    const slot = { query: "", document: "{title}: " };
    await new TextEmbedder(slotted, { ...late, prompts: slot }).embed(texts, "document", context);
    expect(slotted.rows).toEqual(["T: abT"]);
  });

  test("gives a text that is too long its own windows, and nothing is lost", async () => {
    const model = statefulModel();
    const texts = ["aa", "b".repeat(20), "cc"];
    const { vectors, truncated } = await new TextEmbedder(model, late).embed(texts, "document", {
      documents: [0, 0, 0],
    });
    expect(model.rows.toSorted()).toEqual(["aacc", "b".repeat(12), "b".repeat(12)]);
    expect([0, 2, 4].map((at) => Math.hypot(vectors[at]!, vectors[at + 1]!))).toEqual(
      [1, 1, 1].map((x) => expect.closeTo(x, 5) as number),
    );
    expect([...truncated]).toEqual([0, 0, 0]);
  });

  test("leaves queries alone, and passages of which nobody tells the document", async () => {
    const model = statefulModel();
    const embedder = new TextEmbedder(model, late);
    expect(embedder.isContextual).toBe(true);
    await embedder.embed(["a", "b"], "document");
    await embedder.embed(["c", "d"], "query", { documents: [0, 0] });
    expect(model.rows).toEqual(["a", "b", "c", "d"]);
    expect(new TextEmbedder(model, settings).isContextual).toBe(false);
  });

  test("keeps empty passages out of it", async () => {
    const { vectors } = await new TextEmbedder(statefulModel(), late).embed(["", "a"], "document", {
      documents: [0, 0],
    });
    expect([...vectors.subarray(0, 2)]).toEqual([0, 0]);
    expect(vectors[2]).toBeCloseTo(directionOf(97, 1), 5);
  });
});

describe("a text that the model knows little of", () => {
  const halfKnown = (coverage?: (text: string) => number): TextModel => {
    const model = countingModel();
    return { ...model, tokenizer: { ...model.tokenizer, ...(coverage && { coverage }) } };
  };

  test.each([
    [0.24, 0],
    [0.25, 1],
  ])("has no vector as a passage if it knows %d of it, and one as a query", async (share, length) => {
    const embedder = new TextEmbedder(
      halfKnown(() => share),
      settings,
    );
    const passage = await embedder.embed(["abc"], "document");
    expect(Math.hypot(...passage.vectors)).toBeCloseTo(length);
    expect(passage.coverage[0]).toBeCloseTo(share);
    const query = await embedder.embed(["abc"], "query");
    expect(Math.hypot(...query.vectors)).toBeCloseTo(1);
    expect(query.coverage[0]).toBeCloseTo(share);
  });

  test("keeps its vector where only ids tell how much is known", async () => {
    const { vectors, coverage } = await new TextEmbedder(halfKnown(), settings).embed(["a\0\0\0\0"], "document");
    expect(Math.hypot(...vectors)).toBeCloseTo(1);
    expect(coverage[0]).toBeCloseTo(0.2);
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
