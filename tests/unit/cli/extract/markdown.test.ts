import { describe, expect, test } from "vitest";
import { extractMarkdown } from "../../../../cli/extract/markdown.ts";

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
  ])("reads %s", (_, markdown, expected) => expect(extractMarkdown(markdown, "a.md")).toMatchObject(expected));

  test("markup in a title is text", () => {
    expect(extractMarkdown("---\ntitle: a </title><script>\n---\ntext", "a.md")).toMatchObject({
      title: "a </title><script>",
    });
  });

  test("HTML within is read as HTML", () => {
    const page = extractMarkdown('<h2 id="x">H</h2>\n\n<nav>no</nav>\n\ntext', "a.md");
    expect(page).toMatchObject({ sections: [{ heading: "H", anchor: "x", text: "text" }] });
  });

  test.each(["", "---\ntitle: only\n---\n", "<!-- nothing -->"])("%j has no text", (markdown) => {
    expect(extractMarkdown(markdown, "a.md")).toEqual({ skipped: "no text" });
  });
});
