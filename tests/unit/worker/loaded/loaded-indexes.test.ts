import "fake-indexeddb/auto";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openEngine } from "../../../../cli/engine.ts";
import { entryName, type PiecesEntry } from "../../../../src/core/pieces/entry.ts";
import type { Document, QueryAnswer } from "../../../../src/types.ts";
import type { Engine } from "../../../../worker/engine.ts";
import { createMemoryStore } from "../../../../worker/stores/memory.ts";
import { startServer, type TestServer } from "../../../browser/harness/server.ts";
import { build, buildSiteInPieces, type SiteInPieces } from "./site-in-pieces.ts";

let built: SiteInPieces;
let server: TestServer;
let engine: Engine;

beforeAll(async () => {
  built = await buildSiteInPieces("tests/fixtures/site");
}, 120_000);

afterAll(() => built.remove());

beforeEach(async () => {
  server = await startServer({ folders: { "/": built.index } });
  engine = await openEngine("test", createMemoryStore(), { model: undefined });
});

afterEach(async () => {
  await engine.close();
  await server.close();
});

/** Loads and waits until meaning answers. */
async function load(): Promise<void> {
  await engine.load(`${server.origin}/`);
  await engine.query("warm up", { mode: "dense" });
}

function urlsOf({ hits }: QueryAnswer): string[] {
  return hits.map(({ url }) => url);
}

const own: Document[] = [
  { url: "/own/hive", title: "Bees", text: "Bees dance to tell each other where nectar is." },
  { url: "/own/queue", title: "Waiting", text: "A queue at the bakery: who comes first is served first." },
];

describe("loaded indexes beside added documents", () => {
  test("one list ranks both by the same measure, wherever a document is", async () => {
    await load();
    await engine.add(own);
    const together = await engine.query("queue", { mode: "words" });
    const urls = urlsOf(together);
    expect(urls).toContain("/own/queue");
    expect(urls.some((url) => url.includes("queue") && !url.startsWith("/own/"))).toBe(true);
    expect(together.hits.map(({ score }) => score)).toEqual(
      together.hits.map(({ score }) => score).sort((a, b) => b - a),
    );
    expect(urlsOf(await engine.query("where is nectar"))[0]).toBe("/own/hive");
    expect((await engine.query("aspect-ratio", { mode: "words" })).hits[0]!.url).toContain("aspect-ratio");
  });

  test("an added page counts instead of the loaded one of its address", async () => {
    await load();
    const [{ url } = { url: "" }] = (await engine.query("aspect-ratio", { mode: "words" })).hits;
    await engine.add([{ url, title: "Newer", text: "The aspect-ratio property, rewritten." }]);
    const { hits } = await engine.query("aspect-ratio", { mode: "words" });
    expect(hits.filter((hit) => hit.url === url).map(({ title }) => title)).toEqual(["Newer"]);
  });

  test("limits and bad options are those of every query", async () => {
    await load();
    expect((await engine.query("queue", { limit: 1 })).hits).toHaveLength(1);
    expect((await engine.query("queue", { limit: 0 })).hits).toHaveLength(0);
    await expect(engine.query("queue", { limit: -1 })).rejects.toMatchObject({ code: "argument/limit" });
    await expect(engine.query("queue", { mode: "fast" as "words" })).rejects.toMatchObject({ code: "argument/mode" });
    await expect(engine.query(5 as unknown as string)).rejects.toMatchObject({ code: "argument/query" });
  });

  test("a query that is cancelled, and a search that is closed, end with their reasons", async () => {
    await load();
    const controller = new AbortController();
    controller.abort(new Error("enough"));
    await expect(engine.query("queue", { signal: controller.signal })).rejects.toThrow("enough");
    await expect(engine.load(`${server.origin}/`, { signal: controller.signal })).rejects.toThrow("enough");
    await engine.close();
    await expect(engine.load(`${server.origin}/`)).rejects.toMatchObject({ code: "search/closed" });
  });

  test("two indexes of the same model find the pages of both", { timeout: 60_000 }, async () => {
    const other = await buildSiteInPieces("docs/guide");
    const second = await startServer({ folders: { "/": other.index } });
    try {
      await load();
      await engine.load(`${second.origin}/`, { attributes: { version: "guide" } });
      await engine.query("warm up", { mode: "dense" });
      const guide = await engine.query("content security policy");
      expect(guide.hits[0]!.attributes).toMatchObject({ version: "guide" });
      expect((await engine.query("aspect-ratio of an image")).hits[0]!.url).toContain("aspect-ratio");
      expect((await engine.status()).loaded).toHaveLength(2);
    } finally {
      await second.close();
      await other.remove();
    }
  });
});

describe("a deploy while the page is open", () => {
  async function change(): Promise<void> {
    const page = join(built.site, "css/aspect-ratio.html");
    await writeFile(page, (await readFile(page, "utf8")).replace("</p>", " Zanzibar cloves.</p>"));
    await build(built.site);
  }

  test("the blocks of the entry before are still there, and go with the build after", { timeout: 60_000 }, async () => {
    await engine.load(`${server.origin}/`);
    await change();
    expect((await engine.query("aspect-ratio", { mode: "words" })).hits.length).toBeGreaterThan(0);
    expect((await engine.status()).fallbacks).toEqual([]);
    const names = async (): Promise<number> =>
      (await readdir(join(built.index, "pieces"), { recursive: true })).filter((name) => name.endsWith(".bin")).length;
    const { blocks } = JSON.parse(await readFile(join(built.index, entryName), "utf8")) as PiecesEntry;
    const both = await names();
    expect(both).toBeGreaterThan(blocks);
    await change();
    expect(await names()).toBeLessThan(both + 20);
  });

  test(
    "where the earlier blocks are gone, the index is opened anew and the new page is found",
    { timeout: 60_000 },
    async () => {
      await engine.load(`${server.origin}/`);
      await change();
      await change();
      const { hits } = await engine.query("zanzibar", { mode: "words" });
      expect(hits.map(({ url }) => url)).toEqual([expect.stringContaining("aspect-ratio")]);
    },
  );

  test("an entry file before its blocks ends in an error that names a block, and mends with them", async () => {
    server.alter(/\/pieces\//, { status: 404 });
    await expect(engine.load(`${server.origin}/`)).rejects.toMatchObject({
      code: "index/missing-block",
      message: expect.stringContaining(`${server.origin}/pieces/`) as string,
    });
    server.alter(/\/pieces\//, {});
    await load();
    expect((await engine.query("queue")).hits.length).toBeGreaterThan(0);
  });
});

describe("the folder that build writes", () => {
  test("the same pages give the same bytes", async () => {
    const before = await readFile(join(built.index, entryName), "utf8");
    await rm(built.index, { recursive: true });
    await build(built.site);
    expect(await readFile(join(built.index, entryName), "utf8")).toBe(before);
  });

  test("without the entry file there is no index, whatever blocks lie about", async () => {
    await rm(join(built.index, entryName));
    await expect(engine.load(`${server.origin}/`)).rejects.toMatchObject({ code: "index/missing" });
  });
});
