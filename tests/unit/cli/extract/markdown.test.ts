import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { extractMarkdown } from "../../../../cli/extract/markdown.ts";
import { mdxToMarkdown } from "../../../../cli/extract/mdx.ts";

describe("extractMarkdown", () => {
  test.each([
    [
      "YAML front matter",
      "---\ntitle: 'It''s here'\nlang: de\ntags: [a]\n---\ntext",
      { title: "It's here", lang: "de" },
    ],
    ["TOML front matter", '+++\ntitle = "A \\"b\\""\n+++\ntext', { title: 'A "b"' }],
    ["the first heading as title", "# A <b>&</b> B\n\ntext", { title: "A & B" }],
    ["CRLF and a byte order mark", "\ufeff---\r\ntitle: T\r\n---\r\n# H\r\n\r\ntext", { title: "T" }],
    ["a rule that is no front matter", "text\n\n---\n\nmore", { sections: [{ text: "text\nmore" }] }],
    ["empty front matter", "---\n---\ntext", { sections: [{ text: "text" }] }],
  ])("reads %s", (_, markdown, expected) =>
    expect(extractMarkdown(markdown, "a.md")).toMatchObject({ document: expected }),
  );

  test("markup in a title is text", () => {
    expect(extractMarkdown("---\ntitle: a </title><script>\n---\ntext", "a.md")).toMatchObject({
      document: { title: "a </title><script>" },
    });
  });

  test("HTML within is read as HTML", () => {
    const page = extractMarkdown('<h2 id="x">H</h2>\n\n<nav>no</nav>\n\ntext', "a.md");
    expect(page).toMatchObject({ document: { sections: [{ heading: "H", anchor: "x", text: "text" }] } });
  });

  test.each(["", "---\ntitle: only\n---\n", "<!-- nothing -->"])("%j has no text", (markdown) => {
    expect(extractMarkdown(markdown, "a.md")).toEqual({ skipped: "no text" });
  });
});

describe("front matter", () => {
  test("gives attributes as a page's head does", () => {
    const page = extractMarkdown(
      '---\ntitle: T\ndate: 2026-03-01\nauthors:\n  - Ana\n  - \'Bo\'\ntags: [one, "two, three"]\ndescription: "D & d" # note\n---\ntext',
      "a.md",
    );
    expect(page).toMatchObject({
      document: {
        title: "T",
        attributes: {
          published: "2026-03-01",
          author: ["Ana", "Bo"],
          tags: ["one", "two, three"],
          description: "D & d",
        },
      },
    });
  });

  test.each([
    ["draft: true", "draft"],
    ["search: false", "front matter search: false"],
    ["pagefind: false", "front matter pagefind: false"],
    ["noindex: true", "front matter noindex: true"],
  ])("%s keeps the page out", (line, skipped) => {
    expect(extractMarkdown(`---\n${line}\n---\ntext`, "a.md")).toEqual({ skipped });
  });
});

describe("MDX", () => {
  function read(mdx: string): string[] {
    const page = extractMarkdown(mdx, "a.mdx", true);
    if ("skipped" in page) return [page.skipped];
    return page.document.sections.map(({ heading, anchor, text }) => `${heading}#${anchor ?? ""} ${text}`.trim());
  }

  test.each([
    [
      "imports and exports go",
      'import A from "a"\nimport { B,\n  C } from "b"\n\nexport const meta = {\n  a: "{",\n\n  b: 1\n}\n\n# H\n\ntext',
      ["H#h text"],
    ],
    [
      "a sentence that begins with one of these words stays",
      "import duties are high.\n\nexport of goods",
      ["# import duties are high.\nexport of goods"],
    ],
    [
      "Markdown between components is Markdown",
      '<Tabs>\n<Tab title="npm">\n## Install\n\n- one\n</Tab>\n</Tabs>',
      ["# npm", "Install#install one"],
    ],
    [
      "inline components leave their text",
      "Press <Key>Enter</Key> now, <Icon name={x > 1 ? `a` : 'b'} />please.",
      ["# Press Enter now, please."],
    ],
    ["expressions go, strings stay", "{/* note > */}a {props.x} b {\"c\"}{' d'} e {`f`}", ["# a b c d e f"]],
    [
      "code stays as it is",
      "```jsx\nimport x\n<A b={1}>{c}</A>\n```\n\nand `<B>{d}</B>`",
      ["# import x\n<A b={1}>{c}</A>\nand <B>{d}</B>"],
    ],
    ["ids in braces name headings", "## Über {#own}\n\nx", ["Über#own x"]],
    ["an arrow in an attribute ends no tag", "<Chart onClick={() => go('>')} title=\"Sales\" />\n\nx", ["# Sales\nx"]],
    ["fragments are nothing", "<>\n\ntext\n\n</>", ["# text"]],
    ["plain HTML is HTML", "<div data-inkling-ignore>\n\ngone\n\n</div>\n\nkept", ["# kept"]],
    ["a brace that is never closed takes the rest", "a {b", ["# a"]],
    ["a tag that is never closed is text", "a <b", ["# a <b"]],
    ["an apostrophe begins no string", "<Note>\nIt isn't {x} so.\n</Note>", ["# It isn't so."]],
  ])("%s", (_, mdx, sections) => expect(read(mdx)).toEqual(sections));

  test("any text is read to its end", () => {
    const part = fc.constantFrom(
      "<A>",
      "</A>",
      "<b c={",
      "}",
      "{",
      "`",
      "```\n",
      "import x\n",
      "export {\n",
      "'",
      '"',
      "a",
      "\n",
      "\\",
      "/*",
      "*/",
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
        expect(typeof mdxToMarkdown(parts.join(""))).toBe("string");
      }),
      { seed: 11, numRuns: 1000 },
    );
  });
});
