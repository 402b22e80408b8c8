import { expose } from "comlink";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ModelHost, type ModelHostOptions } from "../../../neural/model-host.ts";
import type { Device, NeuralWorkerApi, OpenedModel, OpenModelOptions } from "../../../neural/protocol.ts";
import { ModelError } from "../../../src/errors.ts";
import { installErrorTransfer } from "../../../src/protocol.ts";

installErrorTransfer();

/** What the workers of a test do; real memory runs out in `tests/browser/neural/memory.test.ts`, and no device computes wrongly on demand. */
interface Plan {
  /** Vector of every text, by device. */
  readonly vectors?: Partial<Record<Device, readonly number[]>>;
  /** Called before a worker opens its model, with the number of workers opened before. */
  readonly open?: (options: OpenModelOptions, before: number) => void;
  readonly embed?: (options: OpenModelOptions) => void;
}

const opened: OpenModelOptions[] = [];
const hosts: ModelHost[] = [];

/** The other side of a real port, in place of a worker's script. */
function startWorker(plan: Plan): Worker {
  const { port1, port2 } = new MessageChannel();
  let own: OpenModelOptions;
  const vectorOf = (device: Device): readonly number[] => plan.vectors?.[device] ?? [1, 0];
  const api: NeuralWorkerApi = {
    async open({ ...options }): Promise<OpenedModel> {
      own = options;
      plan.open?.(options, opened.length);
      opened.push(options);
      const dtype = options.dtype ?? "q8";
      const golden = [{ text: "a", vector: vectorOf(options.device) }];
      return {
        id: "m",
        revision: `r-${dtype}`,
        dim: 2,
        denseWeight: 0.5,
        dtype,
        bytes: 1,
        isContextual: false,
        fallbacks: [],
        golden: options.golden ?? golden,
        isCompared: options.golden !== null,
        url: "https://host/onnx/model.onnx",
      };
    },
    async embed(texts) {
      plan.embed?.(own);
      const vectors = Float32Array.from(texts.flatMap(() => [...vectorOf(own.device)]));
      return { vectors, coverage: new Float32Array(texts.length).fill(1), truncated: new Uint8Array(texts.length) };
    },
    measure: async () => 1,
    heapBytes: async () => 0,
  };
  expose(api, port1);
  return Object.assign(port2, { terminate: () => (port1.close(), port2.close()) }) as unknown as Worker;
}

function createHost(plan: Plan, options: Partial<ModelHostOptions> = {}): ModelHost {
  const host = new ModelHost(
    {
      id: "m",
      location: { folder: "https://host/" },
      overrides: {},
      runtime: { moduleUrl: null, wasmFolder: null },
      device: "wasm",
      dtype: null,
      dim: null,
      threads: null,
      cacheName: null,
      maxHeapBytes: 1e9,
      startWorker: () => startWorker(plan),
      ...options,
    },
    () => {},
  );
  hosts.push(host);
  return host;
}

beforeEach(() => {
  opened.length = 0;
  const stored = new Map<string, string>();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => stored.set(key, value),
  });
  vi.stubGlobal("navigator", { gpu: { requestAdapter: async () => ({ info: { vendor: "v", architecture: "a" } }) } });
});

afterEach(() => {
  for (const host of hosts.splice(0)) host.stop(new Error("The test has ended."));
  vi.unstubAllGlobals();
});

const devices = (): Device[] => opened.map(({ device }) => device);

describe("a model on a GPU of which no vectors are known", () => {
  test("is compared with what WASM makes of it, once for each device and model", async () => {
    expect(await createHost({}, { device: "webgpu" }).describe()).toMatchObject({ device: "webgpu", fallbacks: [] });
    expect(devices()).toEqual(["webgpu", "wasm"]);
    opened.length = 0;
    expect(await createHost({}, { device: "webgpu" }).describe()).toMatchObject({ device: "webgpu" });
    expect(devices()).toEqual(["webgpu"]);
    opened.length = 0;
    await createHost({}, { device: "webgpu", dtype: "fp32" }).describe();
    expect(devices()).toEqual(["webgpu", "wasm"]);
  });

  test("is not used there where the vectors differ, and the reason is told", async () => {
    const vectors = { webgpu: [0, 1], wasm: [1, 0] };
    const host = createHost({ vectors }, { device: "webgpu", dtype: "fp32" });
    const { device, fallbacks } = await host.describe();
    expect(device).toBe("wasm");
    expect(fallbacks).toMatchObject([
      { code: "model/self-test", details: { device: "webgpu", dtype: "fp32", url: "https://host/onnx/model.onnx" } },
    ]);
    expect([...(await host.embed(["a"], "query")).vectors]).toEqual([1, 0]);
  });

  test("is used where WASM cannot run it, and that is told", async () => {
    const open: Plan["open"] = ({ device }) => {
      if (device === "wasm") throw new ModelError("model/session", "No such operator.", { device, dtype: "q4f16" });
    };
    const { device, fallbacks } = await createHost({ open }, { device: "webgpu", dtype: "q4f16" }).describe();
    expect([device, fallbacks.map(({ code }) => code)]).toEqual(["webgpu", ["model/session"]]);
  });
});

describe("a worker that runs out of memory", () => {
  const outOfMemory = (): ModelError => new ModelError("model/session", "std::bad_alloc", { device: "wasm" });

  test("is started anew with smaller batches, and what it was asked is answered", async () => {
    const embed: Plan["embed"] = ({ batchTokens }) => {
      if (batchTokens > 512) throw outOfMemory();
    };
    const host = createHost({ embed });
    const answers = await Promise.all([host.embed(["a", "b"], "document"), host.embed(["c"], "query")]);
    expect(answers.map(({ vectors }) => vectors.length)).toEqual([4, 2]);
    expect(opened.map(({ batchTokens }) => batchTokens)).toEqual([2048, 512]);
    expect((await host.describe()).fallbacks).toMatchObject([{ code: "model/session", message: "std::bad_alloc" }]);
  });

  test("again and again is given up, and no call waits for ever", async () => {
    const host = createHost({
      embed: () => {
        throw outOfMemory();
      },
    });
    for (let call = 0; call < 5; call++)
      await expect(host.embed(["a"], "document")).rejects.toMatchObject({ code: "model/session" });
    expect(opened).toHaveLength(4);
  });
});
