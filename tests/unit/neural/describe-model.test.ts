import { describe, expect, test } from "vitest";
import { describeModel, readMaxTokens, readPooling } from "../../../neural/describe-model.ts";
import { ModelError } from "../../../src/errors.ts";

type Folder = Readonly<Record<string, unknown>>;

/** Files of a folder, as JSON or, where a string, as they stand. */
function filesOf(folder: Folder): Parameters<typeof describeModel>[0] {
  const read = async (path: string): Promise<Uint8Array | null> => {
    const content = folder[path];
    if (content === undefined) return null;
    return new TextEncoder().encode(typeof content === "string" ? content : JSON.stringify(content));
  };
  const must = async (path: string): Promise<Uint8Array> =>
    (await read(path)) ?? Promise.reject(new ModelError("model/missing", path));
  return { read: must, readOptional: read, readFresh: read, urlOf: (path) => `https://host/${path}` };
}

const bert = { model_type: "bert", max_position_embeddings: 512 };
const own = { format: 1, id: "own", revision: "r1" };

describe("the settings of a model", () => {
  test("come from inkling.json before all others", async () => {
    const folder = {
      "config.json": bert,
      "1_Pooling/config.json": { pooling_mode_cls_token: true },
      "inkling.json": {
        ...own,
        dim: 256,
        matryoshkaDims: [256, 64],
        pooling: "mean",
        maxTokens: 300,
        prompts: { query: "q " },
        fusion: { denseWeight: 0.3 },
      },
    };
    expect(await describeModel(filesOf(folder), "intfloat/e5-small-v2")).toMatchObject({
      id: "own",
      revision: "r1",
      dim: 256,
      pooling: "mean",
      maxTokens: 300,
      prompts: { query: "q ", document: "" },
      denseWeight: 0.3,
    });
  });

  test("come from the registry before the configuration files", async () => {
    const folder = { "config.json": bert, "1_Pooling/config.json": { pooling_mode_cls_token: true } };
    const settings = await describeModel(filesOf(folder), "Xenova/e5-small-v2");
    expect(settings).toMatchObject({
      id: "intfloat/e5-small-v2",
      dim: 384,
      pooling: "mean",
      prompts: { query: "query: ", document: "passage: " },
    });
  });

  test.each([
    ["its own file", { "inkling.json": { ...own, languages: ["en", "de"] } }, "own", ["en", "de"]],
    ["the registry", {}, "thenlper/gte-small", ["en"]],
    ["the registry, many", {}, "intfloat/multilingual-e5-small", "many"],
    ["nowhere", {}, "someone/model", null],
  ])("say for which languages it is: by %s", async (_what, folder, id, languages) => {
    expect(await describeModel(filesOf({ "config.json": bert, ...folder }), id)).toMatchObject({ languages });
  });

  test.each([[[]], ["en"], [[1]], [{}]])("with the languages %j are refused", async (languages) => {
    const folder = { "config.json": bert, "inkling.json": { ...own, languages } };
    await expect(describeModel(filesOf(folder), "own")).rejects.toMatchObject({
      code: "model/format",
      message: expect.stringContaining("languages") as string,
    });
  });

  test("come from the configuration files of an unknown model", async () => {
    const folder = {
      "config.json": bert,
      "1_Pooling/config.json": { pooling_mode_cls_token: true, include_prompt: false },
      "config_sentence_transformers.json": { prompts: { query: "find: ", passage: "text: " } },
      "sentence_bert_config.json": { max_seq_length: 128 },
    };
    expect(await describeModel(filesOf(folder), "someone/unknown")).toMatchObject({
      id: "someone/unknown",
      dim: null,
      pooling: "cls",
      poolsPrompt: false,
      maxTokens: 128,
      prompts: { query: "find: ", document: "text: " },
      revision: null,
    });
  });

  test("are the usual ones where a folder says nothing", async () => {
    expect(await describeModel(filesOf({ "config.json": {} }), "x")).toMatchObject({
      pooling: "mean",
      maxTokens: 512,
      kind: "transformer",
    });
  });

  test("are the caller's where the caller knows better", async () => {
    const settings = await describeModel(filesOf({ "config.json": bert, "inkling.json": own }), "x", {
      pooling: "last",
      maxTokens: 4000,
    });
    expect(settings).toMatchObject({ pooling: "last", maxTokens: 4000 });
  });

  test("keep a single pass short where a model takes thousands of tokens", async () => {
    expect((await describeModel(filesOf({ "config.json": bert }), "nomic-ai/nomic-embed-text-v1.5")).maxTokens).toBe(
      1024,
    );
  });

  test("of a folder without config.json are an error", async () => {
    await expect(describeModel(filesOf({}), "x")).rejects.toMatchObject({ code: "model/missing" });
  });

  test.each([
    ["no JSON", "<html>"],
    ["no object", "[1]"],
    ["another format", { ...own, format: 2 }],
    ["no id", { format: 1, revision: "r" }],
    ["a dim of 0", { ...own, dim: 0 }],
    ["an unknown pooling", { ...own, pooling: "max" }],
    ["a weight above 1", { ...own, fusion: { denseWeight: 2 } }],
    ["a prompt that is no text", { ...own, prompts: { query: 1 } }],
    ["a hash that is none", { ...own, files: { "config.json": { bytes: 1, sha256: "x" } } }],
    ["a layer norm that is no yes or no", { ...own, layerNorm: "false" }],
    ["a golden text of no kind that there is", { ...own, golden: [{ text: "a", kind: "title", vector: [1] }] }],
    ["a vector with a null", { ...own, golden: [{ text: "a", vector: [1, null] }] }],
  ])("of an inkling.json with %s are an error that names the file", async (_, content) => {
    const files = filesOf({ "config.json": bert, "inkling.json": content });
    await expect(describeModel(files, "x")).rejects.toMatchObject({
      code: "model/format",
      details: { url: "https://host/inkling.json" },
    });
  });
});

describe("tokens in one pass", () => {
  test.each([
    ["positions", bert, null, null, 512],
    [
      "positions of RoBERTa, less its offset",
      { model_type: "xlm-roberta", max_position_embeddings: 514 },
      null,
      null,
      512,
    ],
    ["sentence-transformers' file", bert, { max_seq_length: 256 }, { model_max_length: 512 }, 256],
    ["the tokenizer's, unless it means none", bert, null, { model_max_length: 1e30 }, 512],
    ["no more than there are positions", bert, { max_seq_length: 8192 }, null, 512],
    ["nothing", {}, null, null, 512],
  ])("by %s", (_, config, sentence, tokenizer, expected) => {
    expect(readMaxTokens(config, sentence, tokenizer)).toBe(expected);
  });
});

test("a pooling that is not known is an error, not a guess", () => {
  expect(() => readPooling({ pooling_mode_max_tokens: true }, "u")).toThrow(/pooling_mode_max_tokens/);
});
