import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { chooseModel } from "../../../../cli/neural/choose-model.ts";
import { createFolderCache, modelCacheFolder, pathOf } from "../../../../cli/neural/folder-cache.ts";
import { loadModel } from "../../../../cli/neural/load-model.ts";
import { cosine } from "../../../../src/core/vector/cosine.ts";
import { partBytes } from "../../../../neural/file-cache.ts";
import { downloadFile } from "../../../../neural/download.ts";
import { ModelError } from "../../../../src/errors.ts";
import { type Hub, startHub } from "./hub.ts";
import { readGolden, tinyModels } from "./tiny-models.ts";

let hub: Hub;
let cacheFolder: string;
beforeEach(async () => {
  hub = await startHub();
  cacheFolder = mkdtempSync(join(tmpdir(), "inkling-hub-"));
});
afterEach(async () => {
  await hub.close();
  rmSync(cacheFolder, { recursive: true, force: true });
});

/** Loads a tiny model from the hub and compares its first query with torch. */
async function loadAndCompare(name: string): Promise<void> {
  const embedder = await loadModel(await chooseModel(`tests/${name}`, hub.url), { cacheFolder });
  const golden = readGolden(join(tinyModels, name, "golden.json")).entries[0]!;
  expect(cosine((await embedder.embedQuery(golden.text)).vector, golden.vector)).toBeGreaterThanOrEqual(0.99);
  expect(embedder.fingerprint.id).toBe(`tests/${name}`);
  await embedder.close();
}

async function failureOf(name: string): Promise<ModelError> {
  const error: unknown = await loadAndCompare(name).catch((reason: unknown) => reason);
  if (error instanceof ModelError) return error;
  throw new Error("expected a ModelError", { cause: error });
}

describe("a model of the hub", () => {
  test("is downloaded once; after that the hub may be gone", async () => {
    await loadAndCompare("tiny-bert-cls");
    expect(hub.requests).toContain("/tests/tiny-bert-cls/resolve/main/1_Pooling/config.json");
    await hub.close();
    await loadAndCompare("tiny-bert-cls");
    hub = await startHub();
  });

  test("with linear layers in files of their own", () => loadAndCompare("tiny-dense-files"));

  test("that is a table", () => loadAndCompare("tiny-static-int8"));

  test("only needs the weights it uses", async () => {
    await loadAndCompare("tiny-bert-mean");
    const onnx = hub.requests.filter((path) => path.includes("/onnx/"));
    expect(onnx).toEqual(["/tests/tiny-bert-mean/resolve/main/onnx/model_quantized.onnx"]);
  });

  test("tells how much has come", async () => {
    const seen: number[] = [];
    const chosen = await chooseModel("tests/tiny-bert-mean", hub.url);
    const embedder = await loadModel(chosen, { cacheFolder, onBytes: (done) => seen.push(done) });
    await embedder.close();
    expect(seen.at(-1)).toBeGreaterThan(10_000);
    expect(seen.toSorted((a, b) => a - b)).toEqual(seen);
  });
});

describe("a hub that does not give the model", () => {
  test("is not there", async () => {
    await hub.close();
    expect(await failureOf("tiny-bert-cls")).toMatchObject({
      code: "model/unreachable",
      message: expect.stringContaining(hub.url) as string,
    });
    hub = await startHub();
  });

  test("does not know the model", async () => {
    expect(await failureOf("nothing")).toMatchObject({
      code: "model/missing",
      message: expect.stringContaining("config.json") as string,
    });
  });

  test("asks to come back later", async () => {
    hub.fault = (_, response) => (response.writeHead(429).end(), true);
    expect(await failureOf("tiny-bert-cls")).toMatchObject({ code: "model/unreachable", details: { status: 429 } });
  });

  test("answers with a page in place of the weights", async () => {
    hub.fault = ({ url }, response) =>
      url!.endsWith(".onnx") &&
      (response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html>Log in"), true);
    const error = await failureOf("tiny-bert-cls");
    expect(error.code).toBe("model/missing");
    expect(
      readdirSync(cacheFolder, { recursive: true })
        .map(String)
        .filter((path) => path.endsWith(".onnx")),
    ).toEqual([]);
  });

  test("breaks off: what came is no model, and the next try gets it", async () => {
    hub.fault = (request, response) => {
      if (!request.url!.endsWith(".onnx")) return false;
      response.writeHead(200, { "content-length": 30_000 });
      response.write(Buffer.alloc(1000), () => request.socket.end());
      return true;
    };
    expect((await failureOf("tiny-bert-cls")).code).toBe("model/truncated");
    hub.fault = () => false;
    await loadAndCompare("tiny-bert-cls");
  });
});

describe("the cache folder", () => {
  test("is INKLING_CACHE, else in the user's cache", () => {
    expect(modelCacheFolder({ INKLING_CACHE: "/own", XDG_CACHE_HOME: "/xdg" })).toBe("/own");
    expect(modelCacheFolder({ XDG_CACHE_HOME: "/xdg" })).toBe(join("/xdg", "inkling", "models"));
    expect(modelCacheFolder({})).toMatch(/\.cache.inkling.models$/);
  });

  test("no address leads out of it", () => {
    for (const path of ["../../up", "%2e%2e/%2e%2e/up", "a/..%2f..%2f..%2fup", "..\\..\\up", "a//b"]) {
      expect(pathOf("/cache", `http://hub.test:81/${path}`)).toMatch(/^\/cache\/hub\.test_81\//);
      expect(pathOf("/cache", `http://hub.test:81/${path}`)).not.toMatch(/\/\.\.(\/|$)/);
    }
  });

  test("what is known to be absent is not asked for again", async () => {
    const cache = createFolderCache(cacheFolder);
    expect(await cache.read("http://hub.test/a")).toBeUndefined();
    await cache.write("http://hub.test/a", null);
    expect(await cache.read("http://hub.test/a")).toBeNull();
    await cache.write("http://hub.test/a", Uint8Array.of(1));
    expect(await cache.read("http://hub.test/a")).toEqual(Uint8Array.of(1));
    await cache.removeBelow("http://hub.test/");
    expect(await cache.read("http://hub.test/a")).toBeUndefined();
  });

  test("a file where another address needs a folder is no error", async () => {
    const cache = createFolderCache(cacheFolder);
    await cache.write("http://hub.test/model", new Uint8Array([1]));
    expect(await cache.read("http://hub.test/model/config.json")).toBeUndefined();
    expect(await cache.readParts("http://hub.test/model/config.json")).toEqual({
      bytes: new Uint8Array(),
      total: null,
    });
  });

  test("a download that broke off is continued by the next program", async () => {
    const whole = Uint8Array.from({ length: 2 * partBytes + 5000 }, (_, at) => at % 251);
    const starts: number[] = [];
    hub.fault = (request, response) => {
      const start = Number(/\d+/.exec(request.headers.range ?? "")?.[0] ?? 0);
      starts.push(start);
      const isLast = starts.length > 3;
      const end = isLast ? whole.length : partBytes + 100_000;
      const range = start === 0 ? {} : { "content-range": `bytes ${start}-${whole.length - 1}/${whole.length}` };
      response.writeHead(start === 0 ? 200 : 206, { "content-length": whole.length - start, ...range });
      response.write(whole.subarray(start, Math.max(start, end)), () =>
        isLast ? response.end() : request.socket.end(),
      );
      return true;
    };
    const url = `${hub.url}large.bin`;
    await expect(downloadFile(url, { cache: createFolderCache(cacheFolder) })).rejects.toMatchObject({
      code: "model/truncated",
    });
    const bytes = await downloadFile(url, { cache: createFolderCache(cacheFolder) });
    expect(Buffer.compare(bytes, whole)).toBe(0);
    expect(starts.at(-1)).toBeGreaterThanOrEqual(partBytes);
  });

  test("half a file of a program that was ended is not taken for one", async () => {
    await loadAndCompare("tiny-bert-cls");
    const path = pathOf(cacheFolder, `${hub.url}tests/tiny-bert-cls/resolve/main/onnx/model.onnx`);
    const bytes = readFileSync(path);
    rmSync(path);
    writeFileSync(`${path}.999.draft`, bytes.subarray(0, 100));
    await loadAndCompare("tiny-bert-cls");
    expect(existsSync(path)).toBe(true);
  });
});
