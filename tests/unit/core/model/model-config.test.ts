import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readModelConfig } from "../../../../src/core/model/model-config.ts";

const url = new URL("../../../../public/models/inkling-instant-v1/config.json", import.meta.url);
const good = JSON.parse(readFileSync(url, "utf8")) as Record<string, object>;

test("the built-in model's config is read", () => {
  const config = readModelConfig(good);
  expect(config).toMatchObject({ id: "inkling-instant-v1", prompts: { query: "", document: "" } });
  expect(config.matryoshkaDims).toContain(config.dim);
  expect(config.golden.length).toBeGreaterThan(0);
});

test("fields that a model may leave out get their plain value", () => {
  const { matryoshkaDims: _dims, prompts: _prompts, golden: _golden, ...least } = good;
  expect(readModelConfig(least)).toMatchObject({
    matryoshkaDims: [good["dim"]],
    prompts: { query: "", document: "" },
    golden: [],
  });
});

test("the longest lead is one that there is memory for", () => {
  expect(readModelConfig({ ...good, leadTokens: 10_000 }).tokenWeights.leadTokens).toBe(10_000);
});

test("a newer format is refused with both numbers and the advice to update", () => {
  expect(() => readModelConfig({ format: 2 })).toThrow(
    expect.objectContaining({
      code: "model/format",
      details: { format: 2, newest: 1 },
      message: expect.stringContaining("Update the library") as string,
    }),
  );
});

const weights = "model.safetensors";
const files = good["files"] as Record<string, object>;

test.each([
  ["null", null],
  ["a list", []],
  ["no format", { ...good, format: undefined }],
  ["format 0", { ...good, format: 0 }],
  ["another kind", { ...good, kind: "transformer" }],
  ["no id", { ...good, id: undefined }],
  ["an id with a slash", { ...good, id: "../x" }],
  ["an empty revision", { ...good, revision: "" }],
  ["dim 0", { ...good, dim: 0 }],
  ["a dim that is no integer", { ...good, dim: 25.6 }],
  ["a prefix longer than dim", { ...good, matryoshkaDims: [100_000] }],
  ["a dense weight above 1", { ...good, fusion: { denseWeight: 1.5 } }],
  ["no dense weight", { ...good, fusion: {} }],
  ["a prompt that is no text", { ...good, prompts: { query: 1 } }],
  ["no limit of tokens", { ...good, maxTokens: undefined }],
  ["a power of zero", { ...good, tokenFrequencyPower: 0 }],
  ["a lead below zero", { ...good, leadWeight: -1 }],
  ["a lead of half a token", { ...good, leadTokens: 0.5 }],
  ["a lead of no token", { ...good, leadTokens: 0 }],
  ["a lead longer than any text", { ...good, leadTokens: 10_001 }],
  ["an endless damping", { ...good, contextDamping: 101 }],
  ["a power over one", { ...good, tokenFrequencyPower: 1.5 }],
  ["no files", { ...good, files: undefined }],
  ["a file without size", { ...good, files: { ...files, [weights]: { ...files[weights], bytes: undefined } } }],
  ["a file without hash", { ...good, files: { ...files, [weights]: { ...files[weights], sha256: "abc" } } }],
  ["a golden entry without vector", { ...good, golden: [{ text: "a" }] }],
  ["a golden vector with null", { ...good, golden: [{ text: "a", vector: [null] }] }],
])("a config with %s is refused", (_what, json) => {
  expect(() => readModelConfig(json)).toThrow(
    expect.objectContaining({
      name: "ModelError",
      code: "model/format",
      message: expect.stringContaining("expected") as string,
    }),
  );
});
