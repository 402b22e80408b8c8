import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, BrowserContext } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { ModelSpec } from "../../neural/index.ts";
import type { OpenModelOptions } from "../../neural/protocol.ts";
import { cosine } from "../../src/core/vector/cosine.ts";
import { root } from "../../scripts/lib/paths.mjs";
import type { Dtype } from "../../neural/settings.ts";
import { launchBrowser } from "./harness/browser.ts";
import { isolationHeaders, type TestServer } from "./harness/server.ts";
import {
  buildNeuralPage,
  type NeuralDriver,
  openNeuralPage,
  selfHosted,
  startNeuralServer,
  tinyModels,
  valueOf,
} from "./neural/harness.ts";
import { changeTensor } from "../onnx-tensor.ts";
import { type Hub, listFolders, startHub } from "./neural/hub.ts";

// Why longer than other tests: each starts a runtime of 14 MB, some of them several times.
vi.setConfig({ testTimeout: 180_000 });

let browser: Browser;
let server: TestServer;
let hub: Hub;
let context: BrowserContext;
let driver: NeuralDriver;

beforeAll(async () => {
  [browser, hub] = await Promise.all([launchBrowser(), startHub(await listFolders(tinyModels)), buildNeuralPage()]);
  server = await startNeuralServer();
});

afterAll(async () => {
  await browser?.close();
  await Promise.all([server?.close(), hub?.close()]);
});

beforeEach(async () => {
  context = await browser.newContext();
  driver = await openNeuralPage(context, server.origin);
});

afterEach(async () => {
  hub.reset();
  await context.close();
});

interface Golden {
  readonly dim: number;
  readonly entries: readonly { kind: "query" | "document"; text: string; title?: string; vector: number[] }[];
}

async function readGolden(model: string): Promise<Golden> {
  return JSON.parse(await readFile(join(tinyModels, model, "golden.json"), "utf8")) as Golden;
}

/** What registry or files of the models that these stand for would say, and theirs do not. */
const overrides: Readonly<Record<string, Partial<ModelSpec>>> = {};

const remote = (): { remoteHost: string; runtimeUrl: string; wasmUrl: string } => ({
  ...selfHosted,
  remoteHost: hub.origin,
});

/** Every known vector, each text by itself. @returns the smallest cosine */
async function worstCosine(model: string): Promise<number> {
  const { entries } = await readGolden(model);
  let worst = 1;
  for (const { kind, text, title, vector } of entries) {
    const { vectors } = valueOf(await driver.embed([text], kind, title === undefined ? undefined : [title]));
    worst = Math.min(worst, cosine(vectors[0]!, vector));
  }
  return worst;
}

function errorOf(outcome: { error?: { code: string; message: string; details: Record<string, unknown> } }): {
  code: string;
  message: string;
  details: Record<string, unknown>;
} {
  expect(outcome.error, "an error").toBeDefined();
  return outcome.error!;
}

const long = "The browser keeps the place of an image free when it knows its size. ".repeat(60);

/** A file of the same size with another last byte. */
function changeLastByte(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
  return changed;
}

/** An operator's name by one that nobody knows, of the same length. */
function renameOperator(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  const name = ["MatMul", "Gemm", "Softmax"].find((each) => changed.includes(each))!;
  changed.write("Qqqqqqq".slice(0, name.length), changed.indexOf(name));
  return changed;
}

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

describe("a model from a host", () => {
  test("gives the vectors it was made with, in 32 bits", async () => {
    const { dim } = await readGolden("tiny-bert-mean");
    const description = valueOf(
      await driver.start({ model: "tiny-bert-mean", options: { ...remote(), dtype: "fp32" } }),
    );
    expect(description).toMatchObject({ id: "tiny-bert-mean", dim, device: "wasm", dtype: "fp32", fallbacks: [] });
    expect(description.bytes).toBeGreaterThan(14_000_000);
    expect(await worstCosine("tiny-bert-mean")).toBeGreaterThan(0.9999);
  });

  test("takes the smaller weights where nothing else is asked for", async () => {
    const description = valueOf(await driver.start({ model: "tiny-bert-mean", options: remote() }));
    expect(description.dtype).toBe("q8");
    expect(await worstCosine("tiny-bert-mean")).toBeGreaterThan(0.99);
    expect(hub.requests.map(({ path }) => path)).not.toContain("/tiny-bert-mean/resolve/main/onnx/model.onnx");
  });

  test("tells of its bytes as they come", async () => {
    valueOf(await driver.start({ model: "tiny-bert-mean", options: remote() }));
    const { calls, done, total } = await driver.page.evaluate(() => window.neuralPage!.progress());
    expect(calls).toBeGreaterThan(3);
    expect(done).toBe(total);
    expect(done).toBe(valueOf(await driver.describe()).bytes);
  });

  test("asks no other host for anything, and for no runtime that could use a GPU", async () => {
    const asked: string[] = [];
    context.on("request", (request) => asked.push(request.url()));
    valueOf(await driver.start({ model: "tiny-bert-mean", options: remote() }));
    const own = [server.origin, hub.origin, "blob:", "data:"];
    expect(asked.filter((url) => !own.some((prefix) => url.startsWith(prefix)))).toEqual([]);
    const runtime = asked.filter((url) => url.includes("/ort/")).map((url) => url.split("/").at(-1));
    expect(new Set(runtime)).toEqual(new Set(["ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"]));
  });

  test("is read from the browser's storage on the next visit, and needs no network then", async () => {
    const before = valueOf(await driver.start({ model: "tiny-bert-mean", options: remote() }));
    hub.reset();
    hub.spoil(/./, { status: 503 });
    driver = await openNeuralPage(context, server.origin);
    const after = valueOf(await driver.start({ model: "tiny-bert-mean", options: remote() }));
    expect(after).toEqual(before);
    const asked = new Set(hub.requests.map(({ path }) => path.split("/").at(-1)));
    expect(asked).toEqual(new Set(["inkling.json", "config.json"]));
  });

  test("is read anew when its settings changed", async () => {
    valueOf(await driver.start({ model: "tiny-bert-mean", options: remote() }));
    hub.reset();
    hub.spoil(/\/config\.json$/, { body: (bytes) => Buffer.concat([bytes, Buffer.from("\n")]) });
    driver = await openNeuralPage(context, server.origin);
    valueOf(await driver.start({ model: "tiny-bert-mean", options: remote() }));
    expect(hub.requests.map(({ path }) => path)).toContain("/tiny-bert-mean/resolve/main/onnx/model_quantized.onnx");
  });

  test("may lie in any folder", async () => {
    const description = valueOf(await driver.start({ model: "/models/tiny-bert-cls", options: selfHosted }));
    expect(description.id).toBe("tiny-bert-cls");
    expect(await worstCosine("tiny-bert-cls")).toBeGreaterThan(0.99);
  });

  test("starts again after it was stopped", async () => {
    valueOf(await driver.start({ model: "tiny-bert-mean", options: remote() }));
    await driver.stop();
    valueOf(await driver.start({ model: "tiny-bert-mean", options: remote() }));
    expect(await worstCosine("tiny-bert-mean")).toBeGreaterThan(0.99);
  });

  test("ends with the signal's reason when its start is cancelled", async () => {
    hub.spoil(/tokenizer\.json$/, { breakAfter: 10 });
    const { message } = errorOf(await driver.start({ model: "tiny-bert-mean", options: remote(), abortAfterMs: 1 }));
    expect(message).toMatch(/aborted/);
  });
});

describe("the kinds of model", async () => {
  const names = Object.keys(await listFolders(tinyModels));
  test.each(names)("%s", async (name) => {
    const { dim } = await readGolden(name);
    const extra = overrides[name] ?? {};
    const description = valueOf(
      await driver.start({ model: { id: name, url: `/models/${name}/`, ...extra }, options: selfHosted }),
    );
    expect(description).toMatchObject({ id: name, dim });
    expect(await worstCosine(name)).toBeGreaterThan(description.dtype === "fp32" ? 0.9999 : 0.99);
  });
});

describe("texts", () => {
  const model = { model: "tiny-bert-mean", options: {} };
  const start = async (): Promise<void> =>
    void valueOf(await driver.start({ ...model, options: { ...remote(), dtype: "fp32" } }));

  test("get the same vectors alone and together, in any order", async () => {
    await start();
    const texts = ["reset password", long.slice(0, 200), "a", "images that jump", "one two three four five six"];
    const together = valueOf(await driver.embed(texts, "document")).vectors;
    for (const [at, text] of texts.entries()) {
      const [alone] = valueOf(await driver.embed([text], "document")).vectors;
      expect(cosine(together[at]!, alone!), text).toBeGreaterThan(0.9999);
    }
  });

  test("that are longer than the model's limit are read in windows; what is left out is told", async () => {
    await start();
    const two = `${long.slice(0, 150)} password`;
    const endless = long.repeat(50);
    const { vectors, truncated } = valueOf(await driver.embed([two, endless, "short"], "document"));
    expect(truncated).toEqual([0, 1, 0]);
    expect(cosine(vectors[0]!, vectors[0]!)).toBeCloseTo(1);
    const [start150] = valueOf(await driver.embed([long.slice(0, 60)], "document")).vectors;
    expect(cosine(vectors[0]!, start150!), "the end counts").toBeLessThan(0.9999);
    for (const vector of vectors) expect(Math.hypot(...vector)).toBeCloseTo(1, 4);
  });

  test("of which the model knows nothing get a zero vector", async () => {
    await start();
    const { vectors, coverage } = valueOf(await driver.embed(["", "🔍🔍", "password"], "document"));
    expect(vectors.map((vector) => Math.hypot(...vector)).map(Math.round)).toEqual([0, 0, 1]);
    expect(coverage.map((each) => each > 0)).toEqual([false, false, true]);
  });

  test("may be none at all", async () => {
    await start();
    expect(valueOf(await driver.embed([], "document"))).toEqual({ vectors: [], coverage: [], truncated: [] });
  });

  test("of one document are read in the light of each other where that is asked for", async () => {
    const model = { id: "late", url: "/models/tiny-bert-mean/", lateChunking: true };
    const options = { ...selfHosted, dtype: "fp32" } as const;
    const description = valueOf(await driver.start({ model, options }));
    expect(description.isContextual).toBe(true);
    const texts = ["reset password", "the page jumps"];
    const embed = async (documents?: number[]): Promise<number[][]> =>
      valueOf(await driver.embed(texts, "document", undefined, documents)).vectors;
    const [together, apart, unknown] = [await embed([0, 0]), await embed([0, 1]), await embed()];
    for (const at of texts.keys()) {
      expect(Math.hypot(...together[at]!)).toBeCloseTo(1, 4);
      expect(cosine(together[at]!, apart[at]!)).toBeLessThan(0.99999);
    }
    const plain = valueOf(await driver.start({ model: "/models/tiny-bert-mean/", options }));
    expect([plain.isContextual, plain.revision === description.revision]).toEqual([false, false]);
    for (const [at, vector] of (await embed([0, 0])).entries())
      expect(cosine(vector, unknown[at]!)).toBeGreaterThan(0.99999);
  });

  test("of queries overtake documents that wait", async () => {
    await start();
    const documents = Array.from({ length: 400 }, (_, at) => `${at} ${long.slice(0, 300)}`);
    const ended = await driver.page.evaluate(
      ([some, queries]) => window.neuralPage!.race(some!, queries!),
      [documents, ["first", "second"]],
    );
    expect(ended).toEqual(["first", "second", "documents"]);
  });
});

describe("two models that fit together", () => {
  test("embed queries and documents each by its own", async () => {
    const options = { ...remote(), dtype: "fp32", documentModel: "tiny-e5-multilingual" } as const;
    const description = valueOf(await driver.start({ model: "tiny-bert-mean", options }));
    expect(description).toMatchObject({ id: "tiny-bert-mean+tiny-e5-multilingual", dim: 16, fallbacks: [] });
    expect(description.revision).toMatch(/^[0-9a-f]{16}\+[0-9a-f]{16}$/);
    for (const [kind, model] of [
      ["query", "tiny-bert-mean"],
      ["document", "tiny-e5-multilingual"],
    ] as const) {
      const { entries } = await readGolden(model);
      for (const { text, vector } of entries.filter((each) => each.kind === kind)) {
        const { vectors } = valueOf(await driver.embed([text], kind));
        expect(cosine(vectors[0]!, vector), `${kind} ${text}`).toBeGreaterThan(0.9999);
      }
    }
  });

  test("are refused where their vectors differ in length", async () => {
    const options = { ...remote(), documentModel: "tiny-dense-files" };
    const { code, details } = errorOf(await driver.start({ model: "tiny-bert-mean", options }));
    expect(code).toBe("model/output");
    expect(details).toEqual({ queryDim: 16, documentDim: 24 });
  });
});

describe("a download that breaks off", () => {
  /** Resolves when all that is asked for has been read, but for so many bytes. */
  async function untilLeft(bytes: number): Promise<void> {
    for (;;) {
      const { done, total } = await driver.page.evaluate(() => window.neuralPage!.progress());
      if (total - done === bytes) return;
      await driver.page.waitForTimeout(20);
    }
  }

  async function breakModelOnce(): Promise<void> {
    const { size } = await stat(join(tinyModels, "tiny-bert-mean/onnx/model.onnx"));
    hub.spoil(/model\.onnx$/, { breakAfter: 9_000, until: () => untilLeft(size - 9_000), times: 1 });
  }

  test("goes on from where it broke", async () => {
    await breakModelOnce();
    valueOf(await driver.start({ model: "tiny-bert-mean", options: { ...remote(), dtype: "fp32" } }));
    const onnx = hub.requests.filter(({ path }) => path.endsWith("model.onnx"));
    expect(onnx.map(({ status, range }) => [status, range])).toEqual([
      [200, undefined],
      [206, "bytes=9000-"],
    ]);
    expect(await worstCosine("tiny-bert-mean")).toBeGreaterThan(0.9999);
  });

  test("begins anew where the host knows no ranges", async () => {
    hub.spoil(/model\.onnx$/, { status: 416, times: 1 });
    await breakModelOnce();
    valueOf(await driver.start({ model: "tiny-bert-mean", options: { ...remote(), dtype: "fp32" } }));
    const onnx = hub.requests.filter(({ path }) => path.endsWith("model.onnx"));
    expect(onnx.map(({ status }) => status)).toEqual([200, 416, 200]);
    expect(await worstCosine("tiny-bert-mean")).toBeGreaterThan(0.9999);
  });

  test("goes on where the visit before left off", async () => {
    const large = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc(10_000_000, " ")]);
    const { size } = await stat(join(tinyModels, "tiny-bert-mean/tokenizer.json"));
    const until = (): Promise<void> => untilLeft(size + 1_000_000);
    hub.spoil(/tokenizer\.json$/, { status: 503 });
    hub.spoil(/tokenizer\.json$/, { body: large, breakAfter: 9_000_000, until, times: 1 });
    expect(errorOf(await driver.start({ model: "tiny-bert-mean", options: remote() })).code).toBe("model/unreachable");
    hub.reset();
    hub.spoil(/tokenizer\.json$/, { body: large });
    driver = await openNeuralPage(context, server.origin);
    valueOf(await driver.start({ model: "tiny-bert-mean", options: remote() }));
    const ranges = hub.requests.filter(({ path }) => path.endsWith("/tokenizer.json")).map(({ range }) => range);
    expect(ranges).toEqual([`bytes=${2 * 4 * 1024 * 1024}-`]);
    expect(await worstCosine("tiny-bert-mean")).toBeGreaterThan(0.99);
  });

  test("in every try is an error that says how far it came", async () => {
    hub.spoil(/model_quantized\.onnx$/, { breakAfter: 100 });
    const { code, message } = errorOf(await driver.start({ model: "tiny-bert-mean", options: remote() }));
    expect(code).toBe("model/truncated");
    expect(message).toContain("goes on from there");
  });
});

describe("a model that cannot be used is an error with code, address and remedy:", () => {
  const folder = "/tiny-modernbert-both/resolve/main";

  test("no answer", async () => {
    const options = { ...remote(), remoteHost: "http://localhost:1/" };
    const { code, details, message } = errorOf(await driver.start({ model: "tiny-bert-mean", options }));
    expect(code).toBe("model/unreachable");
    expect(details["url"]).toContain("http://localhost:1/tiny-bert-mean/");
    expect(message).toContain("connect-src");
  });

  test("no such model", async () => {
    const { code, message } = errorOf(await driver.start({ model: "no-such/model", options: remote() }));
    expect(code).toBe("model/missing");
    expect(message).toContain("no-such/model/resolve/main/config.json");
  });

  test("too many requests", async () => {
    hub.spoil(/config\.json$/, { status: 429, headers: { "retry-after": "30" } });
    const { code, details, message } = errorOf(await driver.start({ model: "tiny-bert-mean", options: remote() }));
    expect(code).toBe("model/unreachable");
    expect(details).toMatchObject({ status: 429 });
    expect(message).toContain("remoteHost");
  });

  test("a login", async () => {
    hub.spoil(/config\.json$/, { status: 401 });
    const { code, message } = errorOf(await driver.start({ model: "tiny-bert-mean", options: remote() }));
    expect(code).toBe("model/unreachable");
    expect(message).toContain("behind a login");
  });

  test("a web page in place of a file", async () => {
    hub.spoil(/tokenizer\.json$/, { body: () => Buffer.from("<!doctype html><title>Start</title>") });
    const { code, message } = errorOf(await driver.start({ model: "tiny-bert-mean", options: remote() }));
    expect(code).toBe("model/missing");
    expect(message).toContain("is a web page");
  });

  test("no ONNX file", async () => {
    hub.spoil(/\.onnx$/, { status: 404 });
    const { code, message, details } = errorOf(await driver.start({ model: "tiny-bert-mean", options: remote() }));
    expect(code).toBe("model/missing");
    expect(message).toContain("has no ONNX file");
    expect(details).toMatchObject({ device: "wasm", dtype: "q8, fp32" });
  });

  test("an operator that the runtime does not have", async () => {
    hub.spoil(/model\.onnx$/, { body: renameOperator });
    const { code, message, details } = errorOf(
      await driver.start({ model: "tiny-bert-mean", options: { ...remote(), dtype: "fp32" } }),
    );
    expect(code).toBe("model/session");
    expect(details).toMatchObject({ device: "wasm", dtype: "fp32" });
    expect(message).toContain("operator");
  });

  test("an ONNX file that is none", async () => {
    hub.spoil(/model\.onnx$/, { body: (bytes) => Buffer.from(bytes.map((byte) => byte ^ 0x55)) });
    const { code } = errorOf(await driver.start({ model: "tiny-bert-mean", options: { ...remote(), dtype: "fp32" } }));
    expect(code).toBe("model/session");
  });

  test("numbers that are none", async () => {
    const count = await tableSize();
    hub.spoil(/model\.onnx$/, { body: (bytes) => changeTensor(bytes, count, () => Number.NaN) });
    const { code, message } = errorOf(
      await driver.start({ model: "tiny-bert-mean", options: { ...remote(), dtype: "fp32" } }),
    );
    expect(code).toBe("model/output");
    expect(message).toContain("NaN");
  });

  test("vectors of another length", async () => {
    const model = { id: "tiny-bert-mean", dim: 384 };
    const { code, details } = errorOf(await driver.start({ model, options: { ...remote(), dtype: "fp32" } }));
    expect(code).toBe("model/output");
    expect(details).toMatchObject({ dim: 384 });
  });

  test("the tokenizer of another model", async () => {
    hub.spoil(/tokenizer\.json$/, { body: moveVocabulary });
    const { code, message } = errorOf(
      await driver.start({ model: "tiny-bert-mean", options: { ...remote(), dtype: "fp32" } }),
    );
    expect(code).toBe("model/format");
    expect(message).toContain("do not belong together");
  });

  test("a file that is not the one described", async () => {
    hub.spoil(/model_quantized\.onnx$/, { body: changeLastByte });
    const { code, details } = errorOf(await driver.start({ model: "tiny-modernbert-both", options: remote() }));
    expect(code).toBe("model/checksum");
    expect(details["url"]).toBe(`${hub.origin}${folder}/onnx/model_quantized.onnx`);
  });

  test("vectors that are not those described", async () => {
    hub.spoil(/inkling\.json$/, { body: turnGolden });
    const { code, details } = errorOf(await driver.start({ model: "tiny-modernbert-both", options: remote() }));
    expect(code).toBe("model/self-test");
    expect(Number(details["cosine"])).toBeLessThan(0.99);
  });

  test("a description that is none", async () => {
    hub.spoil(/inkling\.json$/, { body: () => Buffer.from('{"format": 2}') });
    const { code, message } = errorOf(await driver.start({ model: "tiny-modernbert-both", options: remote() }));
    expect(code).toBe("model/format");
    expect(message).toContain("format = 2");
  });

  test("a runtime that is not there", async () => {
    const options = { ...remote(), runtimeUrl: "/nowhere/" };
    const { code, message } = errorOf(await driver.start({ model: "tiny-bert-mean", options }));
    expect(code).toBe("model/runtime");
    expect(message).toContain("npm install @huggingface/transformers");
  });

  test("ONNX Runtime's files of another version", async () => {
    const restore = server.alter(/\/ort\/.*\.wasm$/, { body: changeLastByte });
    const { code } = errorOf(await driver.start({ model: "tiny-bert-mean", options: remote() }));
    restore();
    expect(code).toBe("model/checksum");
  });

  test("a worker's script that is not there", async () => {
    const options = { ...remote(), workerUrl: "/nowhere.js" };
    const { code, message } = errorOf(await driver.start({ model: "tiny-bert-mean", options }));
    expect(code).toBe("model/device");
    expect(message).toContain("neural-worker.js");
  });

  test("an option that is none", async () => {
    const outcome = await driver.start({ model: "tiny-bert-mean", options: { ...remote(), dim: -1 } });
    expect(outcome.error).toMatchObject({ name: "InvalidArgumentError", code: "argument/option", isOurs: true });
  });

  test("a dim that the model was not trained for", async () => {
    const { code } = errorOf(await driver.start({ model: "tiny-modernbert-both", options: { ...remote(), dim: 3 } }));
    expect(code).toBe("argument/option");
  });
});

describe("another dtype is taken", () => {
  test("where the first one cannot be started, and the reason is told", async () => {
    hub.spoil(/model_quantized\.onnx$/, { body: renameOperator });
    const description = valueOf(await driver.start({ model: "tiny-bert-mean", options: remote() }));
    expect(description.dtype).toBe("fp32");
    expect(description.fallbacks.map(({ code, details }) => [code, details["dtype"]])).toEqual([
      ["model/session", "q8"],
    ]);
    expect(await worstCosine("tiny-bert-mean")).toBeGreaterThan(0.9999);
  });

  test("not where one is asked for", async () => {
    hub.spoil(/model_quantized\.onnx$/, { body: renameOperator });
    const { code } = errorOf(await driver.start({ model: "tiny-bert-mean", options: { ...remote(), dtype: "q8" } }));
    expect(code).toBe("model/session");
  });
});

// Why longer: what a GPU would compute at once is imitated step by step, on cores that others may be using.
describe("on WebGPU", { timeout: 300_000 }, () => {
  // Why imitated: machines without a GPU have no other adapter, and its numbers are those of a real one.
  let imitating: Browser;

  beforeAll(async () => {
    imitating = await launchBrowser(["--enable-unsafe-webgpu"]);
  });

  afterAll(() => imitating?.close());

  beforeEach(async () => {
    await context.close();
    context = await imitating.newContext();
    driver = await openNeuralPage(context, server.origin);
  });

  const texts = ["reset password", "How do I stop the page from jumping while images load?", long.slice(0, 150)];

  async function embedOn(device: "wasm" | "webgpu", model: string, dtype: Dtype): Promise<number[][]> {
    const description = valueOf(await driver.start({ model, options: { ...remote(), device, dtype } }));
    expect(description, JSON.stringify(description.fallbacks)).toMatchObject({ device, dtype, fallbacks: [] });
    const { vectors } = valueOf(await driver.embed(texts, "document"));
    return vectors;
  }

  test.each([
    ["tiny-bert-mean", "fp32"],
    ["tiny-bert-mean", "q8"],
  ] as const)("%s in %s gives the vectors of WASM, by which it was tested before it was used", async (model, dtype) => {
    const workers: string[] = [];
    driver.page.on("worker", (worker) => workers.push(worker.url()));
    const [found, expected] = [await embedOn("webgpu", model, dtype), await embedOn("wasm", model, dtype)];
    for (const at of texts.keys()) expect(cosine(found[at]!, expected[at]!)).toBeGreaterThan(0.999);
    expect(workers, "workers: WebGPU, WASM to compare with, WASM").toHaveLength(3);
    expect(await driver.page.evaluate(() => Object.entries(localStorage))).toEqual([
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
      server.alter(path, { status: 200, headers: { "content-type": "text/javascript" }, body: () => text });
    const restores = [
      serve(/^\/without-f16\.js$/, withoutF16),
      serve(/^\/worker-without-f16\.js$/, 'import "/without-f16.js"; import "/dist/neural-worker.js";'),
    ];
    const float = await readFile(join(tinyModels, "tiny-bert-mean/onnx/model.onnx"));
    hub.spoil(/model_fp16\.onnx$/, { body: () => float });
    const model = { id: "tiny-bert-mean", dtypes: ["fp16", "fp32"] } as const;
    const options = { ...remote(), device: "webgpu", workerUrl: "/worker-without-f16.js" } as const;
    const { device, dtype, fallbacks } = valueOf(await driver.start({ model, options }));
    for (const restore of restores) restore();
    expect([device, dtype]).toEqual(["webgpu", "fp32"]);
    expect(fallbacks).toMatchObject([{ code: "model/session", details: { device: "webgpu", dtype: "fp16" } }]);
    expect(fallbacks[0]!.message).toContain("fp16");
  });

  test("documents go there once it was measured to be faster, queries do not", async () => {
    await driver.page.close();
    await context.addInitScript(() => {
      const { gpu } = navigator as unknown as { gpu: { requestAdapter(): Promise<object> } };
      gpu.requestAdapter = async () => ({ info: { vendor: "test", architecture: "fast" } });
    });
    driver = await openNeuralPage(context, server.origin);
    const workers: string[] = [];
    driver.page.on("worker", (worker) => workers.push(worker.url()));
    const { id, revision } = valueOf(await driver.start({ model: "tiny-bert-mean", options: remote() }));
    await driver.page.evaluate(
      (key) => localStorage.setItem(key, '{"wasm":1,"webgpu":100}'),
      `inkling-search/device/${id}@${revision} test/fast`,
    );
    const documents = Array.from({ length: 16 }, (_, at) => `password ${at}`);
    const onWasm = valueOf(await driver.embed(documents, "document"));
    await expect.poll(async () => valueOf(await driver.describe()).device, { timeout: 200_000 }).toBe("webgpu");
    expect(workers).toHaveLength(2);
    const onGpu = valueOf(await driver.embed(documents, "document"));
    for (const at of documents.keys()) expect(cosine(onGpu.vectors[at]!, onWasm.vectors[at]!)).toBeGreaterThan(0.99);
    expect(await worstCosine("tiny-bert-mean")).toBeGreaterThan(0.99);
    expect(valueOf(await driver.describe()).fallbacks).toEqual([]);
  });

  test("a slower one is measured once, and the measurement is remembered", async () => {
    await driver.page.close();
    await context.addInitScript(() => {
      const { gpu } = navigator as unknown as { gpu: { requestAdapter(): Promise<object> } };
      gpu.requestAdapter = async () => ({ info: { vendor: "test", architecture: "slow" } });
    });
    driver = await openNeuralPage(context, server.origin);
    const { id, revision } = valueOf(await driver.start({ model: "tiny-bert-mean", options: remote() }));
    valueOf(
      await driver.embed(
        Array.from({ length: 16 }, (_, at) => `password ${at}`),
        "document",
      ),
    );
    const readFallbacks = async (): Promise<string[]> =>
      valueOf(await driver.describe()).fallbacks.map(({ message }) => message);
    await expect
      .poll(readFallbacks, { timeout: 200_000 })
      .toEqual([expect.stringMatching(/texts a second, the processor/)]);
    const key = `inkling-search/device/${id}@${revision} test/slow`;
    const kept = await driver.page.evaluate(
      (each) => JSON.parse(localStorage.getItem(each)!) as { wasm: number; webgpu: number },
      key,
    );
    expect(kept.wasm).toBeGreaterThan(kept.webgpu);
  });

  test("a device that is lost in the middle of a batch costs no text", async () => {
    valueOf(await driver.start({ model: "tiny-bert-mean", options: { ...remote(), device: "webgpu", dtype: "fp32" } }));
    const session = await imitating.newBrowserCDPSession();
    const documents = Array.from({ length: 60 }, (_, at) => `password ${at} ${long.slice(0, 60)}`);
    const [embedded] = await Promise.all([
      driver.embed(documents, "document"),
      session.send("Browser.crashGpuProcess" as Parameters<typeof session.send>[0]),
    ]);
    const { vectors } = valueOf(embedded);
    expect(vectors).toHaveLength(documents.length);
    for (const vector of vectors) expect(Math.hypot(...vector)).toBeCloseTo(1, 3);
    const { fallbacks } = valueOf(await driver.describe());
    expect(fallbacks.length).toBeGreaterThan(0);
    expect(fallbacks[0]?.details).toMatchObject({ device: "webgpu" });
  });

  test("an adapter that only imitates a GPU is not chosen for documents, and the reason is told", async () => {
    valueOf(await driver.start({ model: "tiny-bert-mean", options: remote() }));
    valueOf(
      await driver.embed(
        Array.from({ length: 20 }, () => "reset password"),
        "document",
      ),
    );
    const { device, fallbacks } = valueOf(await driver.describe());
    expect(device).toBe("wasm");
    expect(fallbacks.map(({ code, message }) => [code, /only imitates/.test(message)])).toEqual([
      ["model/device", true],
    ]);
  });
});

describe("without WebGPU", () => {
  test("what is asked for it runs on WASM, and the reason is told", async () => {
    const description = valueOf(
      await driver.start({ model: "tiny-bert-mean", options: { ...remote(), device: "webgpu" } }),
    );
    expect(description.device).toBe("wasm");
    expect(description.fallbacks.map(({ code, details }) => [code, details["device"]])).toEqual([
      ["model/device", "webgpu"],
    ]);
    expect(await worstCosine("tiny-bert-mean")).toBeGreaterThan(0.99);
  });

  test("many documents are embedded on WASM, and the reason is told once", async () => {
    valueOf(await driver.start({ model: "tiny-bert-mean", options: remote() }));
    for (let call = 0; call < 3; call++) {
      valueOf(
        await driver.embed(
          Array.from({ length: 20 }, (_, at) => `password ${at}`),
          "document",
        ),
      );
    }
    const { device, fallbacks } = valueOf(await driver.describe());
    expect(device).toBe("wasm");
    expect(fallbacks.map(({ code }) => code)).toEqual(["model/device"]);
  });
});

describe("the worker", () => {
  test("is started anew after bulk work when its heap has grown, and answers go on", async () => {
    const workers: string[] = [];
    driver.page.on("worker", (worker) => workers.push(worker.url()));
    valueOf(await driver.start({ model: "tiny-bert-mean", options: { ...remote(), device: "wasm", maxHeapBytes: 1 } }));
    expect(workers).toHaveLength(1);
    valueOf(await driver.embed(["reset password", "another"], "document"));
    await expect.poll(() => workers.length, { timeout: 50_000 }).toBe(2);
    expect(await worstCosine("tiny-bert-mean")).toBeGreaterThan(0.99);
    expect(valueOf(await driver.describe()).fallbacks).toEqual([]);
  });

  test("embeds 10,000 passages in the memory that the first of them need", async () => {
    const options: OpenModelOptions = {
      id: "tiny-bert-mean",
      location: { folder: `${server.origin}/models/tiny-bert-mean/` },
      overrides: {},
      device: "wasm",
      dtype: "fp32",
      without: [],
      dim: null,
      runtime: { moduleUrl: `${server.origin}/runtime/transformers.min.js`, wasmFolder: `${server.origin}/ort/` },
      threads: 1,
      cacheName: null,
      golden: null,
      batchTokens: 2048,
    };
    const [first, last] = await driver.page.evaluate((each) => window.neuralPage!.heap(each, 1000, 9000), options);
    expect(first).toBeGreaterThan(1_000_000);
    expect(last).toBe(first);
  });

  test("that is lost is started anew, and what it was asked is answered", async () => {
    await driver.page.close();
    await context.addInitScript(() => {
      const workers: Worker[] = [];
      Object.assign(window, { startedWorkers: workers });
      window.Worker = class extends Worker {
        constructor(...args: ConstructorParameters<typeof Worker>) {
          super(...args);
          workers.push(this);
        }
      };
    });
    driver = await openNeuralPage(context, server.origin);
    valueOf(await driver.start({ model: "tiny-bert-mean", options: { ...remote(), device: "wasm" } }));
    const embedding = driver.embed(
      Array.from({ length: 200 }, (_, at) => `password ${at} ${long.slice(0, 200)}`),
      "document",
    );
    await driver.page.evaluate(() => {
      const { startedWorkers } = window as unknown as { startedWorkers: Worker[] };
      startedWorkers[0]!.dispatchEvent(new ErrorEvent("error", { message: "out of memory" }));
    });
    const { vectors } = valueOf(await embedding);
    expect(vectors).toHaveLength(200);
    const { fallbacks } = valueOf(await driver.describe());
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
    driver = await openNeuralPage(context, other.origin);
    return other;
  }

  test("with a strict content security policy embeds", async () => {
    const policy = `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ${hub.origin}; img-src data:`;
    await openOn({ headers: { "content-security-policy": policy } });
    valueOf(await driver.start({ model: "tiny-bert-mean", options: remote() }));
    expect(await worstCosine("tiny-bert-mean")).toBeGreaterThan(0.99);
  });

  test("without leave to use WASM gets an error, and no silence", async () => {
    const policy = `default-src 'none'; script-src 'self'; connect-src 'self' ${hub.origin}; img-src data:`;
    await openOn({ headers: { "content-security-policy": policy } });
    const { code, message } = errorOf(
      await driver.start({ model: "tiny-bert-mean", options: { ...remote(), dtype: "q8" } }),
    );
    expect(code).toBe("model/session");
    expect(message).toMatch(/WebAssembly|wasm/i);
  });

  test("that is isolated embeds with threads", async () => {
    await openOn({ headers: isolationHeaders });
    expect(await driver.page.evaluate(() => crossOriginIsolated)).toBe(true);
    const workers: string[] = [];
    driver.page.on("worker", (worker) => workers.push(worker.url()));
    valueOf(await driver.start({ model: "tiny-bert-mean", options: { ...remote(), dtype: "fp32", threads: 2 } }));
    expect(await worstCosine("tiny-bert-mean")).toBeGreaterThan(0.9999);
    expect(workers.length).toBeGreaterThan(1);
  });

  test("may load library, runtime and model from other origins", async () => {
    const foreign = await startNeuralServer({ cors: true });
    others.push(foreign);
    await context.route(`${server.origin}/dist/*`, (route) => route.abort());
    await driver.page.evaluate((url) => Object.assign(window, { libraryUrl: url }), `${foreign.origin}/dist/`);
    const options = {
      remoteHost: hub.origin,
      runtimeUrl: `${foreign.origin}/runtime/`,
      wasmUrl: `${foreign.origin}/ort/`,
    };
    valueOf(await driver.start({ model: "tiny-bert-mean", options }));
    expect(await worstCosine("tiny-bert-mean")).toBeGreaterThan(0.99);
  });
});

const builtIn = join(root, "public/models/inkling-neural-v1/inkling.json");
const hasBuiltIn = existsSync(builtIn);
if (!hasBuiltIn) console.log("Skipped: the built-in neural model is not here (public/models/inkling-neural-v1).");

describe.skipIf(!hasBuiltIn)("the built-in neural model", () => {
  const questions = [
    "stop the page from jumping while images load",
    "why is my query slow",
    "ändere das Passwort",
    long.slice(0, 900),
  ];

  test("is taken by default, and gives the vectors it was released with", async () => {
    const { id, revision, dim, golden } = JSON.parse(await readFile(builtIn, "utf8")) as {
      id: string;
      revision: string;
      dim: number;
      golden: { text: string; vector: number[] }[];
    };
    const description = valueOf(await driver.start({ options: selfHosted }));
    expect(description).toMatchObject({ id, revision, dim, device: "wasm", dtype: "q8", fallbacks: [] });
    for (const { text, vector } of golden) {
      const { vectors } = valueOf(await driver.embed([text], "query"));
      expect(cosine(vectors[0]!, vector), text).toBeGreaterThan(0.99);
    }
  });

  test("gives shorter vectors where they are asked for", async () => {
    const whole =
      valueOf(await driver.start({ options: selfHosted })) && valueOf(await driver.embed(questions, "query"));
    expect(valueOf(await driver.start({ options: { ...selfHosted, dim: 64 } })).dim).toBe(64);
    const { vectors } = valueOf(await driver.embed(questions, "query"));
    for (const [at, vector] of vectors.entries()) {
      expect(vector).toHaveLength(64);
      expect(Math.hypot(...vector)).toBeCloseTo(1, 4);
      expect(cosine(vector, whole.vectors[at]!.slice(0, 64))).toBeGreaterThan(0.999);
    }
  });

  test("gives the same vectors on WebGPU as on WASM", { timeout: 300_000 }, async () => {
    const imitating = await launchBrowser(["--enable-unsafe-webgpu"]);
    try {
      driver = await openNeuralPage(await imitating.newContext(), server.origin);
      const found: number[][][] = [];
      for (const device of ["wasm", "webgpu"] as const) {
        const description = valueOf(await driver.start({ options: { ...selfHosted, device } }));
        expect(description, JSON.stringify(description.fallbacks)).toMatchObject({ device, fallbacks: [] });
        const vectors: number[][] = [];
        for (const text of questions) vectors.push(...valueOf(await driver.embed([text], "query")).vectors);
        found.push(vectors);
      }
      for (const at of questions.keys()) expect(cosine(found[0]![at]!, found[1]![at]!)).toBeGreaterThan(0.999);
    } finally {
      await imitating.close();
    }
  });
});
