import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { changeTensor } from "../../onnx-tensor.ts";
import { changeLastByte } from "../harness/change-last-byte.ts";
import { tinyModels } from "./harness.ts";
import { renameOperator, useNeural } from "./use-neural.ts";

const here = useNeural();

/** Numbers in the table of tokens of tiny-bert-mean. */
async function tableSize(): Promise<number> {
  const config = await readFile(join(tinyModels, "tiny-bert-mean/config.json"), "utf8");
  const { vocab_size: tokens, hidden_size: width } = JSON.parse(config) as { vocab_size: number; hidden_size: number };
  return tokens * width;
}

/** A tokenizer with the same words under ids that the model does not have. */
function moveVocabulary(bytes: Buffer): Buffer {
  const tokenizer = JSON.parse(bytes.toString()) as { model: { vocab: Record<string, number> } };
  const moved = Object.entries(tokenizer.model.vocab).map(([word, id]) => [word, word.startsWith("[") ? id : id + 500]);
  tokenizer.model.vocab = Object.fromEntries(moved) as Record<string, number>;
  return Buffer.from(JSON.stringify(tokenizer));
}

/** Known vectors with a sign changed. */
function turnGolden(bytes: Buffer): Buffer {
  const settings = JSON.parse(bytes.toString()) as { golden: { vector: number[] }[] };
  for (const golden of settings.golden)
    golden.vector = golden.vector.map((value, at) => (at % 2 === 0 ? -value : value));
  return Buffer.from(JSON.stringify(settings));
}

describe("a model that cannot be used is an error with code, address and remedy:", () => {
  const folder = "/tiny-modernbert-both/resolve/main";

  test("no answer", async () => {
    const { code, details, message } = await here.refusal("tiny-bert-mean", { remoteHost: "http://localhost:1/" });
    expect(code).toBe("model/unreachable");
    expect(details["url"]).toContain("http://localhost:1/tiny-bert-mean/");
    expect(message).toContain("connect-src");
  });

  test("no such model", async () => {
    const { code, message } = await here.refusal("no-such/model");
    expect(code).toBe("model/missing");
    expect(message).toContain("no-such/model/resolve/main/config.json");
  });

  test("too many requests", async () => {
    here.hub.spoil(/config\.json$/, { status: 429, headers: { "retry-after": "30" } });
    const { code, details, message } = await here.refusal("tiny-bert-mean");
    expect(code).toBe("model/unreachable");
    expect(details).toMatchObject({ status: 429 });
    expect(message).toContain("remoteHost");
  });

  test("a login", async () => {
    here.hub.spoil(/config\.json$/, { status: 401 });
    const { code, message } = await here.refusal("tiny-bert-mean");
    expect(code).toBe("model/unreachable");
    expect(message).toContain("behind a login");
  });

  test("a web page in place of a file", async () => {
    here.hub.spoil(/tokenizer\.json$/, { body: () => Buffer.from("<!doctype html><title>Start</title>") });
    const { code, message } = await here.refusal("tiny-bert-mean");
    expect(code).toBe("model/missing");
    expect(message).toContain("is a web page");
  });

  test("no ONNX file", async () => {
    here.hub.spoil(/\.onnx$/, { status: 404 });
    const { code, message, details } = await here.refusal("tiny-bert-mean");
    expect(code).toBe("model/missing");
    expect(message).toContain("has no ONNX file");
    expect(details).toMatchObject({ device: "wasm", dtype: "q8, fp32" });
  });

  test("an operator that the runtime does not have", async () => {
    here.hub.spoil(/model\.onnx$/, { body: renameOperator });
    const { code, message, details } = await here.refusal("tiny-bert-mean", { dtype: "fp32" });
    expect(code).toBe("model/session");
    expect(details).toMatchObject({ device: "wasm", dtype: "fp32" });
    expect(message).toContain("operator");
  });

  test("an ONNX file that is none", async () => {
    here.hub.spoil(/model\.onnx$/, { body: (bytes) => Buffer.from(bytes.map((byte) => byte ^ 0x55)) });
    const { code } = await here.refusal("tiny-bert-mean", { dtype: "fp32" });
    expect(code).toBe("model/session");
  });

  test("numbers that are none", async () => {
    const count = await tableSize();
    here.hub.spoil(/model\.onnx$/, { body: (bytes) => changeTensor(bytes, count, () => Number.NaN) });
    const { code, message } = await here.refusal("tiny-bert-mean", { dtype: "fp32" });
    expect(code).toBe("model/output");
    expect(message).toContain("NaN");
  });

  test("vectors of another length", async () => {
    const model = { id: "tiny-bert-mean", dim: 384 };
    const { code, details } = await here.refusal(model, { dtype: "fp32" });
    expect(code).toBe("model/output");
    expect(details).toMatchObject({ dim: 384 });
  });

  test("the tokenizer of another model", async () => {
    here.hub.spoil(/tokenizer\.json$/, { body: moveVocabulary });
    const { code, message } = await here.refusal("tiny-bert-mean", { dtype: "fp32" });
    expect(code).toBe("model/format");
    expect(message).toContain("do not belong together");
  });

  test("a file that is not the one described", async () => {
    here.hub.spoil(/model_quantized\.onnx$/, { body: changeLastByte });
    const { code, details } = await here.refusal("tiny-modernbert-both");
    expect(code).toBe("model/checksum");
    expect(details["url"]).toBe(`${here.hub.origin}${folder}/onnx/model_quantized.onnx`);
  });

  test("vectors that are not those described", async () => {
    here.hub.spoil(/inkling\.json$/, { body: turnGolden });
    const { code, details } = await here.refusal("tiny-modernbert-both");
    expect(code).toBe("model/self-test");
    expect(Number(details["cosine"])).toBeLessThan(0.99);
  });

  test("a description that is none", async () => {
    here.hub.spoil(/inkling\.json$/, { body: () => Buffer.from('{"format": 2}') });
    const { code, message } = await here.refusal("tiny-modernbert-both");
    expect(code).toBe("model/format");
    expect(message).toContain("format = 2");
  });

  test("a runtime that is not there", async () => {
    const { code, message } = await here.refusal("tiny-bert-mean", { runtimeUrl: "/nowhere/" });
    expect(code).toBe("model/runtime");
    expect(message).toContain("npm install @huggingface/transformers");
  });

  test.each([
    ["ONNX Runtime's files of another version", /\/ort\/.*\.wasm$/],
    ["a runtime that was altered", /\/runtime\/transformers\.min\.js$/],
    ["a script of ONNX Runtime that was altered", /\/ort\/.*\.mjs$/],
  ])("%s", async (_, path) => {
    const restore = here.server.alter(path, { body: changeLastByte });
    const { code } = await here.refusal("tiny-bert-mean");
    restore();
    expect(code).toBe("model/checksum");
  });

  test.each([
    ["a runtime", /\/runtime\/transformers\.min\.js$/],
    ["a script of ONNX Runtime", /\/ort\/.*\.mjs$/],
  ])("%s that was altered since the visit before", async (_, path) => {
    await here.start("tiny-bert-mean");
    await here.visit();
    const restore = here.server.alter(path, { body: changeLastByte });
    const { code } = await here.refusal("tiny-bert-mean");
    restore();
    expect(code).toBe("model/checksum");
  });

  test("a worker's script that is not there", async () => {
    const { code, message } = await here.refusal("tiny-bert-mean", { workerUrl: "/nowhere.js" });
    expect(code).toBe("model/device");
    expect(message).toContain("neural-worker.js");
  });

  test("an option that is none", async () => {
    const error = await here.refusal("tiny-bert-mean", { dim: -1 });
    expect(error).toMatchObject({ name: "InvalidArgumentError", code: "argument/option", isOurs: true });
  });

  test("a dim that the model was not trained for", async () => {
    const { code } = await here.refusal("tiny-modernbert-both", { dim: 3 });
    expect(code).toBe("argument/option");
  });
});
