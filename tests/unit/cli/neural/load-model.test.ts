import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { loadModel, type LoadModelOptions } from "../../../../cli/neural/load-model.ts";
import { cosine } from "../../../../src/core/vector/cosine.ts";
import { ModelError } from "../../../../src/errors.ts";
import type { Embedder } from "../../../../worker/ports.ts";
import { changeTensor } from "../../../onnx-tensor.ts";
import { type Golden, listTinyModels, readGolden, tinyModel, tinyModels } from "./tiny-models.ts";

const drafts = mkdtempSync(join(tmpdir(), "inkling-load-model-"));
afterAll(() => rmSync(drafts, { recursive: true, force: true }));

const isTransformer = (name: string): boolean => existsSync(join(tinyModels, name, "onnx"));
const hasInt8 = (name: string): boolean => existsSync(join(tinyModels, name, "onnx/model_quantized.onnx"));

/** Smallest cosine to the vectors that torch computed. As the engine gives them, texts begin with their title. */
async function worstCosine(embedder: Embedder, golden: Golden): Promise<number> {
  const cosines: number[] = [];
  const documents = golden.entries.filter(({ kind }) => kind === "document");
  // Why all at once: padding must change nothing.
  const vectors = await embedder.embed(
    documents.map(({ text, title }) => (title === undefined ? text : `${title}\n${text}`)),
    documents.map(({ title }) => title ?? ""),
  );
  documents.forEach(({ vector }, at) =>
    cosines.push(cosine(vectors.subarray(at * golden.dim, (at + 1) * golden.dim), vector)),
  );
  for (const { kind, text, vector } of golden.entries) {
    if (kind === "query") cosines.push(cosine((await embedder.embedQuery(text)).vector, vector));
  }
  return Math.min(...cosines);
}

/** Loads, compares, closes. */
async function compare(name: string, options: LoadModelOptions = {}): Promise<number> {
  const embedder = await loadModel(tinyModel(name), options);
  try {
    const golden = readGolden(join(tinyModels, name, "golden.json"));
    expect(embedder.fingerprint).toMatchObject({ id: name, dim: golden.dim });
    return await worstCosine(embedder, golden);
  } finally {
    await embedder.close();
  }
}

describe("a model of each kind gives torch's vectors", () => {
  test.each(listTinyModels().filter(isTransformer))("%s, fp32", async (name) => {
    expect(await compare(name, { dtype: "fp32" })).toBeGreaterThanOrEqual(0.9999);
  });

  test.each(listTinyModels().filter(hasInt8))("%s, int8", async (name) => {
    const worst = await compare(name, { dtype: "q8" });
    expect(worst).toBeGreaterThanOrEqual(0.99);
    expect(worst).toBeLessThan(0.999999);
  });

  test.each(listTinyModels().filter((name) => !isTransformer(name)))("%s, a table", async (name) => {
    expect(await compare(name)).toBeGreaterThanOrEqual(0.9999);
  });

  test("the vectors of two texts differ by more than a comparison allows", () => {
    for (const name of listTinyModels()) {
      const { entries } = readGolden(join(tinyModels, name, "golden.json"));
      for (const [at, { vector }] of entries.entries()) {
        for (const other of entries.slice(at + 1)) expect(cosine(vector, other.vector)).toBeLessThan(0.996);
      }
    }
  });
});

test("models that are loaded at once are not taken for each other", async () => {
  const names = listTinyModels().filter(isTransformer);
  const worst = await Promise.all(names.map((name) => compare(name, { dtype: "fp32" })));
  expect(Math.min(...worst)).toBeGreaterThanOrEqual(0.9999);
});

test("potion-base-4M with its real weights gives the vectors of the reference", async (context) => {
  const folder = fileURLToPath(new URL("../../../../../shared/peers/potion-base-4M-int8/", import.meta.url));
  if (!existsSync(folder)) return context.skip("../shared/peers/potion-base-4M-int8 is not here");
  const golden = readGolden(fileURLToPath(new URL("../../../golden/potion-base-4M-int8.json", import.meta.url)));
  const refused = { importRuntime: () => Promise.reject(new Error("not to be loaded")) };
  const embedder = await loadModel({ from: "folder", id: "potion-base-4M-int8", folder }, refused);
  expect(embedder.fingerprint.dim).toBe(128);
  expect(await worstCosine(embedder, golden)).toBeGreaterThanOrEqual(0.9999);
  await embedder.close();
});

describe("what a loaded model is called", () => {
  test.each(["two--dashes", "a folder (copy)", "модель 模型", "100%25", "owner/name", "model.git"])(
    "a folder may be called %s",
    async (name) => {
      const embedder = await loadModel({ from: "folder", id: name, folder: copyOf("tiny-bert-mean", name) });
      expect(embedder.fingerprint).toMatchObject({ id: name, dim: 16 });
      await embedder.close();
    },
  );

  test("a folder read twice has one revision, int8 and fp32 have two", async () => {
    const revisions = await Promise.all(
      ([undefined, "q8", "fp32"] as const).map(async (dtype) => {
        const embedder = await loadModel(tinyModel("tiny-bert-mean"), { dtype });
        await embedder.close();
        return embedder.fingerprint.revision;
      }),
    );
    expect(revisions[0]).toBe(revisions[1]);
    expect(revisions[0]).not.toBe(revisions[2]);
  });

  test("inkling.json names the revision and the share of the dense score", async () => {
    const folder = join(tinyModels, "tiny-modernbert-both");
    const own = JSON.parse(readFileSync(join(folder, "inkling.json"), "utf8")) as { revision: string };
    const embedder = await loadModel(tinyModel("tiny-modernbert-both"));
    expect(embedder.fingerprint.revision).toBe(own.revision);
    expect(embedder.denseWeight).toBe(0.4);
    await embedder.close();
  });
});

describe("dims", () => {
  test("the leading numbers are kept at length 1, those of the whole vector's direction", async () => {
    const short = await loadModel(tinyModel("tiny-modernbert-both"), { dim: 6, dtype: "fp32" });
    const golden = readGolden(join(tinyModels, "tiny-modernbert-both/golden.json")).entries[0]!;
    const { vector } = await short.embedQuery(golden.text);
    expect(vector).toHaveLength(6);
    expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
    expect(cosine(vector, golden.vector)).toBeGreaterThanOrEqual(0.9999);
    await short.close();
  });

  test("a number of dims that the model was not trained for is refused", async () => {
    const loading = loadModel(tinyModel("tiny-modernbert-both"), { dim: 7 });
    await expect(loading).rejects.toMatchObject({
      code: "argument/option",
      message: expect.stringContaining("12, 6") as string,
    });
  });
});

describe("texts", () => {
  test("a text longer than the model reads goes through in windows, and says only what was cut", async () => {
    const embedder = await loadModel(tinyModel("tiny-bert-mean"), { dtype: "fp32" });
    const sentence = "Boil the potatoes for twenty minutes, drain them. ";
    const long = await embedder.embedQuery(sentence.repeat(6));
    const endless = await embedder.embedQuery(sentence.repeat(2000));
    expect(long.truncated).toBe(false);
    expect(endless.truncated).toBe(true);
    for (const { vector } of [long, endless]) expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
    await embedder.close();
  });

  test("an empty text has a zero vector and no coverage", async () => {
    const embedder = await loadModel(tinyModel("tiny-bert-mean"));
    const { vector, coverage } = await embedder.embedQuery("");
    expect([...vector]).toEqual(Array.from({ length: 16 }, () => 0));
    expect(coverage).toBe(0);
    expect([...(await embedder.embed(["", "reset password"])).subarray(0, 16)]).toEqual([...vector]);
    await embedder.close();
  });
});

/** A copy of a tiny model that a test may damage. */
function copyOf(name: string, copy: string): string {
  const folder = join(drafts, copy);
  cpSync(join(tinyModels, name), folder, { recursive: true });
  return folder;
}

async function failureOf(folder: string, options: LoadModelOptions = {}): Promise<ModelError> {
  const error: unknown = await loadModel({ from: "folder", id: "damaged", folder }, options).catch(
    (reason: unknown) => reason,
  );
  if (error instanceof ModelError) return error;
  throw new Error("expected a ModelError", { cause: error });
}
/** The states of the tokens of one row, computed without the library. */
async function statesOf(folder: string, ids: readonly number[]): Promise<{ data: Float32Array; width: number }> {
  const { AutoModel, Tensor } = await import("@huggingface/transformers");
  const model = await AutoModel.from_pretrained(folder, { dtype: "fp32", device: "cpu" });
  const tensor = (values: readonly number[]): InstanceType<typeof Tensor> =>
    new Tensor("int64", BigInt64Array.from(values, BigInt), [1, values.length]);
  const { last_hidden_state: states } = (await model({
    input_ids: tensor(ids),
    attention_mask: tensor(ids.map(() => 1)),
  })) as { last_hidden_state: { dims: number[]; data: Float32Array } };
  await model.dispose();
  return { data: states.data, width: states.dims[2]! };
}

describe("late chunking", () => {
  test.each(["tiny-bert-mean", "tiny-jina-alibi", "tiny-nomic"])(
    "gives each passage the mean of its tokens in the pass of its document, as pooled by hand: %s",
    async (name) => {
      const folder = copyOf(name, `late-${name}`);
      const own = { format: 1, id: `late-${name}`, revision: "1", lateChunking: true, maxTokens: 64, dtypes: ["fp32"] };
      writeFileSync(join(folder, "inkling.json"), JSON.stringify(own));
      const embedder = await loadModel({ from: "folder", id: name, folder }, {});
      const texts = ["reset password", "the page jumps", "give every image a size"];
      const vectors = await embedder.embed(texts, ["", "", ""], [0, 0, 0]);
      const { dim } = embedder.fingerprint;
      expect(embedder.isContextual).toBe(true);

      const { AutoTokenizer } = await import("@huggingface/transformers");
      const tokenizer = await AutoTokenizer.from_pretrained(folder);
      const encode = (text: string, add_special_tokens: boolean): number[] =>
        tokenizer(text, { add_special_tokens, return_tensor: false }).input_ids as number[];
      const parts = texts.map((text) => encode(text, false));
      const framed = encode("a", true);
      const at = framed.indexOf(encode("a", false)[0]!);
      const ids = [...framed.slice(0, at), ...parts.flat(), ...framed.slice(at + 1)];
      const { data, width } = await statesOf(folder, ids);
      let start = at;
      for (const [place, part] of parts.entries()) {
        const mean = Array.from(
          { length: width },
          (_, column) =>
            part.reduce((sum, _id, token) => sum + data[(start + token) * width + column]!, 0) / part.length,
        );
        start += part.length;
        expect(cosine(vectors.subarray(place * dim, (place + 1) * dim), mean), texts[place]).toBeGreaterThan(0.99999);
      }
      const alone = await embedder.embed([texts[1]!], [""], [0]);
      expect(cosine(alone, vectors.subarray(dim, 2 * dim))).toBeLessThan(0.99999);
      await embedder.close();
    },
  );

  test.each([
    ["tiny-bert-cls", { pooling: "cls" }],
    ["tiny-static", { kind: "static" }],
  ])("is refused for a model that does not average its tokens: %s", async (name, settings) => {
    const folder = copyOf(name, `late-${name}`);
    const own = { format: 1, id: `late-${name}`, revision: "1", lateChunking: true, ...settings };
    writeFileSync(join(folder, "inkling.json"), JSON.stringify(own));
    expect(await failureOf(folder)).toMatchObject({
      code: "model/format",
      message: expect.stringContaining("late chunking needs") as string,
    });
  });

  test("is refused for a model that only gives one vector a text", async () => {
    const folder = copyOf("tiny-pooled-only", "late-pooled");
    const own = { format: 1, id: "late-pooled", revision: "1", lateChunking: true, maxTokens: 64, dtypes: ["fp32"] };
    writeFileSync(join(folder, "inkling.json"), JSON.stringify(own));
    const embedder = await loadModel({ from: "folder", id: "late-pooled", folder }, {});
    await expect(embedder.embed(["a", "b"], ["", ""], [0, 0])).rejects.toMatchObject({ code: "model/output" });
    await embedder.close();
  });
});

describe("a model that cannot be used", () => {
  test("without Transformers.js says how to install it", async () => {
    const missing = Object.assign(new Error("Cannot find package '@huggingface/transformers'"), {
      code: "ERR_MODULE_NOT_FOUND",
    });
    const error = await failureOf(join(tinyModels, "tiny-bert-mean"), { importRuntime: () => Promise.reject(missing) });
    expect(error.code).toBe("model/runtime");
    expect(error.message).toContain("npm install @huggingface/transformers");
  });

  test("with a Transformers.js that does not start says on which platform", async () => {
    const broken = Object.assign(new Error("onnxruntime_binding.node: cannot open shared object"), {
      code: "ERR_DLOPEN_FAILED",
    });
    const error = await failureOf(join(tinyModels, "tiny-bert-mean"), { importRuntime: () => Promise.reject(broken) });
    expect(error.code).toBe("model/runtime");
    expect(error.message).toContain(process.platform);
    expect(error.message).toContain("cannot open shared object");
  });

  test("a table with a tokenizer that is no JSON", async () => {
    const folder = copyOf("tiny-static", "no-json");
    writeFileSync(join(folder, "tokenizer.json"), "<!doctype html><title>Not found</title>");
    const refused = { importRuntime: () => Promise.reject(new Error("not to be loaded")) };
    expect(await failureOf(folder, refused)).toMatchObject({ code: "model/format" });
  });

  test("a table with a tokenizer of another kind needs the package", async () => {
    const folder = copyOf("tiny-static", "unigram");
    cpSync(join(tinyModels, "tiny-e5-multilingual/tokenizer.json"), join(folder, "tokenizer.json"));
    const missing = Object.assign(new Error("Cannot find package '@huggingface/transformers'"), {
      code: "ERR_MODULE_NOT_FOUND",
    });
    expect((await failureOf(folder, { importRuntime: () => Promise.reject(missing) })).code).toBe("model/runtime");
    const embedder = await loadModel({ from: "folder", id: "unigram", folder });
    expect(Math.hypot(...(await embedder.embedQuery("reset password")).vector)).toBeCloseTo(1, 5);
    await embedder.close();
  });

  test("an empty folder", async () => {
    const folder = copyOf("tiny-bert-mean", "empty");
    rmSync(folder, { recursive: true });
    expect(await failureOf(folder)).toMatchObject({
      code: "model/missing",
      message: expect.stringContaining("config.json") as string,
    });
  });

  test("without an ONNX file", async () => {
    const folder = copyOf("tiny-bert-mean", "no-onnx");
    rmSync(join(folder, "onnx"), { recursive: true });
    expect(await failureOf(folder)).toMatchObject({
      code: "model/missing",
      message: expect.stringContaining("model_quantized.onnx") as string,
    });
  });

  test("with an ONNX file that is none", async () => {
    const folder = copyOf("tiny-roberta-cls", "no-graph");
    writeFileSync(join(folder, "onnx/model.onnx"), "<!doctype html><title>Not found</title>");
    expect(await failureOf(folder)).toMatchObject({ code: "model/session", details: { device: "cpu", dtype: "fp32" } });
  });

  test("with an operator that the runtime does not have", async () => {
    const folder = copyOf("tiny-roberta-cls", "other-operator");
    const path = join(folder, "onnx/model.onnx");
    const text = readFileSync(path, "latin1");
    expect(text).toContain("Softmax");
    writeFileSync(path, text.replaceAll("Softmax", "Hardmix"), "latin1");
    expect(await failureOf(folder)).toMatchObject({
      code: "model/session",
      message: expect.stringContaining("Hardmix") as string,
    });
  });

  test("with weights that are no numbers", async () => {
    const folder = copyOf("tiny-roberta-cls", "not-a-number");
    const path = join(folder, "onnx/model.onnx");
    const { vocab_size: tokens, hidden_size: width } = JSON.parse(
      readFileSync(join(folder, "config.json"), "utf8"),
    ) as {
      vocab_size: number;
      hidden_size: number;
    };
    writeFileSync(
      path,
      changeTensor(readFileSync(path), tokens * width, () => Number.NaN),
    );
    expect(await failureOf(folder)).toMatchObject({
      code: "model/output",
      message: expect.stringContaining("NaN") as string,
    });
  });

  test("with a tokenizer of another model", async () => {
    const folder = copyOf("tiny-bert-mean", "other-tokenizer");
    cpSync(join(tinyModels, "tiny-gemma-dense/tokenizer.json"), join(folder, "tokenizer.json"));
    expect(await failureOf(folder)).toMatchObject({
      code: "model/format",
      message: expect.stringContaining("vocab_size") as string,
    });
  });

  test("with a file that is not the one inkling.json names", async () => {
    const folder = copyOf("tiny-modernbert-both", "altered");
    const path = join(folder, "onnx/model_quantized.onnx");
    const bytes = readFileSync(path);
    bytes[bytes.length - 20]! ^= 1;
    writeFileSync(path, bytes);
    expect(await failureOf(folder)).toMatchObject({
      code: "model/checksum",
      message: expect.stringContaining("SHA-256") as string,
    });
  });

  test("with weights that are not those its vectors are from", async () => {
    const folder = copyOf("tiny-modernbert-both", "other-weights");
    const own = JSON.parse(readFileSync(join(folder, "inkling.json"), "utf8")) as {
      files: object;
      golden: { vector: number[] }[];
    };
    for (const golden of own.golden) golden.vector = golden.vector.toReversed();
    writeFileSync(join(folder, "inkling.json"), JSON.stringify(own));
    expect(await failureOf(folder)).toMatchObject({ code: "model/self-test", details: { device: "cpu", dtype: "q8" } });
  });
});

test("where the first weights fail the next ones are taken, and it is told", async () => {
  const folder = copyOf("tiny-bert-mean", "half-broken");
  writeFileSync(join(folder, "onnx/model_quantized.onnx"), "nothing of use");
  const failures: ModelError[] = [];
  const embedder = await loadModel(
    { from: "folder", id: "half-broken", folder },
    { onFallback: (error) => failures.push(error) },
  );
  expect(
    await worstCosine(embedder, readGolden(join(tinyModels, "tiny-bert-mean/golden.json"))),
  ).toBeGreaterThanOrEqual(0.9999);
  expect(failures).toMatchObject([{ code: "model/session", details: { dtype: "q8" } }]);
  await embedder.close();
});
