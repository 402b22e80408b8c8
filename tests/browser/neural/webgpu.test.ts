import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Dtype } from "../../../neural/settings.ts";
import { cosine } from "../../../src/core/vector/cosine.ts";
import { tinyModels, valueOf } from "./harness.ts";
import { longText, useNeural } from "./use-neural.ts";

// Why imitated: machines without a GPU have no other adapter, and its numbers are those of a real one.
const here = useNeural(["--enable-unsafe-webgpu"]);

// Why longer: what a GPU would compute at once is imitated step by step, on cores that others may be using.
describe("on WebGPU", { timeout: 300_000 }, () => {
  const texts = ["reset password", "How do I stop the page from jumping while images load?", longText.slice(0, 150)];

  async function embedOn(device: "wasm" | "webgpu", model: string, dtype: Dtype): Promise<number[][]> {
    const description = await here.start(model, { device, dtype });
    expect(description, JSON.stringify(description.fallbacks)).toMatchObject({ device, dtype, fallbacks: [] });
    const { vectors } = valueOf(await here.driver.embed(texts, "document"));
    return vectors;
  }

  test.each([
    ["tiny-bert-mean", "fp32"],
    ["tiny-bert-mean", "q8"],
  ] as const)("%s in %s gives the vectors of WASM, by which it was tested before it was used", async (model, dtype) => {
    const workers: string[] = [];
    here.driver.page.on("worker", (worker) => workers.push(worker.url()));
    const [found, expected] = [await embedOn("webgpu", model, dtype), await embedOn("wasm", model, dtype)];
    for (const at of texts.keys()) expect(cosine(found[at]!, expected[at]!)).toBeGreaterThan(0.999);
    expect(workers, "workers: WebGPU, WASM to compare with, WASM").toHaveLength(3);
    expect(await here.driver.page.evaluate(() => Object.entries(localStorage))).toEqual([
      [expect.stringMatching(/^inkling-search\/device\/tiny-bert-mean@.* equals wasm$/), "true"],
    ]);
  });

  test("a card without 16-bit numbers takes the next dtype, and the reason is told", async () => {
    const withoutF16 = `const { requestAdapter } = GPU.prototype;
      GPU.prototype.requestAdapter = async function (...options) {
        const adapter = await requestAdapter.apply(this, options);
        const features = new Set([...(adapter?.features ?? [])].filter((feature) => feature !== "shader-f16"));
        return adapter && Object.defineProperty(adapter, "features", { value: features });
      };`;
    const serve = (path: RegExp, text: string): (() => void) =>
      here.server.alter(path, { status: 200, headers: { "content-type": "text/javascript" }, body: () => text });
    const restores = [
      serve(/^\/without-f16\.js$/, withoutF16),
      serve(/^\/worker-without-f16\.js$/, 'import "/without-f16.js"; import "/dist/neural-worker.js";'),
    ];
    const float = await readFile(join(tinyModels, "tiny-bert-mean/onnx/model.onnx"));
    here.hub.spoil(/model_fp16\.onnx$/, { body: () => float });
    const model = { id: "tiny-bert-mean", dtypes: ["fp16", "fp32"] } as const;
    const options = { device: "webgpu", workerUrl: "/worker-without-f16.js" } as const;
    const { device, dtype, fallbacks } = await here.start(model, options);
    for (const restore of restores) restore();
    expect([device, dtype]).toEqual(["webgpu", "fp32"]);
    expect(fallbacks).toMatchObject([{ code: "model/session", details: { device: "webgpu", dtype: "fp16" } }]);
    expect(fallbacks[0]!.message).toContain("fp16");
  });

  test("documents go there once it was measured to be faster, queries do not", async () => {
    await here.driver.page.close();
    await here.context.addInitScript(() => {
      const { gpu } = navigator as unknown as { gpu: { requestAdapter(): Promise<object> } };
      gpu.requestAdapter = async () => ({ info: { vendor: "test", architecture: "fast" } });
    });
    await here.visit();
    const workers: string[] = [];
    here.driver.page.on("worker", (worker) => workers.push(worker.url()));
    const { id, revision } = await here.start("tiny-bert-mean");
    await here.driver.page.evaluate(
      (key) => localStorage.setItem(key, '{"wasm":1,"webgpu":100}'),
      `inkling-search/device/${id}@${revision} test/fast`,
    );
    const documents = Array.from({ length: 16 }, (_, at) => `password ${at}`);
    const onWasm = valueOf(await here.driver.embed(documents, "document"));
    await expect.poll(async () => valueOf(await here.driver.describe()).device, { timeout: 200_000 }).toBe("webgpu");
    expect(workers).toHaveLength(2);
    const onGpu = valueOf(await here.driver.embed(documents, "document"));
    for (const at of documents.keys()) expect(cosine(onGpu.vectors[at]!, onWasm.vectors[at]!)).toBeGreaterThan(0.99);
    expect(await here.worstCosine("tiny-bert-mean")).toBeGreaterThan(0.99);
    expect(valueOf(await here.driver.describe()).fallbacks).toEqual([]);
  });

  test("a slower one is measured once, and the measurement is remembered", async () => {
    await here.driver.page.close();
    await here.context.addInitScript(() => {
      const { gpu } = navigator as unknown as { gpu: { requestAdapter(): Promise<object> } };
      gpu.requestAdapter = async () => ({ info: { vendor: "test", architecture: "slow" } });
    });
    await here.visit();
    const { id, revision } = await here.start("tiny-bert-mean");
    valueOf(
      await here.driver.embed(
        Array.from({ length: 16 }, (_, at) => `password ${at}`),
        "document",
      ),
    );
    const readFallbacks = async (): Promise<string[]> =>
      valueOf(await here.driver.describe()).fallbacks.map(({ message }) => message);
    await expect
      .poll(readFallbacks, { timeout: 200_000 })
      .toEqual([expect.stringMatching(/texts a second, the processor/)]);
    const key = `inkling-search/device/${id}@${revision} test/slow`;
    const kept = await here.driver.page.evaluate(
      (each) => JSON.parse(localStorage.getItem(each)!) as { wasm: number; webgpu: number },
      key,
    );
    expect(kept.wasm).toBeGreaterThan(kept.webgpu);
  });

  test("a device that is lost in the middle of a batch costs no text", async () => {
    await here.start("tiny-bert-mean", { device: "webgpu", dtype: "fp32" });
    const session = await here.browser.newBrowserCDPSession();
    const documents = Array.from({ length: 60 }, (_, at) => `password ${at} ${longText.slice(0, 60)}`);
    const [embedded] = await Promise.all([
      here.driver.embed(documents, "document"),
      session.send("Browser.crashGpuProcess" as Parameters<typeof session.send>[0]),
    ]);
    const { vectors } = valueOf(embedded);
    expect(vectors).toHaveLength(documents.length);
    for (const vector of vectors) expect(Math.hypot(...vector)).toBeCloseTo(1, 3);
    const { fallbacks } = valueOf(await here.driver.describe());
    expect(fallbacks.length).toBeGreaterThan(0);
    expect(fallbacks[0]?.details).toMatchObject({ device: "webgpu" });
  });

  test("an adapter that only imitates a GPU is not chosen for documents, and the reason is told", async () => {
    await here.start("tiny-bert-mean");
    valueOf(
      await here.driver.embed(
        Array.from({ length: 20 }, () => "reset password"),
        "document",
      ),
    );
    const { device, fallbacks } = valueOf(await here.driver.describe());
    expect(device).toBe("wasm");
    expect(fallbacks.map(({ code, message }) => [code, /only imitates/.test(message)])).toEqual([
      ["model/device", true],
    ]);
  });
});
