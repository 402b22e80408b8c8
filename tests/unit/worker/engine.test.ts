import { describe, expect, test } from "vitest";
import type { Document, Progress } from "../../../src/types.ts";
import { defer, FaultyStore, nextTask, numberedPages, openEngine, pages, urlsOf, WatchedModel } from "./engine-kit.ts";

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
