import { expect, test } from "vitest";
import { cosine } from "../../../src/core/vector/cosine.ts";
import { valueOf } from "./harness.ts";
import { errorOf, longText, useNeural } from "./use-neural.ts";

/** Pages of 64 KB that a WebAssembly memory may have at most. Why so many: the runtime begins with 256. */
const maxPages = 400;

const here = useNeural([`--js-flags=--wasm-max-mem-pages=${maxPages}`]);

/** A model that reads any length, in passes of so many tokens: memory grows with the square of that. */
const start = (maxTokens: number): Promise<unknown> =>
  here.start({ id: "tiny-jina-alibi", pooling: "mean", maxTokens }, { device: "wasm" });

const texts = Array.from({ length: 8 }, (_, at) => `${at} password ${longText}`);

test("a batch that memory is too small for is embedded in smaller ones, and that is told", async () => {
  await start(512);
  const { vectors } = valueOf(await here.driver.embed(texts, "document"));
  const alone = valueOf(await here.driver.embed(texts.slice(5, 6), "document"));
  expect(vectors).toHaveLength(texts.length);
  expect(cosine(vectors[5]!, alone.vectors[0]!)).toBeGreaterThan(0.999);
  const { fallbacks } = valueOf(await here.driver.describe());
  expect(fallbacks.map(({ code, message }) => [code, message.includes("bad_alloc")])).toEqual([
    ["model/session", true],
  ]);
});

test("a text that memory is too small for is an error, and the next one is embedded", async () => {
  await start(4096);
  const refusal = errorOf(await here.driver.embed([longText.repeat(4)], "document"));
  expect(refusal.code).toBe("model/session");
  expect(refusal.message).toContain("bad_alloc");
  const { vectors } = valueOf(await here.driver.embed(["password"], "query"));
  expect(vectors[0]).toHaveLength(16);
});
