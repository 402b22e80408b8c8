import { readFileSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { createFileModelSource } from "../../../cli/model-source.ts";
import type { ModelReader } from "../../../worker/model-files.ts";
import { loadStaticEmbedder } from "../../../worker/static-embedder.ts";

const folder = fileURLToPath(new URL("../../../public/models/inkling-instant-v1/", import.meta.url));
const source = createFileModelSource(folder);
const names = ["config.json", "tokenizer.json", "model.safetensors"];

interface Golden {
  readonly dim: number;
  readonly entries: readonly {
    readonly text: string;
    readonly vector: readonly number[];
    readonly query: readonly number[];
  }[];
}

interface Config {
  id: string;
  revision: string;
  dim: number;
  fusion: { denseWeight: number };
  prompts: { query: string; document: string };
  files: Record<string, { bytes: number }>;
  golden: { text: string; vector: number[] }[];
}

const golden = JSON.parse(
  readFileSync(new URL("../../golden/inkling-instant-v1.json", import.meta.url), "utf8"),
) as Golden;
const config = JSON.parse(readFileSync(`${folder}config.json`, "utf8")) as Config;

/** The real model with one file changed on its way. */
function altered(name: string, change: (bytes: Uint8Array) => Uint8Array): ModelReader {
  return { read: async (file) => (file === name ? change(await source.read(file)) : source.read(file)) };
}

function alteredConfig(change: (config: Config) => void): ModelReader {
  return altered("config.json", (bytes) => {
    const json = JSON.parse(new TextDecoder().decode(bytes)) as Config;
    change(json);
    return new TextEncoder().encode(JSON.stringify(json));
  });
}

function cosine(found: Float32Array, expected: readonly number[]): number {
  const dot = expected.reduce((sum, value, at) => sum + value * found[at]!, 0);
  return dot / (Math.hypot(...found) * Math.hypot(...expected));
}

function failure(code: string, details: object = {}): unknown {
  return expect.objectContaining({ name: "ModelError", code, details: expect.objectContaining(details) as object });
}

describe("with the built-in model", () => {
  test("vectors of the golden texts are those of the training code", async () => {
    const embedder = await loadStaticEmbedder(source, { minCoverage: 0 });
    const found = await embedder.embed(golden.entries.map(({ text }) => text));
    golden.entries.forEach(({ text, vector }, row) => {
      const ours = found.subarray(row * golden.dim, (row + 1) * golden.dim);
      if (vector.some(Boolean)) expect([text, cosine(ours, vector) >= 0.9999]).toEqual([text, true]);
      else expect([text, ...ours]).toEqual([text, ...vector]);
    });
  });

  test("query vectors of the golden texts are those of the training code", async () => {
    const embedder = await loadStaticEmbedder(source);
    for (const { text, query } of golden.entries) {
      const { vector } = await embedder.embedQuery(text);
      if (query.some(Boolean)) expect([text, cosine(vector, query) >= 0.9999]).toEqual([text, true]);
      else expect([text, ...vector]).toEqual([text, ...query]);
    }
  });

  test("a prefix of dims is the prefix of the whole vector at length 1", async () => {
    const [whole, half] = [await loadStaticEmbedder(source), await loadStaticEmbedder(source, { dim: 128 })];
    const text = "How do I reset my password?";
    const [long, short] = [await whole.embed([text]), await half.embed([text])];
    expect(half.fingerprint).toEqual({ id: config.id, revision: config.revision, dim: 128 });
    expect(short.length).toBe(128);
    expect(Math.hypot(...short)).toBeCloseTo(1, 6);
    expect(cosine(short, [...long.subarray(0, 128)])).toBeCloseTo(1, 6);
  });

  test("fingerprint and dense weight come from the config", async () => {
    const embedder = await loadStaticEmbedder(source);
    expect(embedder.fingerprint).toEqual({ id: config.id, revision: config.revision, dim: config.dim });
    expect(embedder.denseWeight).toBe(config.fusion.denseWeight);
  });

  test("a text in a foreign script is not covered, though each of its letters is known", async () => {
    const embedder = await loadStaticEmbedder(source);
    const { coverage } = await embedder.embedQuery("как остановить прыжки страницы");
    expect(coverage).toBeLessThan(0.5);
  });

  test("the opening of a document counts more than that of a query", async () => {
    const embedder = await loadStaticEmbedder(source);
    const [asDocument, { vector: asQuery }] = [
      await embedder.embed(["tents above all; rivers and lakes"]),
      await embedder.embedQuery("tents above all; rivers and lakes"),
    ];
    const { vector: tents } = await embedder.embedQuery("tents");
    expect(cosine(asDocument, [...tents])).toBeGreaterThan(cosine(asQuery, [...tents]));
  });

  test("a passage in a foreign script gets a zero vector, so that it answers no question by meaning", async () => {
    const embedder = await loadStaticEmbedder(source);
    const { dim } = embedder.fingerprint;
    const vectors = await embedder.embed(["как остановить прыжки страницы", "naïve café, déjà vu"]);
    expect(vectors.subarray(0, dim).every((value) => value === 0)).toBe(true);
    expect(Math.hypot(...vectors.subarray(dim))).toBeCloseTo(1, 5);
  });

  test("a query gets the vector of its text, its coverage and whether it was cut", async () => {
    const embedder = await loadStaticEmbedder(source);
    const { vector, coverage, truncated } = await embedder.embedQuery("stop the page from jumping");
    expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
    expect([coverage, truncated]).toEqual([1, false]);
    const half = await embedder.embedQuery("ꙮꙮꙮꙮ page");
    expect(half).toMatchObject({ coverage: 0.5, truncated: false });
    expect(await embedder.embedQuery("page ".repeat(100_000))).toMatchObject({ coverage: 1, truncated: true });
  });

  test.each([[""], [" \t\n"], ["\0"], ["\uD800"], ["ꙮ"]])("%j gives a zero vector and coverage 0", async (text) => {
    const embedder = await loadStaticEmbedder(source);
    expect(await embedder.embedQuery(text)).toEqual({
      vector: new Float32Array(config.dim),
      coverage: 0,
      truncated: false,
    });
  });

  test("no texts give no vectors, and a text's vector does not depend on its neighbours", async () => {
    const embedder = await loadStaticEmbedder(source);
    expect((await embedder.embed([])).length).toBe(0);
    const both = await embedder.embed(["one page", "another search"]);
    expect(both.subarray(config.dim)).toEqual(await embedder.embed(["another search"]));
  });

  test("texts of one meaning are nearer than texts of two", async () => {
    const embedder = await loadStaticEmbedder(source);
    const texts = ["How do I reset my password?", "change the password of your account", "the lake is cold in winter"];
    const [query, near, far] = await Promise.all(texts.map((text) => embedder.embed([text])));
    expect(cosine(query!, [...near!])).toBeGreaterThan(cosine(query!, [...far!]) + 0.2);
  });

  test("a dim that the model was not trained for is refused", async () => {
    for (const dim of [0, -1, 100, 2 * config.dim, Number.NaN]) {
      await expect(loadStaticEmbedder(source, { dim })).rejects.toMatchObject({
        name: "InvalidArgumentError",
        code: "argument/option",
        details: { option: "dim" },
      });
    }
  });

  test("a closed embedder says so", async () => {
    const embedder = await loadStaticEmbedder(source);
    await embedder.close();
    await embedder.close();
    await expect(embedder.embed(["a"])).rejects.toMatchObject({ code: "search/closed" });
    await expect(embedder.embedQuery("a")).rejects.toMatchObject({ code: "search/closed" });
  });

  test("prompts are put before texts and queries, and do not count as coverage", async () => {
    const prompted = await loadStaticEmbedder(
      alteredConfig((json) => (json.prompts = { query: "search: ", document: "passage: " })),
    );
    const plain = await loadStaticEmbedder(source);
    expect(await prompted.embed(["cold lake"])).toEqual(await plain.embed(["passage: cold lake"]));
    expect((await prompted.embedQuery("cold lake")).vector).toEqual(
      (await plain.embedQuery("search: cold lake")).vector,
    );
    expect(await prompted.embedQuery("ꙮ")).toMatchObject({ coverage: 0 });
  });
});

describe("a damaged model is refused", () => {
  const cut = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, bytes.length >> 1);
  const flip = (bytes: Uint8Array): Uint8Array => bytes.map((byte, at) => (at === bytes.length - 5 ? byte ^ 1 : byte));
  const grow = (bytes: Uint8Array): Uint8Array => {
    const longer = new Uint8Array(bytes.length + 1);
    longer.set(bytes);
    return longer;
  };
  const page = (): Uint8Array => new TextEncoder().encode("\n<!DOCTYPE html><html><title>App</title>");

  test.each([
    ["cut weights", "model.safetensors", cut, "model/truncated"],
    ["a cut tokenizer", "tokenizer.json", cut, "model/truncated"],
    ["empty weights", "model.safetensors", () => new Uint8Array(), "model/truncated"],
    ["one flipped bit in the weights", "model.safetensors", flip, "model/checksum"],
    ["one flipped bit in the tokenizer", "tokenizer.json", flip, "model/checksum"],
    ["a tokenizer that is too long", "tokenizer.json", grow, "model/checksum"],
    ["a cut config", "config.json", cut, "model/format"],
    ["an empty config", "config.json", () => new Uint8Array(), "model/format"],
    ["a page in place of the config", "config.json", page, "model/missing"],
    ["a page in place of the weights", "model.safetensors", page, "model/missing"],
  ])("%s", async (_what, name, change, code) => {
    await expect(loadStaticEmbedder(altered(name, change))).rejects.toEqual(failure(code));
  });

  test("bytes and hashes are in the details", async () => {
    const expectedBytes = config.files["model.safetensors"]!.bytes;
    await expect(loadStaticEmbedder(altered("model.safetensors", cut))).rejects.toEqual(
      failure("model/truncated", { url: "model.safetensors", bytes: expectedBytes >> 1, expectedBytes }),
    );
    await expect(loadStaticEmbedder(altered("model.safetensors", flip))).rejects.toEqual(
      failure("model/checksum", { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string }),
    );
  });

  test("vectors that are not the expected ones", async () => {
    const wrong = alteredConfig((json) => json.golden[0]!.vector.reverse());
    await expect(loadStaticEmbedder(wrong)).rejects.toEqual(failure("model/format", { text: config.golden[0]!.text }));
  });

  test("golden vectors may be leading numbers only", async () => {
    const short = alteredConfig((json) => json.golden.forEach((entry) => (entry.vector = entry.vector.slice(0, 8))));
    await expect(loadStaticEmbedder(short, { dim: 64 })).resolves.toBeDefined();
  });

  test("weights of another width than the config says", async () => {
    const wide = alteredConfig((json) => Object.assign(json, { dim: 2 * config.dim, matryoshkaDims: [] }));
    await expect(loadStaticEmbedder(wide)).rejects.toEqual(failure("model/format", { dim: config.dim }));
  });

  test("a folder without the model", async () => {
    const empty = createFileModelSource(`${folder}nothing/`);
    await expect(loadStaticEmbedder(empty)).rejects.toEqual(failure("model/missing"));
    const file = createFileModelSource(`${folder}config.json`);
    await expect(loadStaticEmbedder(file)).rejects.toEqual(failure("model/missing"));
  });

  test("a folder in the place of a file", async () => {
    const { read } = createFileModelSource(fileURLToPath(new URL("..", `file://${folder}`)));
    await expect(read("inkling-instant-v1")).rejects.toEqual(failure("model/unreachable", { error: "EISDIR" }));
  });
});

describe("over HTTP", () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.closeAllConnections();
  });

  type Answer = (name: string, response: ServerResponse, asked: number) => void;

  function answerWell(name: string, response: ServerResponse): void {
    response.end(readFileSync(folder + name));
  }

  /** URLs of the model at a real server. */
  async function serve(answer: Answer): Promise<Record<string, string>> {
    const asked = new Map<string, number>();
    const server = createServer((request, response) => {
      const name = request.url!.slice(1);
      asked.set(name, (asked.get(name) ?? 0) + 1);
      answer(name, response, asked.get(name)!);
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    return Object.fromEntries(names.map((name) => [name, `http://127.0.0.1:${port}/${name}`]));
  }

  test("the model is loaded, with progress from 0 to all bytes", async () => {
    const steps: [number, number][] = [];
    const embedder = await loadStaticEmbedder(await serve(answerWell), {
      onBytes: (done, total) => steps.push([done, total]),
    });
    const total = config.files["tokenizer.json"]!.bytes + config.files["model.safetensors"]!.bytes;
    expect(embedder.fingerprint.id).toBe(config.id);
    expect(steps.length).toBeGreaterThan(2);
    expect(steps.at(-1)).toEqual([total, total]);
    expect(steps.every(([done], place) => done > (steps[place - 1]?.[0] ?? 0))).toBe(true);
  });

  test.each([
    [404, "model/missing"],
    [410, "model/missing"],
    [403, "model/unreachable"],
    [500, "model/unreachable"],
  ])("status %i gives %s with address and status", async (status, code) => {
    for (const missing of names) {
      const urls = await serve((name, response) => {
        if (name === missing) response.writeHead(status).end("<!doctype html><p>no");
        else answerWell(name, response);
      });
      await expect(loadStaticEmbedder(urls)).rejects.toEqual(failure(code, { url: urls[missing], status }));
    }
  });

  test("a host that answers every address with its start page gives model/missing", async () => {
    const urls = await serve((_name, response) => response.end("<!doctype html><html><body>App</body></html>"));
    const error = await loadStaticEmbedder(urls).catch((reason: unknown) => reason);
    expect(error).toEqual(failure("model/missing", { url: urls["config.json"] }));
    expect((error as Error).message).toContain("assetsUrl");
  });

  test("no server gives model/unreachable", async () => {
    const urls = await serve(answerWell);
    await new Promise((resolve) => servers.pop()!.close(resolve));
    await expect(loadStaticEmbedder(urls)).rejects.toEqual(failure("model/unreachable", { url: urls["config.json"] }));
  });

  test("a connection that breaks off gives model/truncated with the bytes so far", async () => {
    const urls = await serve((name, response) => {
      if (name !== "model.safetensors") return answerWell(name, response);
      response.writeHead(200, { "content-length": config.files[name]!.bytes });
      response.write(new Uint8Array(1000), () => setImmediate(() => response.destroy()));
    });
    await expect(loadStaticEmbedder(urls)).rejects.toEqual(
      failure("model/truncated", { url: urls["model.safetensors"], bytes: 1000 }),
    );
  });

  test("a file without end is not read to its end", async () => {
    let sent = 0;
    const urls = await serve((name, response) => {
      if (name !== "tokenizer.json") return answerWell(name, response);
      const more = (): void => {
        if (response.destroyed) return;
        sent += 100_000;
        response.write(new Uint8Array(100_000), more);
      };
      more();
    });
    await expect(loadStaticEmbedder(urls)).rejects.toEqual(failure("model/checksum", { url: urls["tokenizer.json"] }));
    expect(sent).toBeLessThan(50_000_000);
  });

  test("files of two releases out of a cache are asked for once more, past the cache", async () => {
    const seen: (string | undefined)[] = [];
    const urls = await serve((name, response, asked) => {
      if (name === "tokenizer.json") seen.push(response.req.headers["cache-control"]);
      if (name === "tokenizer.json" && asked === 1) response.end(new Uint8Array(config.files[name]!.bytes));
      else answerWell(name, response);
    });
    await expect(loadStaticEmbedder(urls)).resolves.toBeDefined();
    expect(seen).toEqual([undefined, "no-cache"]);
  });

  test("a file whose address was not given gives model/missing", async () => {
    const { "tokenizer.json": _left, ...urls } = await serve(answerWell);
    await expect(loadStaticEmbedder(urls)).rejects.toEqual(failure("model/missing", { file: "tokenizer.json" }));
  });
});
