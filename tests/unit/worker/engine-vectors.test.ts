import { describe, expect, test } from "vitest";
import { InvalidArgumentError } from "../../../src/errors.ts";
import { numberedPages, openEngine, pages } from "./engine-kit.ts";

/** Dot product of two rows. */
function cosine(vectors: Float32Array, dim: number, a: number, b: number): number {
  let sum = 0;
  for (let i = 0; i < dim; i++) sum += vectors[a * dim + i]! * vectors[b * dim + i]!;
  return sum;
}

describe("vectors of passages", () => {
  test("come with the place and the text of each, and have length 1", async () => {
    const engine = await openEngine();
    await engine.add(pages);
    const { passages: count } = await engine.status();
    const { model, dim, total, passages, vectors } = await engine.vectors();
    expect(model).toMatch(/^inkling-instant-v1@/);
    expect(vectors.length).toBe(passages.length * dim);
    expect(total).toBe(passages.length);
    expect(total).toBeLessThanOrEqual(count);
    expect(passages.map(({ url }) => url)).toContain("layout.html");
    expect(passages.find(({ anchor }) => anchor === "aspect-ratio")!.text).not.toBe("");
    for (let row = 0; row < passages.length; row++) expect(cosine(vectors, dim, row, row)).toBeCloseTo(1, 1);
  });

  test("say which passages are about the same", async () => {
    const engine = await openEngine();
    await engine.add([
      { url: "a", text: "The cat sleeps on the warm sofa." },
      { url: "b", text: "Kittens nap on cushions." },
      { url: "c", text: "The compiler reports a type error in the function." },
    ]);
    const { dim, vectors, passages } = await engine.vectors();
    expect(passages.map(({ url }) => url)).toEqual(["a", "b", "c"]);
    expect(cosine(vectors, dim, 0, 1)).toBeGreaterThan(cosine(vectors, dim, 0, 2) + 0.1);
  });

  test("are spread over the index where there are more than asked for", async () => {
    const engine = await openEngine();
    await engine.add(numberedPages(40));
    const { total } = await engine.vectors();
    const { passages, vectors, dim } = await engine.vectors(10);
    expect(passages).toHaveLength(10);
    expect(vectors.length).toBe(10 * dim);
    expect(total).toBeGreaterThanOrEqual(40);
    expect(new Set(passages.map(({ url }) => url)).size).toBe(10);
    expect(passages.at(-1)!.url).not.toBe((await engine.vectors(11)).passages[9]!.url);
    expect((await engine.vectors(0)).passages).toEqual([]);
  });

  test("of removed documents are gone, and an empty index has none", async () => {
    const engine = await openEngine();
    expect(await engine.vectors()).toMatchObject({ dim: 0, total: 0, passages: [] });
    await engine.add(pages);
    await engine.remove(pages.slice(1).map(({ url }) => url));
    expect(new Set((await engine.vectors()).passages.map(({ url }) => url))).toEqual(new Set([pages[0]!.url]));
  });

  test("are none where no model answers", async () => {
    const engine = await openEngine({ upgrade: null });
    await engine.add(pages.slice(0, 2));
    expect(await engine.vectors()).toEqual({ model: "", dim: 0, total: 0, passages: [], vectors: new Float32Array() });
  });

  test.each([-1, 1.5, Number.NaN, Infinity])("a limit of %d is refused", async (limit) => {
    const engine = await openEngine();
    await expect(engine.vectors(limit)).rejects.toThrow(InvalidArgumentError);
    await expect(engine.vectors(limit)).rejects.toMatchObject({ code: "argument/limit" });
  });
});
