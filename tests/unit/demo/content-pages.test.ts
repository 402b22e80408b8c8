import { describe, expect, test } from "vitest";
import { putSearchIn } from "../../../demo/build/content-folder.ts";
import { readFrontMatter } from "../../../demo/build/front-matter.ts";
import { encodeAddress, toRoot } from "../../../demo/build/page.ts";

describe("putSearchIn", () => {
  const put = (html: string, root = "./"): string => putSearchIn(html, root, { dropIn: "assets/inkling.js" });

  test.each([
    ["<body><p>Text</p></body></html>", /^<body><p>Text<\/p><inkling-search .*<\/script>\n<\/body><\/html>$/s],
    ["<BODY>Text</BODY >", /^<BODY>Text<inkling-search .*<\/script>\n<\/BODY >$/s],
    ["<p>No end", /^<p>No end<inkling-search .*<\/script>\n$/s],
    ["<pre>&lt;/body></pre></body>tail</body>", /<\/body>tail<inkling-search .*<\/script>\n<\/body>$/s],
    ["", /^<inkling-search /],
  ])("puts the tags before the last end of the body: %s", (html, expected) => {
    expect(put(html)).toMatch(expected);
  });

  test("finds the site's root from a folder below", () => {
    const html = put("", toRoot("a/b/page.html"));
    expect(html).toContain('index="../../search-index/"');
    expect(html).toContain('src="../../assets/inkling.js"');
  });

  test.each(["<inkling-search></inkling-search>", "<INKLING-BOX index=x>"])("leaves %s alone", (html) => {
    expect(put(html)).toBe(html);
  });
});

describe("readFrontMatter", () => {
  test.each([
    ["---\ntitle: A: B\n---\n# A", { title: "A: B" }, "# A"],
    ['---\r\ntitle: "A"\r\nlist:\r\n  - x: y\r\n---\r\nText', { title: "A", list: "" }, "Text"],
    ["---\ntitle: 'It'\n---", { title: "It" }, ""],
    ["# No front matter\n\n---\n\ntitle: x\n\n---\n", {}, "# No front matter\n\n---\n\ntitle: x\n\n---\n"],
    ["---\ntitle: never ended\n", {}, "---\ntitle: never ended\n"],
    ["", {}, ""],
  ])("reads %j", (source, values, markdown) => {
    const found = readFrontMatter(source);
    expect([Object.fromEntries(found.values), found.markdown]).toEqual([values, markdown]);
  });
});

test("encodeAddress keeps folders and writes everything else so that it can stand in HTML", () => {
  expect(encodeAddress('a b/"<&>#?.html')).toBe("a%20b/%22%3C%26%3E%23%3F.html");
});
