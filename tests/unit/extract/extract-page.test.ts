import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { extractHtml } from "../../../cli/extract/html.ts";
import { decodeHtml } from "../../../src/extract/decode.ts";
import type { ExtractedPage } from "../../../src/extract/extract-page.ts";

function extract(html: string): ExtractedPage {
  const page = extractHtml(html, "page.html");
  if ("skipped" in page) throw new Error(`skipped: ${page.skipped}`);
  return page;
}

async function extractFixture(name: string): Promise<ExtractedPage> {
  return extract(decodeHtml(await readFile(new URL(`../../fixtures/extraction/${name}`, import.meta.url))));
}

const texts = ({ document }: ExtractedPage): string[] => document.sections.map(({ text }) => text);

describe("what authors say by attributes", () => {
  test("decides on content, attributes, weights and titles, by our names and by Pagefind's", async () => {
    const { document, content, canonical } = await extractFixture("directives.html");
    expect(content).toBe("marked");
    expect(canonical).toBe("https://shore.example/seals/");
    expect(document.attributes).toEqual({
      weight: 2.5,
      description: "Where to watch harbour seals.",
      trail: "Animals",
      keeper: "Ada Brook",
      picture: "seal.jpg",
      picture_text: "A seal on a bank",
      rank: 12,
      seen: "2026-03-01",
      region: ["North coast"],
      season: ["Summer", "Autumn"],
    });
    expect(document.sections).toEqual([
      { heading: "Harbour seals", level: 1, anchor: "seals", text: "Summer\nThey rest on sandbanks at low tide." },
      { heading: "Harbour seals", level: 1, anchor: "seals", weight: 0.5, text: "A note that counts for less." },
      { heading: "Harbour seals", level: 1, anchor: "seals", text: "Low tide A seal on a bank" },
      { heading: "Pups", level: 2, anchor: "pups", text: "Born in June, they swim within hours.\nNumbers grow again." },
      { heading: "Keeping away", level: 2, anchor: "keeping-away", text: "A hundred metres." },
      { heading: "Keeping away", level: 2, anchor: "keeping-away", text: "Seehunde ruhen bei Ebbe.", lang: "de" },
      { heading: "", level: 1, text: "Also marked: write to the warden." },
    ]);
  });

  test.each([
    ["html", "<html data-pagefind-ignore><p>x"],
    ["body", "<body data-inkling-ignore=all><p>x"],
  ])("takes a whole page out by %s", (_, html) => {
    expect(extractHtml(html, "a.html")).toEqual({ skipped: "data-inkling-ignore on the whole page" });
  });

  test.each([
    ["our name wins over the alias", '<p data-inkling-meta="a:1" data-pagefind-meta="a:2">x', { a: "1" }],
    ["a default counts where nothing is found", '<p data-inkling-default-meta="a:1, 2">x', { a: "1, 2" }],
    ["a default gives way", '<p data-pagefind-default-meta="a:1">x<i data-pagefind-meta="a:2"></i>', { a: "2" }],
    [
      "a value in place may hold commas and colons",
      '<p data-inkling-meta="b[id], a:x, y:z" id=q>x',
      { b: "q", a: "x, y:z" },
    ],
    [
      "a filter is a list, each value once",
      '<i data-inkling-filter="t">a</i><b data-inkling-filter="t">a</b>',
      { t: ["a"] },
    ],
    [
      "what sorts is a number where it is one",
      '<p data-inkling-sort="n:-1.5">x<i data-inkling-sort="v:1.2.3"></i>',
      { n: -1.5, v: "1.2.3" },
    ],
    ["a weight is at most 10", "<main data-inkling-weight=99>x</main>", { weight: 10 }],
    ["a weight that is none is passed over", "<main data-inkling-weight=heavy>x</main>", undefined],
    ["a name like __proto__ is a name", '<p data-inkling-meta="__proto__:x">y', JSON.parse('{"__proto__":"x"}')],
    ["nonsense is passed over", '<p data-inkling-filter="[x], a[, ]:, :b,">x', undefined],
  ])("%s", (_, html, attributes) => expect(extract(html).document.attributes).toEqual(attributes));

  test("metadata named title is the title", () => {
    const { document } = extract('<title>A</title><h1>B</h1><p data-inkling-meta="title">C</p>');
    expect(document).toMatchObject({ title: "C" });
    expect(document.attributes).toBeUndefined();
  });
});

describe("tables of data are sentences", () => {
  test("with heads over several columns and rows, captions and gaps", async () => {
    const page = await extractFixture("tables.html");
    expect(texts(page)).toEqual([
      [
        "Ferries",
        "Pier: North; First: 06:10; Last: 22:40.",
        "Pier: South; First: 06:30; Last: 21:00.",
        "Pier: South; First: 07:30.",
        "Internal name: a b; Shown: c&d.",
        "All of them",
      ].join("\n"),
      "cells | with\nboxes | beside\nIn: 1; ner: 2.\nCode | Meaning\none\n  two | kept as lines\nmisplaced\ncells\nAlone",
    ]);
  });

  test("or stand as on the page, if the reader of the document wants quotes", () => {
    const page = extractHtml("<table><tr><th>a<th>b<tr><td>1<td>2</table>", "a.html", { tables: "cells" });
    expect(page).toMatchObject({ document: { sections: [{ text: "a | b\n1 | 2" }] } });
  });

  test("a span of millions costs nothing", () => {
    const table = "<table><tr><th>a<th>b<tr><td colspan=99999999 rowspan=99999999>x<td>y</table>";
    expect(texts(extract(table))).toEqual(["a: x; y."]);
  });
});

describe("metadata", () => {
  test("comes from OpenGraph, JSON-LD and time elements", async () => {
    const { document } = await extractFixture("metadata.html");
    expect(document).toMatchObject({ title: "Baking with rye", lang: "pt-BR" });
    expect(document.attributes).toEqual({
      description: "Dense, dark and sour.",
      image: "https://bread.example/rye.jpg",
      type: "article",
      published: "2026-03-01",
      modified: "2026-03-02T08:30:00.000Z",
      author: ["Ana Reis", "Bo"],
      tags: ["bread", "rye", "sour", "dark"],
    });
    expect(document.sections[1]).toMatchObject({ heading: "In short", lang: "en" });
  });

  test("the language is that of most of the text", () => {
    const { document } = extract(
      `<html lang=en><main><h1>Title</h1>Hello.<div lang=fr>${"Bonjour. ".repeat(9)}</div></main>`,
    );
    expect(document.lang).toBe("fr");
    expect(document.sections.map(({ lang }) => lang)).toEqual(["en", undefined]);
  });

  test.each([
    ["2026-03-01", "2026-03-01"],
    ["20260301", "2026-03-01"],
    ["2026-03-01 10:00", "2026-03-01T10:00:00.000Z"],
    ["2026-03-01T10:00:00.123456+0530", "2026-03-01T04:30:00.123Z"],
    ["Sun, 01 Mar 2026 10:00:00 GMT", "2026-03-01T10:00:00.000Z"],
    ["2026-02-30", undefined],
    ["2026-13-01T00:00Z", undefined],
    ["March 1, 2026", undefined],
    ["soon", undefined],
  ])("the date %s is %s", (written, published) => {
    const page = extract(`<meta name="date" content="${written}"><p>x`);
    expect(page.document.attributes?.["published"]).toBe(published);
  });

  test("damaged, deep and endless JSON-LD is passed over", () => {
    const nested = `${'{"@type":"Article","mainEntity":'.repeat(5000)}{}${"}".repeat(5000)}`;
    const wide = `[${Array(5000).fill('{"@type":"Thing"}').join()},{"@type":"Article","headline":"Late"}]`;
    for (const json of ["{", "null", "[[[]]]", '"x"', nested, wide]) {
      const page = extract(`<script type="application/ld+json">${json}</script><p>text`);
      expect(texts(page)).toEqual(["text"]);
    }
  });
});

test("frames have no text", async () => {
  const html = await readFile(new URL("../../fixtures/extraction/frameset.html", import.meta.url), "utf8");
  expect(extractHtml(html, "frameset.html")).toEqual({ skipped: "no text" });
});

test("a made anchor does not depend on headings with other words", () => {
  const anchorsOf = (html: string): unknown[] => extract(html).document.sections.map(({ anchor }) => anchor);
  expect(anchorsOf("<h2>Set up</h2>a<h2>Use it</h2>b<h2>Use it</h2>c")).toEqual(["set-up", "use-it", "use-it-1"]);
  expect(anchorsOf("<h2>New</h2>n<h2>Use it</h2>b<h2>Use it</h2>c")).toEqual(["new", "use-it", "use-it-1"]);
});

test("a page of 50 MB is read", { timeout: 60_000 }, () => {
  const paragraph = `<p>${"word ".repeat(200)}</p>\n`;
  const html = `<main>${paragraph.repeat(Math.ceil(50_000_000 / paragraph.length))}</main>`;
  expect(texts(extract(html))[0]!.length).toBeGreaterThan(45_000_000);
});
