import { afterAll, describe, expect, test } from "vitest";
import type { OpenModelOptions } from "../../../neural/protocol.ts";
import { isolationHeaders, type TestServer } from "../harness/server.ts";
import { startNeuralServer, valueOf } from "./harness.ts";
import { longText, useNeural } from "./use-neural.ts";

const here = useNeural();

describe("without WebGPU", () => {
  test("what is asked for it runs on WASM, and the reason is told", async () => {
    const description = await here.start("tiny-bert-mean", { device: "webgpu" });
    expect(description.device).toBe("wasm");
    expect(description.fallbacks.map(({ code, details }) => [code, details["device"]])).toEqual([
      ["model/device", "webgpu"],
    ]);
    expect(await here.worstCosine("tiny-bert-mean")).toBeGreaterThan(0.99);
  });

  test("many documents are embedded on WASM, and the reason is told once", async () => {
    await here.start("tiny-bert-mean");
    for (let call = 0; call < 3; call++) {
      valueOf(
        await here.driver.embed(
          Array.from({ length: 20 }, (_, at) => `password ${at}`),
          "document",
        ),
      );
    }
    const { device, fallbacks } = valueOf(await here.driver.describe());
    expect(device).toBe("wasm");
    expect(fallbacks.map(({ code }) => code)).toEqual(["model/device"]);
  });
});

describe("the worker", () => {
  test("is started anew after bulk work when its heap has grown, and answers go on", async () => {
    const workers: string[] = [];
    here.driver.page.on("worker", (worker) => workers.push(worker.url()));
    await here.start("tiny-bert-mean", { device: "wasm", maxHeapBytes: 1 });
    expect(workers).toHaveLength(1);
    valueOf(await here.driver.embed(["reset password", "another"], "document"));
    await expect.poll(() => workers.length, { timeout: 50_000 }).toBe(2);
    expect(await here.worstCosine("tiny-bert-mean")).toBeGreaterThan(0.99);
    expect(valueOf(await here.driver.describe()).fallbacks).toEqual([]);
  });

  test("embeds 10,000 passages in the memory that the first of them need", async () => {
    const options: OpenModelOptions = {
      id: "tiny-bert-mean",
      location: { folder: `${here.server.origin}/models/tiny-bert-mean/` },
      overrides: {},
      device: "wasm",
      dtype: "fp32",
      without: [],
      dim: null,
      runtime: {
        moduleUrl: `${here.server.origin}/runtime/transformers.min.js`,
        wasmFolder: `${here.server.origin}/ort/`,
      },
      threads: 1,
      cacheName: null,
      golden: null,
      batchTokens: 2048,
    };
    const [first, last] = await here.driver.page.evaluate((each) => window.neuralPage!.heap(each, 1000, 9000), options);
    expect(first).toBeGreaterThan(1_000_000);
    expect(last).toBe(first);
  });

  test("that is lost is started anew, and what it was asked is answered", async () => {
    await here.driver.page.close();
    await here.context.addInitScript(() => {
      const workers: Worker[] = [];
      Object.assign(window, { startedWorkers: workers });
      window.Worker = class extends Worker {
        constructor(...args: ConstructorParameters<typeof Worker>) {
          super(...args);
          workers.push(this);
        }
      };
    });
    await here.visit();
    await here.start("tiny-bert-mean", { device: "wasm" });
    const embedding = here.driver.embed(
      Array.from({ length: 200 }, (_, at) => `password ${at} ${longText.slice(0, 200)}`),
      "document",
    );
    await here.driver.page.evaluate(() => {
      const { startedWorkers } = window as unknown as { startedWorkers: Worker[] };
      startedWorkers[0]!.dispatchEvent(new ErrorEvent("error", { message: "out of memory" }));
    });
    const { vectors } = valueOf(await embedding);
    expect(vectors).toHaveLength(200);
    const { fallbacks } = valueOf(await here.driver.describe());
    expect(fallbacks.map(({ code, message }) => [code, message.includes("out of memory")])).toEqual([
      ["model/device", true],
    ]);
  });
});

describe("a page", () => {
  const others: TestServer[] = [];

  afterAll(() => Promise.all(others.map((each) => each.close())));

  async function openOn(options: Parameters<typeof startNeuralServer>[0]): Promise<TestServer> {
    const other = await startNeuralServer(options);
    others.push(other);
    await here.visit(other.origin);
    return other;
  }

  test("with a strict content security policy embeds", async () => {
    const policy = `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ${here.hub.origin}; img-src data:`;
    await openOn({ headers: { "content-security-policy": policy } });
    await here.start("tiny-bert-mean");
    expect(await here.worstCosine("tiny-bert-mean")).toBeGreaterThan(0.99);
  });

  test("without leave to use WASM gets an error, and no silence", async () => {
    const policy = `default-src 'none'; script-src 'self'; connect-src 'self' ${here.hub.origin}; img-src data:`;
    await openOn({ headers: { "content-security-policy": policy } });
    const { code, message } = await here.refusal("tiny-bert-mean", { dtype: "q8" });
    expect(code).toBe("model/session");
    expect(message).toMatch(/WebAssembly|wasm/i);
  });

  test("that is isolated embeds with threads", async () => {
    await openOn({ headers: isolationHeaders });
    expect(await here.driver.page.evaluate(() => crossOriginIsolated)).toBe(true);
    const workers: string[] = [];
    here.driver.page.on("worker", (worker) => workers.push(worker.url()));
    await here.start("tiny-bert-mean", { dtype: "fp32", threads: 2 });
    expect(await here.worstCosine("tiny-bert-mean")).toBeGreaterThan(0.9999);
    expect(workers.length).toBeGreaterThan(1);
  });

  test("may load library, runtime and model from other origins", async () => {
    const foreign = await startNeuralServer({ cors: true });
    others.push(foreign);
    await here.context.route(`${here.server.origin}/dist/*`, (route) => route.abort());
    await here.driver.page.evaluate((url) => Object.assign(window, { libraryUrl: url }), `${foreign.origin}/dist/`);
    const options = { runtimeUrl: `${foreign.origin}/runtime/`, wasmUrl: `${foreign.origin}/ort/` };
    await here.start("tiny-bert-mean", options);
    expect(await here.worstCosine("tiny-bert-mean")).toBeGreaterThan(0.99);
  });
});
