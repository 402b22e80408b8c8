import "fake-indexeddb/auto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { openEngine } from "../../../../cli/engine.ts";
import { findModelFolder } from "../../../../cli/model-folder.ts";
import { createFileModelSource } from "../../../../cli/model-source.ts";
import { entryName, type PiecesEntry } from "../../../../src/core/pieces/entry.ts";
import { piecePath } from "../../../../src/core/pieces/piece-name.ts";
import type { Engine } from "../../../../worker/engine.ts";
import { answersOf } from "./answers.ts";
import { scoreLeaf } from "../../../../src/core/pieces/residual-codes.ts";
import { findPassages } from "../../../../worker/loaded/answer-query.ts";
import { LoadedIndex } from "../../../../worker/loaded/loaded-index.ts";
import { openPieceCache } from "../../../../worker/loaded/piece-cache.ts";
import { defaultBudget, type MeaningBudget } from "../../../../worker/loaded/score-meaning.ts";
import { loadStaticEmbedder } from "../../../../worker/static-embedder.ts";
import { openFileStore } from "../../../../worker/stores/files.ts";
import { startServer, type TestServer } from "../../../browser/harness/server.ts";
import { buildSiteInPieces, type SiteInPieces } from "./site-in-pieces.ts";

const questions = [
  "will it work without a connection",
  "how do I keep the index up to date",
  "content security policy",
  "which browsers are supported",
  "E0308",
  "storge quota",
  "highlight the words on the page",
  "what does a visitor have to download",
  "index/newer-format",
  "search as you ty",
];

let built: SiteInPieces;
let exact: Engine;
let server: TestServer;
let url: string;
const open: LoadedIndex[] = [];

beforeAll(async () => {
  built = await buildSiteInPieces("docs/guide");
  exact = await openEngine("exact", await openFileStore(built.index), { model: undefined });
  await exact.modelReady();
}, 120_000);

afterAll(async () => {
  await exact?.close();
  await built?.remove();
});

beforeEach(async () => {
  server = await startServer({ folders: { "/": built.index } });
  // Each test is a first visit: what is kept belongs to an address, and the port is another one.
  url = `${server.origin}/`;
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((index) => index.close()));
  await server.close();
});

async function load(): Promise<LoadedIndex> {
  const index = await LoadedIndex.open(url);
  open.push(index);
  return index;
}

async function codeOf(promise: Promise<unknown>): Promise<{ code: string; message: string }> {
  return promise.then(
    () => ({ code: "none", message: "" }),
    (error: { code: string; message: string }) => ({ code: error.code, message: error.message }),
  );
}

async function readEntry(): Promise<PiecesEntry> {
  return JSON.parse(await readFile(join(built.index, entryName), "utf8")) as PiecesEntry;
}

describe("what a loaded index answers", () => {
  test("a query gets the vector that the whole model gives it, to the last digits", async () => {
    const index = await load();
    const { embedder } = (await index.loadMeaning())!;
    const whole = await loadStaticEmbedder(createFileModelSource(findModelFolder()));
    for (const text of [...questions, "antidisestablishmentarianism Straße 日本語 x_y::z", "", "?!"]) {
      const expected = await whole.embedQuery(text);
      const found = await embedder.embed(text);
      expect(found.coverage, text).toBeCloseTo(expected.coverage, 6);
      found.vector.forEach((value, i) => expect(Math.abs(value - expected.vector[i]!)).toBeLessThan(1e-6));
    }
  });

  test("what every question needs is fetched when it is opened, so that none waits for it", async () => {
    await load();
    const pieces = (): string[] => server.requests.map(({ path }) => path).filter((path) => path.includes("/pieces/"));
    // The root, the list of documents, the dictionary of texts.
    await vi.waitFor(() => expect(pieces()).toHaveLength(3));
  });

  test("words and meaning find what the whole index finds", async () => {
    const index = await load();
    await index.loadMeaning();
    const shares = { words: 0, hybrid: 0 };
    for (const mode of ["words", "hybrid"] as const) {
      for (const text of questions) {
        const expected = (await exact.query(text, { mode })).hits.map((hit) => hit.url);
        const found = (await answersOf([index], text, mode)).map(({ hit }) => hit.url);
        shares[mode] +=
          expected.length === 0 ? 1 : expected.filter((each) => found.includes(each)).length / expected.length;
      }
    }
    // Measured 0.99: levels of postings are 8 % apart, so that pages of nearly equal scores may change places at the tenth.
    expect(shares.words / questions.length).toBeGreaterThan(0.97);
    expect(shares.hybrid / questions.length).toBeGreaterThan(0.9);
  });

  test("hits have the excerpts, anchors and headings of the whole index", async () => {
    const index = await load();
    const expected = (await exact.query("content security policy", { mode: "words" })).hits;
    const found = (await answersOf([index], "content security policy", "words")).map(({ hit }) => hit);
    const known = new Map(expected.map((hit) => [hit.url, hit]));
    const both = found.filter((hit) => known.has(hit.url));
    expect(both.length).toBeGreaterThan(3);
    for (const hit of both) {
      const { title, attributes, passages } = known.get(hit.url)!;
      expect([hit.title, hit.attributes]).toEqual([title, attributes]);
      const { section, path, anchor, excerpt, ranges } = hit.passages[0]!;
      expect(passages.map((each) => each.excerpt)).toContain(excerpt);
      const twin = passages.find((each) => each.excerpt === excerpt)!;
      expect({ section, path, anchor, ranges }).toEqual({
        section: twin.section,
        path: twin.path,
        anchor: twin.anchor,
        ranges: twin.ranges,
      });
    }
  });

  test("a query reads no more leaves than its budget has, and each passage that it read is near its true score", async () => {
    const index = await load();
    await index.loadMeaning();
    const whole = await loadStaticEmbedder(createFileModelSource(findModelFolder()));
    const text = "what does a visitor have to download";
    const { vector } = await whole.embedQuery(text);
    const outside = { passages: 0, frequencies: new Map<string, number>() };
    for (const leaves of [1, 3]) {
      const budget: MeaningBudget = { ...defaultBudget, leaves };
      const { evidence } = await findPassages([index], text, { mode: "hybrid", outside, budget });
      const { scores, highest } = evidence[0]!.meaning!;
      const read = new Map(
        [...scores.keys()].map((passage) => [index.leafOf(passage)!.vectors, index.leafOf(passage)!]),
      );
      expect(read.size).toBe(leaves);
      expect(highest).toBe(Math.max(...scores.values()));
      for (const leaf of read.values()) {
        scoreLeaf(await index.vectors(leaf), vector).forEach((score, i) => {
          expect(scores.get(leaf.first + i)).toBeCloseTo(score, 5);
        });
      }
    }
  });

  test("odd queries give answers, not errors", async () => {
    const index = await load();
    await index.loadMeaning();
    for (const text of ["", "   ", "?", "a", "\ud800", "x".repeat(20_000), "the of and", "0", "\u{1F600}", "ﬁle"])
      expect(Array.isArray(await answersOf([index], text, "hybrid")), JSON.stringify(text.slice(0, 20))).toBe(true);
    expect([...index.failures]).toEqual([]);
  });
});

describe("what is wrong on the host", () => {
  test("no entry file, a web page in its place, and what is no JSON are named", async () => {
    for (const alteration of [{ status: 404 }, { body: () => "<!doctype html>start" }, { body: () => "{" }]) {
      const restore = server.alter(/inkling-pieces\.json/, alteration);
      const { code, message } = await codeOf(load());
      restore();
      expect(code).toBe("index/missing");
      expect(message).toContain(`${url}${entryName}`);
    }
  });

  test("an index of a newer version is refused, with both versions", async () => {
    const entry = await readEntry();
    server.alter(/inkling-pieces\.json/, { body: () => JSON.stringify({ ...entry, format: 99 }) });
    const { code, message } = await codeOf(load());
    expect(code).toBe("index/newer-format");
    expect(message).toMatch(/format 99.*reads format 1/s);
  });

  test("an entry file with odd fields is refused, and the field is named", async () => {
    const entry = await readEntry();
    for (const [field, value] of [
      ["format", "1"],
      ["words", "../../secret"],
      ["meaning", 5],
      ["model", { dim: 256 }],
      ["passages", -1],
    ] as const) {
      const restore = server.alter(/inkling-pieces\.json/, {
        body: () => JSON.stringify({ ...entry, [field]: value }),
      });
      const { code, message } = await codeOf(load());
      restore();
      expect([code, message]).toEqual(["index/format", expect.stringContaining(field)]);
    }
  });

  test("a busy host is asked again, and a host that stays away is an error with its address", async () => {
    let refusals = 2;
    const busy = { status: 503, headers: { "retry-after": "0" } };
    const restore = server.alter(/inkling-pieces\.json/, {
      ...busy,
      until: async () => {
        if (--refusals === 0) restore();
      },
    });
    const entry = await readEntry();
    server.alter(new RegExp(piecePath(entry.meaning!)), { status: 429 });
    const index = await load();
    expect(server.requests.filter(({ status }) => status === 503)).toHaveLength(2);
    const { code, message } = await codeOf(index.loadMeaning());
    expect([code, message]).toEqual(["index/unreachable", expect.stringContaining(piecePath(entry.meaning!))]);
  });

  test.each([
    ["missing", { status: 404 }, "index/missing-block"],
    ["a web page", { body: () => "<!doctype html><title>start</title>" }, "index/checksum"],
    ["truncated", { body: (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1) }, "index/checksum"],
    ["altered", { body: (bytes: Buffer) => Buffer.concat([bytes.subarray(1), Buffer.of(7)]) }, "index/checksum"],
    ["empty", { body: () => "" }, "index/checksum"],
  ] as const)(
    "where blocks are %s, what can be searched is, and status tells the address",
    async (_, alteration, code) => {
      const whole = await load();
      await whole.loadMeaning();
      const all = await answersOf([whole], "content security policy", "hybrid");
      const spoiled = (await whole.leaves(0))
        .filter((_, i) => i % 2 === 1)
        .flatMap((leaf) => [...leaf.texts, leaf.vectors]);
      for (const name of spoiled) server.alter(new RegExp(piecePath(name)), alteration);
      for (const database of await indexedDB.databases()) indexedDB.deleteDatabase(database.name!);
      const damaged = await load();
      await damaged.loadMeaning();
      const found = await answersOf([damaged], "content security policy", "hybrid");
      expect(found.length).toBeGreaterThan(0);
      expect(found.map(({ hit }) => hit.url)).not.toEqual(all.map(({ hit }) => hit.url));
      expect(damaged.failures.size).toBeGreaterThan(0);
      for (const [address, error] of damaged.failures) {
        expect(error.code).toBe(code);
        expect(address).toContain(`${url}pieces/`);
        expect(error.message).toContain(address);
      }
    },
  );

  test("without vectors the words still find", async () => {
    const index = await load();
    await index.loadMeaning();
    for (const { vectors } of await index.leaves(0)) server.alter(new RegExp(piecePath(vectors)), { status: 404 });
    const words = (await answersOf([index], "content security policy", "words")).map(({ hit }) => hit.url);
    const hybrid = (await answersOf([index], "content security policy", "hybrid")).map(({ hit }) => hit.url);
    expect(hybrid).toEqual(words);
    expect(index.failures.size).toBeGreaterThan(0);
  });

  test("hosts without ranges, without compression and with redirects serve it", async () => {
    const redirecting = await startServer({ folders: { "/": built.index } });
    const entry = await readEntry();
    redirecting.alter(new RegExp(piecePath(entry.words)), {
      status: 302,
      headers: { location: `${server.origin}/${piecePath(entry.words)}` },
      body: () => "",
    });
    try {
      url = `${redirecting.origin}/`;
      const index = await load();
      expect((await answersOf([index], "worker", "words")).length).toBeGreaterThan(0);
      expect(redirecting.requests.some(({ status }) => status === 302)).toBe(true);
    } finally {
      await redirecting.close();
    }
  });
});

describe("what is kept", () => {
  test("of a first visit, a block that was written is there at once, and others are not", async () => {
    const cache = await openPieceCache(url);
    expect(await cache.read("0123456789ab")).toBeUndefined();
    await cache.write("0123456789ab", Uint8Array.of(1, 2, 3));
    expect(await cache.read("0123456789ab")).toEqual(Uint8Array.of(1, 2, 3));
    expect(await cache.read("ba9876543210")).toBeUndefined();
    await cache.close();
  });

  test("what is being kept when it is closed is there on the next visit", async () => {
    const cache = await openPieceCache(url);
    const [name, bytes] = ["0123456789ab", Uint8Array.of(1, 2, 3)];
    const [written] = await Promise.allSettled([cache.write(name, bytes), cache.close()]);
    expect(written.status).toBe("fulfilled");
    const next = await openPieceCache(url);
    expect(await next.read(name)).toEqual(bytes);
    await next.close();
  });

  test("a second visit fetches the entry file alone, and works without the host", async () => {
    const first = await load();
    await first.loadMeaning();
    const answers = await answersOf([first], "which browsers are supported", "hybrid");
    await first.fetcher.kept();
    const blocks = (): number => server.requests.filter(({ path }) => path.includes("/pieces/")).length;
    const before = blocks();
    const second = await load();
    await second.loadMeaning();
    expect(await answersOf([second], "which browsers are supported", "hybrid")).toEqual(answers);
    expect(blocks()).toBe(before);
    await server.close();
    const third = await load();
    await third.loadMeaning();
    expect(third.isOffline).toBe(true);
    expect(await answersOf([third], "which browsers are supported", "hybrid")).toEqual(answers);
  });

  test("a kept block that was altered in storage is fetched again", async () => {
    const index = await load();
    const database = await new Promise<IDBDatabase>((resolve) => {
      const request = indexedDB.open(`inkling-loaded:${url}`);
      request.addEventListener("success", () => resolve(request.result));
    });
    const transaction = database.transaction("pieces", "readwrite");
    transaction.objectStore("pieces").put({ bytes: new Uint8Array([1, 2, 3]), epoch: 1 }, index.entry.words);
    await new Promise((resolve) => transaction.addEventListener("complete", resolve));
    database.close();
    expect((await answersOf([await load()], "worker", "words")).length).toBeGreaterThan(0);
  });
});
