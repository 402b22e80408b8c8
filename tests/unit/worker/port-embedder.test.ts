import { describe, expect, test } from "vitest";
import { fromFunction } from "../../../src/from-function.ts";
import type { EmbedFunction, FunctionOptions } from "../../../src/model-provider.ts";
import { ModelError } from "../../../src/errors.ts";
import { connectEmbedder } from "../../../worker/port-embedder.ts";
import type { Embedder } from "../../../worker/ports.ts";
import { modelKey } from "../../../worker/vectors.ts";
import { PortModel, small, smallId } from "./port-model.ts";

async function connect(model: PortModel): Promise<Embedder> {
  return connectEmbedder(await model.open(), model.id);
}

async function connectFunction(embed: EmbedFunction, options: FunctionOptions = {}): Promise<Embedder> {
  const provider = fromFunction(embed, options);
  const port = await provider.start({ signal: new AbortController().signal, onBytes: () => {} });
  return connectEmbedder(port, provider.id);
}

async function rejectionOf(promise: Promise<unknown>): Promise<ModelError> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ModelError);
  return error as ModelError;
}

describe("an embedder behind a port", () => {
  test("gives the vectors that the model gives, and says what it runs on", async () => {
    const model = new PortModel();
    const embedder = await connect(model);
    expect(modelKey(embedder.fingerprint)).toBe(`${smallId}@1/128`);
    expect(embedder.denseWeight).toBe(0.6);
    expect(embedder.running?.()).toMatchObject({ device: "wasm", dtype: "q8", bytes: 1234, fallbacks: [] });
    const vectors = await embedder.embed(["a page about rain", "ᚠᛇᚻ"]);
    const itself = await small;
    expect(vectors).toEqual(await itself.embed(["a page about rain", "ᚠᛇᚻ"]));
    const query = await embedder.embedQuery("a page about rain");
    expect(query).toMatchObject({ coverage: 1, truncated: false });
    expect(query.vector).toEqual((await itself.embedQuery("a page about rain")).vector);
    expect(vectors.slice(128).every((value) => value === 0)).toBe(true);
    expect(await embedder.embed([])).toHaveLength(0);
    await embedder.close();
    await expect(embedder.embed(["x"])).rejects.toBeInstanceOf(ModelError);
  });

  test("gives the model titles and numbers of documents beside their texts", async () => {
    const seen: unknown[] = [];
    const embed = (...given: unknown[]): Float32Array => (seen.push(given), Float32Array.of(1, 0));
    const embedder = await connectFunction(embed, { id: "two", revision: "1", dim: 2 });
    await embedder.embed(["Tea\nPour water over it."], ["Tea"], [7]);
    await embedder.embedQuery("tea");
    expect(seen).toEqual([
      [["Tea\nPour water over it."], "document", ["Tea"], [7]],
      [["tea"], "query"],
    ]);
  });

  test("keeps class, code and details of what the model throws", async () => {
    const model = new PortModel();
    model.beforeBatch = () => Promise.reject(new ModelError("model/truncated", "Cut off.", { url: "u" }));
    const error = await rejectionOf((await connect(model)).embed(["x"]));
    expect(error).toMatchObject({ code: "model/truncated", details: { url: "u" } });
    model.beforeBatch = () => Promise.reject(new RangeError("out of memory"));
    const other = await rejectionOf((await connect(model)).embed(["x"]));
    expect(other.code).toBe("model/failed");
    expect(other.message).toContain("out of memory");
  });

  test.each<[what: string, spoil: PortModel["spoil"]]>([
    ["NaN", (answer) => (answer.vectors.fill(NaN, 3, 4), answer)],
    ["infinite numbers", (answer) => (answer.vectors.fill(Infinity, 3, 4), answer)],
    ["a vector too few", (answer) => ({ ...answer, vectors: answer.vectors.slice(128) })],
    ["numbers that fit no dim", (answer) => ({ ...answer, vectors: answer.vectors.slice(1) })],
    [
      "vectors of another length than 1",
      (answer) => ({ ...answer, vectors: answer.vectors.map((value) => value * 3) }),
    ],
    ["another kind of array", (answer) => ({ ...answer, vectors: new Float64Array(answer.vectors) })],
    ["no vectors", () => ({})],
    ["nothing", () => null],
    ["a text", () => "vectors"],
    ["no coverage", ({ vectors, truncated }) => ({ vectors, truncated })],
    ["a coverage of more than all", (answer) => ({ ...answer, coverage: answer.coverage.fill(2) })],
    ["no list of cut texts", ({ vectors, coverage }) => ({ vectors, coverage })],
  ])("refuses %s", async (_, spoil) => {
    const model = new PortModel();
    const embedder = await connect(model);
    model.spoil = spoil;
    const error = await rejectionOf(embedder.embed(["one", "two"]));
    expect(error).toMatchObject({ code: "model/output", details: { model: smallId, device: "wasm", dtype: "q8" } });
  });

  test.each<[what: string, change: object | null]>([
    ["of another model", { id: "other" }],
    ["without a revision", { revision: "" }],
    ["with no dims", { dim: 0 }],
    ["with dims that are no integer", { dim: 12.5 }],
    ["with more dims than any model has", { dim: 1e9 }],
    ["with a weight that is none", { denseWeight: NaN }],
  ])("refuses a description %s", async (_, change) => {
    const model = new PortModel();
    model.spoilDescription = (description) => ({ ...description, ...change });
    expect((await rejectionOf(connect(model))).code).toBe("model/output");
  });

  test("does not wait for ever: not for an answer, and not for one who is gone", async () => {
    const silent = new MessageChannel();
    const error = await rejectionOf(connectEmbedder(silent.port2, "silent", [30, 30]));
    expect(error).toMatchObject({ code: "model/failed" });
    silent.port1.close();
    const model = new PortModel();
    const embedder = await connect(model);
    model.beforeBatch = () => new Promise(() => {});
    const waiting = rejectionOf(embedder.embed(["x"]));
    model.port!.close();
    expect((await waiting).code).toBe("model/failed");
  });
});

describe("a function of the app", () => {
  const letters = (texts: readonly string[]): number[][] =>
    texts.map((text) => [1, ...[..."aeiu"].map((letter) => text.split(letter).length - 1)]);

  test("is told apart by what it gives, and its vectors are brought to length 1", async () => {
    const embedder = await connectFunction(letters);
    expect(embedder.fingerprint).toMatchObject({ id: "function", dim: 5 });
    expect(embedder.running?.()).toMatchObject({ device: "page" });
    const vectors = await embedder.embed(["banana", "kiwi"]);
    expect([0, 5].map((at) => Math.hypot(...vectors.subarray(at, at + 5)).toFixed(5))).toEqual(["1.00000", "1.00000"]);
    const again = await connectFunction(letters);
    const other = await connectFunction((texts) => letters(texts).map((row) => row.toReversed()));
    expect(modelKey(again.fingerprint)).toBe(modelKey(embedder.fingerprint));
    expect(modelKey(other.fingerprint)).not.toBe(modelKey(embedder.fingerprint));
  });

  test("may name itself, and give all vectors in one array", async () => {
    const embed: EmbedFunction = async (texts, kind) =>
      Float32Array.from(texts.flatMap(() => (kind === "query" ? [0, 2] : [3, 4])));
    const embedder = await connectFunction(embed, { id: "mine", revision: "7", dim: 2, denseWeight: 0.3 });
    expect(modelKey(embedder.fingerprint)).toBe("mine@7/2");
    expect(embedder.denseWeight).toBe(0.3);
    expect([...(await embedder.embed(["a", "b"]))].map((value) => value.toFixed(1))).toEqual([
      "0.6",
      "0.8",
      "0.6",
      "0.8",
    ]);
    expect([...(await embedder.embedQuery("a")).vector]).toEqual([0, 1]);
  });

  test.each<[what: string, embed: EmbedFunction]>([
    [
      "throws at once",
      () => {
        throw new TypeError("offline");
      },
    ],
    ["rejects", async () => Promise.reject(new TypeError("offline"))],
  ])("that %s is a model that failed", async (_, embed) => {
    const error = await rejectionOf(connectFunction(embed));
    expect(error.code).toBe("model/failed");
    expect(error.message).toContain("offline");
  });

  test.each<[what: string, vectors: unknown]>([
    ["nothing", undefined],
    ["rows of different lengths", [[1, 2], [1]]],
    ["a number", 5],
    [
      "words",
      [
        ["a", "b"],
        ["c", "d"],
      ],
    ],
    ["empty rows", [[], []]],
  ])("that gives %s is refused", async (_, vectors) => {
    const embedder = connectFunction((async () => vectors) as EmbedFunction, { dim: 2, revision: "1" });
    const error = await rejectionOf(embedder.then((each) => each.embed(["one", "two"])));
    expect(error.code).toBe("model/output");
  });
});
