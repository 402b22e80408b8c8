import { describe, expect, test } from "vitest";
import { InvalidArgumentError, SearchError } from "../../../src/errors.ts";
import type { Document } from "../../../src/types.ts";
import { openEngine, pages, urlsOf } from "./engine-kit.ts";

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

test("an error is a SearchError with a remedy in its message", async () => {
  const engine = await openEngine();
  const error: unknown = await engine.query("x", { limit: -1 }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(SearchError);
  expect((error as SearchError).message).toMatch(/limit.*-1.*expected/);
});
