import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Boilerplate, readEdges, takeOffLines } from "../../../src/extract/boilerplate.ts";
import { chooseCanonical } from "../../../src/extract/canonical.ts";
import type { PageDocument } from "../../../src/extract/extract-page.ts";
import type { Section } from "../../../src/types.ts";
import { parseHtml, createHtmlReader } from "../../../src/extract/parse-html.ts";

function page(url: string, ...sections: readonly (readonly [heading: string, text: string])[]): PageDocument {
  return { url, sections: sections.map(([heading, text]): Section => ({ heading, level: 2, text })) };
}

function strip(pages: readonly PageDocument[]): PageDocument[] {
  const boilerplate = new Boilerplate();
  for (const document of pages) boilerplate.add(document.url, readEdges(document));
  return pages.map((document) => takeOffLines(document, boilerplate.findShared(document.url, readEdges(document))));
}

const menu = "Start\nProducts\nContact";
const site = Array.from({ length: 10 }, (_, i) =>
  page(
    `p${i}.html`,
    ["", `${menu}\nYou are here: page ${i}\nSearch`],
    [`Subject ${i}`, `All about ${i}.\n\nExamples\nMore of ${i}.`],
    ["Share", "By mail\n© 2026"],
  ),
);

describe("what pages share at their ends", () => {
  test("is taken off, with headings that have nothing left, and the middle stays", () => {
    expect(strip(site)[3]).toEqual(
      page("p3.html", ["", "You are here: page 3"], ["Subject 3", "All about 3.\n\nExamples\nMore of 3."]),
    );
  });

  test("stays where there are few pages", () => expect(strip(site.slice(0, 7))).toEqual(site.slice(0, 7)));

  test("stays where it is all there is", () => {
    const same = Array.from({ length: 9 }, (_, i) => page(`p${i}.html`, ["", "Closed today"]));
    expect(strip(same)).toEqual(same);
  });

  test("is counted by folder, so that two manuals in one site each lose their own", () => {
    const manuals = ["a", "b", "c"].flatMap((name) =>
      Array.from({ length: 8 }, (_, i) => page(`${name}/${i}.html`, ["", `Manual ${name}\nText ${name} ${i}`])),
    );
    expect(strip(manuals).map(({ sections }) => sections[0]!.text)).toEqual(
      manuals.map(({ url }) => `Text ${url[0]} ${url[2]}`),
    );
  });

  test("is never code", () => {
    const pages = Array.from({ length: 9 }, (_, i) =>
      page(`p${i}.html`, ["", `Value ${i}:\nstruct S {\n  int a;\n};\nTop`]),
    );
    expect(strip(pages)[2]!.sections[0]!.text).toBe("Value 2:\nstruct S {\n  int a;\n};");
  });

  test("does not depend on the order of pages, and nothing else goes", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(site, { minLength: 10 }), (shuffled) => {
        const byUrl = (a: PageDocument, b: PageDocument): number => (a.url < b.url ? -1 : 1);
        expect(strip(shuffled).sort(byUrl)).toEqual(strip(site));
      }),
      { seed: 3, numRuns: 20 },
    );
  });
});

describe("canonical addresses", () => {
  const choose = (...pages: readonly (readonly [string, string])[]): [string, string][] => [
    ...chooseCanonical(pages.map(([path, canonical]) => ({ path, canonical }))).copies,
  ];

  test.each([
    [
      "the page whose path fits stays",
      [
        ["a/print.html", "https://x.org/a/"],
        ["a/index.html", "https://x.org/a/"],
      ],
      [["a/print.html", "a/index.html"]],
    ],
    [
      "else the first",
      [
        ["c.html", "https://x.org/z"],
        ["b.html", "https://x.org/z"],
      ],
      [["c.html", "b.html"]],
    ],
    [
      "endings and fragments do not tell apart",
      [
        ["a.html", "http://x.org/a.html#t"],
        ["b.html", "https://x.org/a.html?q"],
      ],
      [["b.html", "a.html"]],
    ],
    [
      "relative ones and none are no reason",
      [
        ["a.html", "b.html"],
        ["c.html", "b.html"],
        ["d.html", ""],
        ["e.html", ""],
      ],
      [],
    ],
    [
      "one page each is the rule",
      [
        ["a.html", "https://x.org/a"],
        ["b.html", "https://x.org/b"],
      ],
      [],
    ],
  ] as const)("%s", (_, pages, copies) => expect(choose(...pages)).toEqual(copies));

  test("one address for a large part of the site is not believed", () => {
    const pages = Array.from({ length: 20 }, (_, i) => ({ path: `${i}.html`, canonical: "https://x.org/" }));
    const { copies, doubted } = chooseCanonical(pages);
    expect([copies.size, [...doubted]]).toEqual([0, [["//x.org", 20]]]);
  });
});

test("a page in pieces gives the same tree, wherever it is cut", () => {
  const html =
    "<h2>a &amp; b</h3><table><tr><th>x<br>y<td title='q\"'>z<tbody><tr><td>1</table><p>é<b>c</p>d<script>1<2</script>";
  const whole = JSON.stringify(parseHtml(html));
  for (let cut = 0; cut <= html.length; cut++) {
    const reader = createHtmlReader();
    reader.write(html.slice(0, cut));
    reader.write(html.slice(cut));
    expect(JSON.stringify(reader.end()), `cut at ${cut}`).toBe(whole);
  }
});
