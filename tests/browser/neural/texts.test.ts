import { describe, expect, test } from "vitest";
import { cosine } from "../../../src/core/vector/cosine.ts";
import { selfHosted, tinyModels, valueOf } from "./harness.ts";
import { listFolders } from "./hub.ts";
import { longText, readGolden, useNeural } from "./use-neural.ts";

const here = useNeural();

describe("the kinds of model", async () => {
  const names = Object.keys(await listFolders(tinyModels));
  test.each(names)("%s", async (name) => {
    const { dim } = await readGolden(name);
    const model = { id: name, url: `/models/${name}/` };
    const description = valueOf(await here.driver.start({ model, options: selfHosted }));
    expect(description).toMatchObject({ id: name, dim });
    expect(await here.worstCosine(name)).toBeGreaterThan(description.dtype === "fp32" ? 0.9999 : 0.99);
  });
});

describe("texts", () => {
  const start = (): Promise<unknown> => here.start("tiny-bert-mean", { dtype: "fp32" });

  test("get the same vectors alone and together, in any order", async () => {
    await start();
    const texts = ["reset password", longText.slice(0, 200), "a", "images that jump", "one two three four five six"];
    const together = valueOf(await here.driver.embed(texts, "document")).vectors;
    for (const [at, text] of texts.entries()) {
      const [alone] = valueOf(await here.driver.embed([text], "document")).vectors;
      expect(cosine(together[at]!, alone!), text).toBeGreaterThan(0.9999);
    }
  });

  test("that are longer than the model's limit are read in windows; what is left out is told", async () => {
    await start();
    const two = `${longText.slice(0, 150)} password`;
    const endless = longText.repeat(50);
    const { vectors, truncated } = valueOf(await here.driver.embed([two, endless, "short"], "document"));
    expect(truncated).toEqual([0, 1, 0]);
    const [start150] = valueOf(await here.driver.embed([longText.slice(0, 60)], "document")).vectors;
    expect(cosine(vectors[0]!, start150!), "the end counts").toBeLessThan(0.9999);
    for (const vector of vectors) expect(Math.hypot(...vector)).toBeCloseTo(1, 4);
  });

  test("of which the model knows nothing get a zero vector", async () => {
    await start();
    const { vectors, coverage } = valueOf(await here.driver.embed(["", "🔍🔍", "password"], "document"));
    expect(vectors.map((vector) => Math.hypot(...vector)).map(Math.round)).toEqual([0, 0, 1]);
    expect(coverage.map((each) => each > 0)).toEqual([false, false, true]);
  });

  test("may be none at all", async () => {
    await start();
    expect(valueOf(await here.driver.embed([], "document"))).toEqual({ vectors: [], coverage: [], truncated: [] });
  });

  test("of one document are read in the light of each other where that is asked for", async () => {
    const model = { id: "late", url: "/models/tiny-bert-mean/", lateChunking: true };
    const options = { ...selfHosted, dtype: "fp32" } as const;
    const description = valueOf(await here.driver.start({ model, options }));
    expect(description.isContextual).toBe(true);
    const texts = ["reset password", "the page jumps"];
    const embed = async (documents?: number[]): Promise<number[][]> =>
      valueOf(await here.driver.embed(texts, "document", undefined, documents)).vectors;
    const [together, apart, unknown] = [await embed([0, 0]), await embed([0, 1]), await embed()];
    for (const at of texts.keys()) {
      expect(Math.hypot(...together[at]!)).toBeCloseTo(1, 4);
      expect(cosine(together[at]!, apart[at]!)).toBeLessThan(0.99999);
    }
    const plain = valueOf(await here.driver.start({ model: "/models/tiny-bert-mean/", options }));
    expect([plain.isContextual, plain.revision === description.revision]).toEqual([false, false]);
    for (const [at, vector] of (await embed([0, 0])).entries())
      expect(cosine(vector, unknown[at]!)).toBeGreaterThan(0.99999);
  });

  test("of queries overtake documents that wait", async () => {
    await start();
    const documents = Array.from({ length: 400 }, (_, at) => `${at} ${longText.slice(0, 300)}`);
    const ended = await here.driver.page.evaluate(
      ([some, queries]) => window.neuralPage!.race(some!, queries!),
      [documents, ["first", "second"]],
    );
    expect(ended).toEqual(["first", "second", "documents"]);
  });
});

describe("two models that fit together", () => {
  test("embed queries and documents each by its own", async () => {
    const options = { dtype: "fp32", documentModel: "tiny-e5-multilingual" } as const;
    const description = await here.start("tiny-bert-mean", options);
    expect(description).toMatchObject({ id: "tiny-bert-mean+tiny-e5-multilingual", dim: 16, fallbacks: [] });
    expect(description.revision).toMatch(/^[0-9a-f]{16}\+[0-9a-f]{16}$/);
    for (const [kind, model] of [
      ["query", "tiny-bert-mean"],
      ["document", "tiny-e5-multilingual"],
    ] as const) {
      const { entries } = await readGolden(model);
      for (const { text, vector } of entries.filter((each) => each.kind === kind)) {
        const { vectors } = valueOf(await here.driver.embed([text], kind));
        expect(cosine(vectors[0]!, vector), `${kind} ${text}`).toBeGreaterThan(0.9999);
      }
    }
  });

  test("are refused where their vectors differ in length", async () => {
    const { code, details } = await here.refusal("tiny-bert-mean", { documentModel: "tiny-dense-files" });
    expect(code).toBe("model/output");
    expect(details).toEqual({ queryDim: 16, documentDim: 24 });
  });
});
