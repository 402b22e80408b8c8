import { stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { selfHosted, tinyModels, valueOf } from "./harness.ts";
import { errorOf, readGolden, renameOperator, useNeural } from "./use-neural.ts";

const here = useNeural();

describe("a model from a host", () => {
  test("gives the vectors it was made with, in 32 bits", async () => {
    const { dim } = await readGolden("tiny-bert-mean");
    const description = await here.start("tiny-bert-mean", { dtype: "fp32" });
    expect(description).toMatchObject({ id: "tiny-bert-mean", dim, device: "wasm", dtype: "fp32", fallbacks: [] });
    expect(description.bytes).toBeGreaterThan(14_000_000);
    expect(await here.worstCosine("tiny-bert-mean")).toBeGreaterThan(0.9999);
  });

  test("takes the smaller weights where nothing else is asked for", async () => {
    const description = await here.start("tiny-bert-mean");
    expect(description.dtype).toBe("q8");
    expect(await here.worstCosine("tiny-bert-mean")).toBeGreaterThan(0.99);
    expect(here.hub.requests.map(({ path }) => path)).not.toContain("/tiny-bert-mean/resolve/main/onnx/model.onnx");
  });

  test("tells of its bytes as they come", async () => {
    await here.start("tiny-bert-mean");
    const { calls, done, total } = await here.driver.page.evaluate(() => window.neuralPage!.progress());
    expect(calls).toBeGreaterThan(3);
    expect(done).toBe(total);
    expect(done).toBe(valueOf(await here.driver.describe()).bytes);
  });

  test("asks no other host for anything, and for no runtime that could use a GPU", async () => {
    const asked: string[] = [];
    here.context.on("request", (request) => asked.push(request.url()));
    await here.start("tiny-bert-mean");
    const own = [here.server.origin, here.hub.origin, "blob:", "data:"];
    expect(asked.filter((url) => !own.some((prefix) => url.startsWith(prefix)))).toEqual([]);
    const runtime = asked.filter((url) => url.includes("/ort/")).map((url) => url.split("/").at(-1));
    expect(new Set(runtime)).toEqual(new Set(["ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"]));
  });

  test("is read from the browser's storage on the next visit, and needs no network then", async () => {
    const before = await here.start("tiny-bert-mean");
    here.hub.reset();
    here.hub.spoil(/./, { status: 503 });
    await here.visit();
    const after = await here.start("tiny-bert-mean");
    expect(after).toEqual(before);
    const asked = new Set(here.hub.requests.map(({ path }) => path.split("/").at(-1)));
    expect(asked).toEqual(new Set(["inkling.json", "config.json"]));
  });

  test("is read anew when its settings changed", async () => {
    await here.start("tiny-bert-mean");
    here.hub.reset();
    here.hub.spoil(/\/config\.json$/, { body: (bytes) => Buffer.concat([bytes, Buffer.from("\n")]) });
    await here.visit();
    await here.start("tiny-bert-mean");
    expect(here.hub.requests.map(({ path }) => path)).toContain(
      "/tiny-bert-mean/resolve/main/onnx/model_quantized.onnx",
    );
  });

  test("may lie in any folder", async () => {
    const description = valueOf(await here.driver.start({ model: "/models/tiny-bert-cls", options: selfHosted }));
    expect(description.id).toBe("tiny-bert-cls");
    expect(await here.worstCosine("tiny-bert-cls")).toBeGreaterThan(0.99);
  });

  test("starts again after it was stopped", async () => {
    await here.start("tiny-bert-mean");
    await here.driver.stop();
    await here.start("tiny-bert-mean");
    expect(await here.worstCosine("tiny-bert-mean")).toBeGreaterThan(0.99);
  });

  test("ends with the signal's reason when its start is cancelled", async () => {
    here.hub.spoil(/tokenizer\.json$/, { breakAfter: 10 });
    const { message } = errorOf(
      await here.driver.start({ model: "tiny-bert-mean", options: here.remote(), abortAfterMs: 1 }),
    );
    expect(message).toMatch(/aborted/);
  });
});

describe("a download that breaks off", () => {
  /** Resolves when all that is asked for has been read, but for so many bytes. */
  async function untilLeft(bytes: number): Promise<void> {
    for (;;) {
      const { done, total } = await here.driver.page.evaluate(() => window.neuralPage!.progress());
      if (total - done === bytes) return;
      await here.driver.page.waitForTimeout(20);
    }
  }

  async function breakModelOnce(): Promise<void> {
    const { size } = await stat(join(tinyModels, "tiny-bert-mean/onnx/model.onnx"));
    here.hub.spoil(/model\.onnx$/, { breakAfter: 9_000, until: () => untilLeft(size - 9_000), times: 1 });
  }

  test("goes on from where it broke", async () => {
    await breakModelOnce();
    await here.start("tiny-bert-mean", { dtype: "fp32" });
    const onnx = here.hub.requests.filter(({ path }) => path.endsWith("model.onnx"));
    expect(onnx.map(({ status, range }) => [status, range])).toEqual([
      [200, undefined],
      [206, "bytes=9000-"],
    ]);
    expect(await here.worstCosine("tiny-bert-mean")).toBeGreaterThan(0.9999);
  });

  test("begins anew where the host knows no ranges", async () => {
    here.hub.spoil(/model\.onnx$/, { status: 416, times: 1 });
    await breakModelOnce();
    await here.start("tiny-bert-mean", { dtype: "fp32" });
    const onnx = here.hub.requests.filter(({ path }) => path.endsWith("model.onnx"));
    expect(onnx.map(({ status }) => status)).toEqual([200, 416, 200]);
    expect(await here.worstCosine("tiny-bert-mean")).toBeGreaterThan(0.9999);
  });

  test("goes on where the visit before left off", async () => {
    const large = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc(10_000_000, " ")]);
    const { size } = await stat(join(tinyModels, "tiny-bert-mean/tokenizer.json"));
    const until = (): Promise<void> => untilLeft(size + 1_000_000);
    here.hub.spoil(/tokenizer\.json$/, { status: 503 });
    here.hub.spoil(/tokenizer\.json$/, { body: large, breakAfter: 9_000_000, until, times: 1 });
    expect((await here.refusal("tiny-bert-mean")).code).toBe("model/unreachable");
    here.hub.reset();
    here.hub.spoil(/tokenizer\.json$/, { body: large });
    await here.visit();
    await here.start("tiny-bert-mean");
    const ranges = here.hub.requests.filter(({ path }) => path.endsWith("/tokenizer.json")).map(({ range }) => range);
    expect(ranges).toEqual([`bytes=${2 * 4 * 1024 * 1024}-`]);
    expect(await here.worstCosine("tiny-bert-mean")).toBeGreaterThan(0.99);
  });

  test("in every try is an error that says how far it came", async () => {
    here.hub.spoil(/model_quantized\.onnx$/, { breakAfter: 100 });
    const { code, message } = await here.refusal("tiny-bert-mean");
    expect(code).toBe("model/truncated");
    expect(message).toContain("goes on from there");
  });
});

describe("another dtype is taken", () => {
  test("where the first one cannot be started, and the reason is told", async () => {
    here.hub.spoil(/model_quantized\.onnx$/, { body: renameOperator });
    const description = await here.start("tiny-bert-mean");
    expect(description.dtype).toBe("fp32");
    expect(description.fallbacks.map(({ code, details }) => [code, details["dtype"]])).toEqual([
      ["model/session", "q8"],
    ]);
    expect(await here.worstCosine("tiny-bert-mean")).toBeGreaterThan(0.9999);
  });

  test("not where one is asked for", async () => {
    here.hub.spoil(/model_quantized\.onnx$/, { body: renameOperator });
    const { code } = await here.refusal("tiny-bert-mean", { dtype: "q8" });
    expect(code).toBe("model/session");
  });
});
