import { afterEach, describe, expect, test } from "vitest";
import { InvalidArgumentError, SearchError, StorageError } from "../../../src/errors.ts";
import type { Document, Progress } from "../../../src/types.ts";
import { createMemoryStore } from "../../../worker/stores/memory.ts";
import {
  closeEngines,
  defer,
  FaultyStore,
  nextTask,
  numberedPages,
  openEngine,
  pages,
  urlsOf,
  WatchedModel,
} from "./engine-kit.ts";

afterEach(closeEngines);

describe("adding", () => {
  test("gives every page back by its own words, in any script", async () => {
    const engine = await openEngine();
    const result = await engine.add(pages);
    expect(result).toMatchObject({ added: pages.length, replaced: 0, unchanged: 0, withoutVector: 0, warnings: [] });
    expect(result.embedded).toBe(result.passages);
    for (const [query, url] of [
      ["blight on wet leaves", "garden.html"],
      ["ελληνικοσ καφεσ", "cafe.html"],
      ["東京の天気", "ja.html"],
      ["القهوة العربية", "ar.html"],
      ["strassenbahn bruecke brucke", "de.html"],
    ] as const) {
      expect(urlsOf(await engine.query(query, { mode: "words" }))[0], query).toBe(url);
    }
  });

  test("answers a question that shares no word with its page", async () => {
    const engine = await openEngine();
    await engine.add(pages.slice(0, 5));
    const answer = await engine.query("my picture pushes everything down when it shows up");
    expect(answer).toMatchObject({ mode: "hybrid", tier: "instant", truncated: false });
    expect(answer.hits[0]).toMatchObject({ url: "layout.html", attributes: { area: "css" } });
    expect(answer.hits[0]!.passages.map((passage) => passage.anchor)).toContain("aspect-ratio");
  });

  test("changes nothing when the same documents are added again", async () => {
    const model = await WatchedModel.load();
    const engine = await openEngine({ loadEmbedder: async () => model });
    await engine.add(pages);
    const before = await engine.status();
    const texts = model.embedded.length;
    const result = await engine.add(pages);
    expect(result).toMatchObject({ added: 0, replaced: 0, unchanged: pages.length, passages: 0, embedded: 0 });
    expect(model.embedded.length).toBe(texts);
    expect(await engine.status()).toEqual(before);
  });

  test("replaces a document whose text has changed", async () => {
    const engine = await openEngine();
    await engine.add(pages);
    const result = await engine.add([{ url: "garden.html", title: "Watering", text: "Cacti want hardly any water." }]);
    expect(result).toMatchObject({ added: 0, replaced: 1, unchanged: 0 });
    expect(urlsOf(await engine.query("blight", { mode: "words" }))).toEqual([]);
    expect(urlsOf(await engine.query("cacti", { mode: "words" }))).toEqual(["garden.html"]);
    expect((await engine.status()).documents).toBe(pages.length);
  });

  test("embeds only the section that has changed", async () => {
    const model = await WatchedModel.load();
    const engine = await openEngine({ loadEmbedder: async () => model });
    await engine.add(pages);
    model.embedded.length = 0;
    const layout = pages[0]!;
    const sections = layout.sections!.map((section) =>
      section.anchor === "overflow" ? { ...section, text: "Clips what is too wide." } : section,
    );
    const result = await engine.add([{ ...layout, sections } as Document]);
    expect(result).toMatchObject({ replaced: 1, passages: 3, embedded: 1 });
    expect(model.embedded).toEqual(["Boxes\nOverflow\nClips what is too wide."]);
  });

  test("embeds nothing when a document moves to another url", async () => {
    const model = await WatchedModel.load();
    const engine = await openEngine({ loadEmbedder: async () => model });
    await engine.add(pages);
    model.embedded.length = 0;
    const result = await engine.add([{ ...pages[3]!, url: "moved/garden.html" }]);
    await engine.remove(["garden.html"]);
    expect(result).toMatchObject({ added: 1, embedded: 0, withoutVector: 0 });
    expect(model.embedded).toEqual([]);
    expect(urlsOf(await engine.query("plants that get blight", { mode: "dense" }))[0]).toBe("moved/garden.html");
  });

  test("reports progress in documents that never goes back and ends at the total", async () => {
    const engine = await openEngine();
    const seen: Progress[] = [];
    await engine.add(numberedPages(600), { onProgress: (progress) => seen.push(progress) });
    const done = seen.filter((progress) => progress.phase === "index").map((progress) => progress.done);
    expect(seen.every(({ phase, total }) => phase !== "index" || total === 600)).toBe(true);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
    expect(done.at(-1)).toBe(600);
  });

  test("of nothing is a success without a change", async () => {
    const engine = await openEngine();
    expect(await engine.add([])).toEqual({
      added: 0,
      replaced: 0,
      unchanged: 0,
      passages: 0,
      embedded: 0,
      withoutVector: 0,
      warnings: [],
    });
    expect((await engine.status()).generation).toBe(0);
  });

  test("keeps title, path, anchor and verbatim text of long sections", async () => {
    const engine = await openEngine();
    const long = Array.from({ length: 80 }, (_, i) => `Sentence number ${i} speaks of item${i}, at some length.`).join(
      " ",
    );
    const sections = [
      { heading: "One", level: 1, anchor: "one", text: "Short." },
      { heading: "Deep", level: 4, text: long },
    ];
    await engine.add([{ url: "long", title: "Long", sections }]);
    const [hit] = (await engine.query("item61", { mode: "words" })).hits;
    expect(hit!.passages[0]).toMatchObject({ section: "Deep", path: ["One", "Deep"], anchor: "one" });
    expect(long).toContain(hit!.passages[0]!.excerpt);
    const [start, end] = hit!.passages[0]!.ranges[0]!;
    expect(hit!.passages[0]!.excerpt.slice(start, end)).toBe("item61");
  });
});

describe("removing", () => {
  test("takes documents out and leaves the others", async () => {
    const engine = await openEngine();
    await engine.add(pages);
    expect(await engine.remove(["garden.html", "nowhere.html"])).toEqual({ removed: 1 });
    expect(await engine.remove(["garden.html"])).toEqual({ removed: 0 });
    expect(urlsOf(await engine.query("water"))).not.toContain("garden.html");
    expect(await engine.status()).toMatchObject({ documents: pages.length - 1, withoutVector: 0 });
  });

  test("of every document leaves no segment and no bytes", async () => {
    const engine = await openEngine();
    await engine.add(pages);
    await engine.remove(pages.map((page) => page.url));
    expect(await engine.status()).toMatchObject({ documents: 0, passages: 0, segments: 0, bytes: 0 });
    expect((await engine.add(pages)).added).toBe(pages.length);
    expect(urlsOf(await engine.query("blight", { mode: "words" }))).toEqual(["garden.html"]);
  });

  test("is not undone by adding the same document twice in between", async () => {
    const engine = await openEngine();
    for (let round = 0; round < 3; round++) {
      await engine.add(pages);
      await engine.remove(["rust.html"]);
      expect(urlsOf(await engine.query("E0308", { mode: "words" }))).toEqual([]);
    }
    await engine.add(pages);
    expect(urlsOf(await engine.query("E0308", { mode: "words" }))).toEqual(["rust.html"]);
    expect((await engine.status()).documents).toBe(pages.length);
  });

  test("clear empties the index and counts as one change", async () => {
    const engine = await openEngine();
    await engine.add(pages);
    const { generation } = await engine.status();
    await engine.clear();
    expect(await engine.status()).toMatchObject({ documents: 0, segments: 0, bytes: 0, generation: generation + 1 });
    expect((await engine.query("water")).hits).toEqual([]);
  });
});

describe("what a caller gets wrong", () => {
  const wrong: readonly [string, readonly unknown[], string][] = [
    ["no url", [{ text: "x" }], "argument/url"],
    ["an empty url", [{ url: "", text: "x" }], "argument/url"],
    ["a url with a lone surrogate", [{ url: "page/\ud800", text: "x" }], "argument/url"],
    ["no text", [{ url: "a" }], "argument/text"],
    [
      "one url twice",
      [
        { url: "a", text: "x" },
        { url: "b", text: "y" },
        { url: "a", text: "z" },
      ],
      "argument/duplicate-url",
    ],
    ["50 MB of text", [{ url: "a", text: "word ".repeat(10_000_000) }], "argument/text-too-large"],
    ["50 MB of title", [{ url: "a", title: "word ".repeat(10_000_000), text: "x" }], "argument/text-too-large"],
  ];
  for (const [what, documents, code] of wrong) {
    test(`${what} rejects with ${code}, and nothing of the call is indexed`, async () => {
      const engine = await openEngine();
      await engine.add(pages);
      const before = await engine.status();
      const mixed = [{ url: "good", text: "a good document" }, ...documents] as Document[];
      const error: unknown = await engine.add(mixed).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(InvalidArgumentError);
      expect(error).toMatchObject({ code });
      expect(await engine.status()).toEqual(before);
      expect(urlsOf(await engine.query("blight", { mode: "words" }))).toEqual(["garden.html"]);
    });
  }

  for (const limit of [-1, 1.5, Number.NaN, Infinity, "10", null]) {
    test(`limit ${String(limit)} rejects with argument/limit`, async () => {
      const engine = await openEngine();
      const query = engine.query("x", { limit: limit as number });
      if (limit === null) await expect(query).resolves.toMatchObject({ hits: [] });
      else await expect(query).rejects.toMatchObject({ name: "InvalidArgumentError", code: "argument/limit" });
    });
  }

  test("limit 0 gives no hits and still counts the pages", async () => {
    const engine = await openEngine();
    await engine.add(pages);
    const answer = await engine.query("water", { limit: 0, mode: "words" });
    expect(answer.hits).toEqual([]);
    expect(answer.total).toBe(2);
  });

  test("the largest limit there is gives every page", async () => {
    const engine = await openEngine();
    await engine.add(pages);
    const answer = await engine.query("water", { limit: Number.MAX_SAFE_INTEGER });
    expect(answer.hits).toHaveLength(answer.total);
  });

  test("urls to remove that are no array of strings reject with argument/url", async () => {
    const engine = await openEngine();
    for (const urls of ["a.html", undefined, null, [1]]) {
      await expect(engine.remove(urls as unknown as string[])).rejects.toMatchObject({ code: "argument/url" });
    }
  });

  for (const attributes of [
    "text",
    5,
    null,
    ["a"],
    new Date(0),
    { a: { b: 1 } },
    { a: Number.NaN },
    { a: null },
    { toJSON: () => 1 },
  ]) {
    test(`the attributes ${JSON.stringify(attributes)} reject with argument/attributes`, async () => {
      const engine = await openEngine();
      const documents = [{ url: "a", text: "x", attributes }] as unknown as Document[];
      await expect(engine.add(documents)).rejects.toMatchObject({ code: "argument/attributes" });
    });
  }

  test("an unknown mode and a query that is no string are refused by name", async () => {
    const engine = await openEngine();
    await expect(engine.query("x", { mode: "magic" as "words" })).rejects.toMatchObject({ code: "argument/mode" });
    await expect(engine.query(42 as unknown as string)).rejects.toMatchObject({ code: "argument/query" });
  });

  test("a closed search rejects every call, and closing twice is no error", async () => {
    const engine = await openEngine();
    await engine.add(pages);
    await engine.close();
    await engine.close();
    const calls = [engine.add(pages), engine.query("x"), engine.remove(["a"]), engine.clear(), engine.status()];
    for (const call of calls) await expect(call).rejects.toMatchObject({ name: "SearchError", code: "search/closed" });
  });
});

describe("odd queries", () => {
  for (const query of ["", " ", "\n\t\u00a0\u3000", "\u0000", "\ud800", "\ufeff"]) {
    test(`${JSON.stringify(query)} gets an ordinary empty answer`, async () => {
      const engine = await openEngine();
      await engine.add(pages);
      expect(await engine.query(query, { mode: "words" })).toMatchObject({ hits: [], total: 0 });
      await expect(engine.query(query)).resolves.toMatchObject({ truncated: false });
    });
  }

  test("punctuation alone finds nothing by words and breaks nothing else", async () => {
    const engine = await openEngine();
    await engine.add(pages);
    for (const query of ["?!…", '""', '"', "---", "(((", "\\", "*.*", "“”"]) {
      expect((await engine.query(query, { mode: "words" })).hits, query).toEqual([]);
      await engine.query(query);
    }
  });

  test("100,000 characters are answered and reported as cut", async () => {
    const engine = await openEngine();
    await engine.add(pages);
    const answer = await engine.query("tomatoes blight ".repeat(6250));
    expect(answer.truncated).toBe(true);
    expect(urlsOf(answer)[0]).toBe("garden.html");
    expect((await engine.query("x".repeat(100_000))).truncated).toBe(true);
    expect((await engine.query("雨".repeat(100_000))).truncated).toBe(true);
  });

  test("an empty index gives an empty answer in every mode", async () => {
    const engine = await openEngine();
    await engine.modelReady();
    for (const mode of ["words", "dense", "hybrid"] as const) {
      expect(await engine.query("anything", { mode })).toMatchObject({ hits: [], total: 0 });
    }
  });

  test("a single page is found by its meaning", async () => {
    const engine = await openEngine();
    await engine.add([pages[3]!]);
    expect(urlsOf(await engine.query("vegetables that get sick", { mode: "dense" }))).toEqual(["garden.html"]);
    expect(urlsOf(await engine.query("vegetables that get sick"))).toEqual(["garden.html"]);
  });

  test("mode dense says so in its answer, also where it finds nothing", async () => {
    const engine = await openEngine();
    expect((await engine.query("anything", { mode: "dense" })).mode).toBe("dense");
    await engine.add(pages);
    expect((await engine.query("", { mode: "dense" })).mode).toBe("dense");
    expect((await engine.query("rain", { mode: "dense" })).mode).toBe("dense");
  });
});

describe("exactness", () => {
  test("exact identifiers win over words of like meaning", async () => {
    const engine = await openEngine();
    await engine.add([
      ...pages,
      { url: "types.html", title: "Types", text: "Mismatched types and error codes of the compiler, explained." },
    ]);
    for (const [query, url] of [
      ["E0308", "rust.html"],
      ["e0308", "rust.html"],
      ["--no-verify", "git.html"],
      ["std::vector", "git.html"],
      ["createSearch", "git.html"],
      ["aspect-ratio", "layout.html"],
    ] as const) {
      expect(urlsOf(await engine.query(query))[0], query).toBe(url);
    }
  });

  test("pages that hold a quoted phrase come before all others", async () => {
    const engine = await openEngine();
    await engine.add([
      { url: "far", title: "Water and flour, flour and water", text: "Water flour water flour. ".repeat(5) },
      {
        url: "phrase",
        title: "Bread",
        text: "A long page about many other things. Mix flour  with\nWater, then wait.",
      },
    ]);
    expect(urlsOf(await engine.query("flour with water"))[0]).toBe("far");
    expect(urlsOf(await engine.query('"flour with water"'))).toEqual(["phrase", "far"]);
    expect(urlsOf(await engine.query("“Flour with WATER”"))[0]).toBe("phrase");
  });

  test("a quoted phrase of stop words finds the page that has it", async () => {
    const engine = await openEngine();
    await engine.add([
      { url: "hamlet", title: "A play", text: "To be, or not to be, that is the question." },
      { url: "other", title: "A question", text: "Theatre theatre theatre is a question of taste." },
    ]);
    expect(urlsOf(await engine.query('"or not to be" theatre', { mode: "words" }))).toContain("hamlet");
    expect(urlsOf(await engine.query('"or not to be" theatre', { mode: "words" }))[0]).toBe("hamlet");
  });

  test("the same question gives the same answer every time", async () => {
    const [first, second] = [await openEngine(), await openEngine()];
    await first.add(pages);
    await second.add(pages);
    const strip = async (engine: typeof first): Promise<unknown> => (await engine.query("water in the morning")).hits;
    expect(await strip(first)).toEqual(await strip(second));
    expect(await strip(first)).toEqual(await strip(first));
  });

  test("a word half typed is completed while nothing matches it in full", async () => {
    const engine = await openEngine();
    await engine.add(pages);
    expect(urlsOf(await engine.query("cucumb", { mode: "words" }))).toEqual(["garden.html"]);
    expect(urlsOf(await engine.query("cucumbre", { mode: "words" }))).toEqual(["garden.html"]);
    expect(urlsOf(await engine.query("createSea", { mode: "words" }))).toEqual(["git.html"]);
  });
});

describe("odd documents", () => {
  test("lone surrogates, NUL and an unknown language tag give warnings, and the document is found", async () => {
    const engine = await openEngine();
    const { warnings } = await engine.add([
      { url: "odd", title: "a\ud800b", text: "before\0after \udfff strange fruit", lang: "not a language" },
      { url: "none", text: " \n " },
    ]);
    expect(warnings.map(({ url, code }) => `${url} ${code}`)).toEqual([
      "odd text/ill-formed",
      "odd text/ill-formed",
      "odd lang/unknown",
      "none text/empty",
    ]);
    const [hit] = (await engine.query("strange fruit", { mode: "words" })).hits;
    expect(hit!.passages[0]!.excerpt).toBe("before\ufffdafter \ufffd strange fruit");
  });

  test("text that begins with a byte order mark keeps its offsets", async () => {
    const engine = await openEngine();
    await engine.add([{ url: "\ufeffbom", title: "Mark", text: "\ufeffThe first word of this text is an article." }]);
    const [hit] = (await engine.query("article", { mode: "words" })).hits;
    expect(hit!.url).toBe("\ufeffbom");
    const { excerpt, ranges } = hit!.passages[0]!;
    expect(excerpt).toBe("The first word of this text is an article.");
    expect(excerpt.slice(...ranges[0]!)).toBe("article");
  });

  test("a title is found where there is no text at all, and no section either", async () => {
    const engine = await openEngine();
    const { warnings } = await engine.add([
      { url: "title-only", title: "Hypotenuse", text: "" },
      { url: "no-sections", title: "Cathetus", sections: [] },
    ]);
    expect(warnings).toEqual([]);
    expect(urlsOf(await engine.query("hypotenuse", { mode: "words" }))).toEqual(["title-only"]);
    expect(urlsOf(await engine.query("cathetus", { mode: "words" }))).toEqual(["no-sections"]);
  });

  test("hostile attribute names come back as plain data and reach no prototype", async () => {
    const engine = await openEngine();
    const attributes = JSON.parse(
      '{"__proto__": "x", "constructor": "y", "toString": "z", "polluted": true}',
    ) as Record<string, string>;
    await engine.add([{ url: "__proto__", title: "constructor", text: "prototype hasOwnProperty", attributes }]);
    const [hit] = (await engine.query("hasOwnProperty", { mode: "words" })).hits;
    expect(new Map(Object.entries(hit!.attributes))).toEqual(new Map(Object.entries(attributes)));
    expect(hit!.url).toBe("__proto__");
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(urlsOf(await engine.query("constructor __proto__ toString valueOf", { mode: "words" }))).toEqual([
      "__proto__",
    ]);
  });

  test("100,000 attributes are kept", async () => {
    const engine = await openEngine();
    const attributes = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`name${i}`, i]));
    await engine.add([{ url: "a", text: "many attributes", attributes }]);
    const [hit] = (await engine.query("attributes", { mode: "words" })).hits;
    expect(Object.keys(hit!.attributes)).toHaveLength(100_000);
  });

  test("10,000 headings are indexed, and each is found with its own anchor", async () => {
    const engine = await openEngine();
    const sections = Array.from({ length: 10_000 }, (_, i) => ({
      heading: `Heading h${i}`,
      level: (i % 6) + 1,
      anchor: `h${i}`,
      text: i % 2 === 0 ? "" : `Text t${i}.`,
    }));
    await engine.add([{ url: "headings", title: "All", sections }]);
    const [hit] = (await engine.query("t7777", { mode: "words" })).hits;
    expect(hit!.passages[0]).toMatchObject({ section: "Heading h7777", anchor: "h7777" });
  });

  test("a title of a million characters does not multiply with the passages", async () => {
    const engine = await openEngine({ loadEmbedder: () => Promise.reject(new Error("none")) });
    const title = Array.from({ length: 150_000 }, (_, i) => `t${i}`).join(" ");
    const text = Array.from({ length: 20_000 }, (_, i) => `Sentence ${i} of the text, w${i}.`).join(" ");
    await engine.add([{ url: "huge-title", title, text }]);
    expect((await engine.status()).bytes).toBeLessThan(20_000_000);
    expect(urlsOf(await engine.query("w19999", { mode: "words" }))).toEqual(["huge-title"]);
  });
});

describe("while other calls run", () => {
  test("a query is answered while documents are being added", async () => {
    const model = await WatchedModel.load();
    const engine = await openEngine({ loadEmbedder: async () => model });
    await engine.add(pages);
    const [reached, go] = [defer(), defer()];
    model.beforeBatch = () => (reached.resolve(), go.promise);
    const adding = engine.add(numberedPages(100));
    await reached.promise;
    expect(urlsOf(await engine.query("blight", { mode: "words" }))).toEqual(["garden.html"]);
    go.resolve();
    expect((await adding).added).toBe(100);
    expect(urlsOf(await engine.query("topic42", { mode: "words" }))[0]).toBe("n/42");
  });

  test("changes run one after the other, in the order of the calls", async () => {
    const engine = await openEngine();
    const results = await Promise.all([
      engine.add(numberedPages(30)),
      engine.remove(["n/3"]),
      engine.add([{ url: "n/4", text: "replaced by the third call" }]),
      engine.clear(),
      engine.add(pages),
    ]);
    expect(results[1]).toEqual({ removed: 1 });
    expect(results[2]).toMatchObject({ replaced: 1 });
    expect((await engine.status()).documents).toBe(pages.length);
  });

  test("cancelling keeps what is committed, and later calls work", async () => {
    const model = await WatchedModel.load();
    const store = new FaultyStore();
    const engine = await openEngine({ store, loadEmbedder: async () => model });
    const controller = new AbortController();
    const reason = new Error("enough");
    store.beforeCommit = () => {
      if (store.commits === 1) controller.abort(reason);
    };
    await engine.modelReady();
    await expect(engine.add(numberedPages(2000), { signal: controller.signal })).rejects.toBe(reason);
    const { documents } = await engine.status();
    expect(documents).toBeGreaterThan(0);
    expect(documents).toBeLessThan(2000);
    expect(urlsOf(await engine.query("topic5", { mode: "words" }))[0]).toBe("n/5");
    expect(await engine.add(numberedPages(2000))).toMatchObject({ unchanged: documents, added: 2000 - documents });
  });

  test("a call that is cancelled before it begins changes nothing", async () => {
    const engine = await openEngine();
    const signal = AbortSignal.abort(new Error("no"));
    await expect(engine.add(pages, { signal })).rejects.toThrow("no");
    await expect(engine.remove(["a"], { signal })).rejects.toThrow("no");
    await expect(engine.query("x", { signal })).rejects.toThrow("no");
    expect((await engine.status()).generation).toBe(0);
  });

  test("a waiting call can be cancelled without the one before it", async () => {
    const engine = await openEngine();
    const controller = new AbortController();
    const first = engine.add(numberedPages(50));
    const second = engine.add(pages, { signal: controller.signal });
    controller.abort(new Error("not the second"));
    await expect(second).rejects.toThrow("not the second");
    expect((await first).added).toBe(50);
  });

  test("closing ends an add that waits for a model which never comes, also during its last commit", async () => {
    const store = new FaultyStore();
    const engine = await openEngine({ store, loadEmbedder: () => new Promise(() => {}) });
    let closing: Promise<void> | undefined;
    store.beforeCommit = () => void (closing ??= engine.close());
    await expect(engine.add(pages)).rejects.toMatchObject({ code: "search/closed" });
    await closing;
    expect(closing).toBeDefined();
  });
});

describe("storage that fails", () => {
  test("half-way leaves the earlier commits, and the next add goes on from there", async () => {
    const store = new FaultyStore();
    const engine = await openEngine({ store });
    await engine.add(pages);
    const full = new StorageError("storage/quota", "The disk is full.");
    const commits = store.commits;
    store.beforeCommit = () => {
      if (store.commits > commits) throw full;
    };
    await expect(engine.add(numberedPages(2000))).rejects.toBe(full);
    const { documents } = await engine.status();
    expect(documents).toBeGreaterThan(pages.length);
    expect(urlsOf(await engine.query("blight", { mode: "words" }))).toEqual(["garden.html"]);
    store.beforeCommit = () => {};
    await engine.add(numberedPages(2000));
    expect((await engine.status()).documents).toBe(2000 + pages.length);
  });

  test("is named as such when another tab wins every time", async () => {
    const engine = await openEngine({ store: Object.assign(new FaultyStore(), { commit: async () => false }) });
    await expect(engine.add(pages)).rejects.toMatchObject({ name: "StorageError", code: "storage/conflict" });
  });

  test("reads its fallback out of status", async () => {
    const error = new StorageError("storage/unavailable", "Private mode.");
    const engine = await openEngine({ storeFallback: error });
    const { fallbacks } = await engine.status();
    expect(fallbacks).toEqual([
      expect.objectContaining({ feature: "storage", error: expect.objectContaining({ code: "storage/unavailable" }) }),
    ]);
  });
});

describe("two engines on one store", () => {
  test("that add at once both end up in the index", async () => {
    const store = createMemoryStore();
    const [left, right] = [await openEngine({ store }), await openEngine({ store })];
    await Promise.all([left.add(numberedPages(300)), right.add(numberedPages(300, 300))]);
    const reopened = await openEngine({ store });
    expect((await reopened.status()).documents).toBe(600);
    for (const i of [0, 299, 300, 599]) {
      expect(urlsOf(await reopened.query(`topic${i}`, { mode: "words" }))[0]).toBe(`n/${i}`);
    }
  });

  test("that add the same page at once keep one of it", async () => {
    const store = createMemoryStore();
    const engines = [await openEngine({ store }), await openEngine({ store }), await openEngine({ store })];
    await Promise.all(engines.map((engine, i) => engine.add([{ url: "same", text: `version${i} of the page` }])));
    const reopened = await openEngine({ store });
    expect((await reopened.status()).documents).toBe(1);
    expect((await reopened.query("page", { mode: "words" })).hits).toHaveLength(1);
  });

  test("one sees what the other has changed once it is told", async () => {
    const store = new FaultyStore();
    const [left, right] = [await openEngine({ store }), await openEngine({ store })];
    await left.add(pages);
    store.notify();
    expect(urlsOf(await right.query("blight", { mode: "words" }))).toEqual(["garden.html"]);
    expect((await right.status()).generation).toBe((await left.status()).generation);
  });

  test("an answer is never cut short by blocks that the other one removes meanwhile", async () => {
    const store = createMemoryStore();
    const [left, right] = [await openEngine({ store }), await openEngine({ store })];
    await left.add(pages);
    const seen = await openEngine({ store });
    await right.clear();
    await right.add([...pages, { url: "new", text: "more blight" }]);
    expect(urlsOf(await seen.query("blight", { mode: "words" })).toSorted()).toEqual(["garden.html", "new"]);
    expect((await seen.status()).fallbacks).toEqual([]);
  });
});

describe("merging segments", () => {
  test("keeps every answer and every vector", async () => {
    const model = await WatchedModel.load();
    const engine = await openEngine({ loadEmbedder: async () => model });
    const all = numberedPages(9).concat(pages as Document[]);
    for (let i = 0; i < 8; i++) await engine.add([all[i]!]);
    const reference = await openEngine();
    await reference.add(all);
    const before = model.embedded.length;
    for (const page of all.slice(8)) await engine.add([page]);
    expect(model.embedded.length).toBe(before + (await reference.status()).passages - 8);
    const { segments, documents, withoutVector } = await engine.status();
    expect({ documents, withoutVector }).toEqual({ documents: all.length, withoutVector: 0 });
    expect(segments).toBeLessThanOrEqual(8);
    for (const query of [
      "topic7",
      "water",
      "東京",
      "page about shared words",
      "blight leaves",
      "E0308",
      "rain tomorrow",
      '"hot oven"',
    ]) {
      const [got, expected] = [await engine.query(query), await reference.query(query)];
      const shape = (answer: typeof got): unknown =>
        answer.hits
          .map(({ url, score, passages }) => ({ url, score: score.toFixed(5), excerpt: passages[0]!.excerpt }))
          .toSorted((a, b) => (a.url < b.url ? -1 : 1));
      expect(shape(got), query).toEqual(shape(expected));
    }
  });

  test("leaves removed documents behind", async () => {
    const engine = await openEngine();
    for (let i = 0; i < 8; i++) await engine.add(numberedPages(2, i * 2));
    await engine.remove(["n/0", "n/3", "n/4"]);
    await engine.add(numberedPages(1, 100));
    const { segments, documents, passages } = await engine.status();
    expect({ documents, passages }).toEqual({ documents: 14, passages: 14 });
    expect(segments).toBeLessThanOrEqual(8);
    expect(urlsOf(await engine.query("topic3", { mode: "words" }))).not.toContain("n/3");
    expect(await engine.add(numberedPages(1, 1))).toMatchObject({ unchanged: 1 });
  });

  test("never loses vectors while the model is loading", async () => {
    const store = new FaultyStore();
    const first = await openEngine({ store });
    for (let i = 0; i < 8; i++) await first.add(numberedPages(1, i));
    await first.close();
    const model = await WatchedModel.load();
    const loaded = defer<WatchedModel>();
    const engine = await openEngine({ store, loadEmbedder: () => loaded.promise });
    const commits = store.commits;
    const adding = engine.add(numberedPages(1, 8));
    while (store.commits === commits) await nextTask();
    for (let i = 0; i < 20; i++) await nextTask();
    loaded.resolve(model);
    await adding;
    expect(model.embedded).toEqual([expect.stringContaining("topic8 ")]);
  });
});

test("an error is a SearchError with a remedy in its message", async () => {
  const engine = await openEngine();
  const error: unknown = await engine.query("x", { limit: -1 }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(SearchError);
  expect((error as SearchError).message).toMatch(/limit.*-1.*expected/);
});
