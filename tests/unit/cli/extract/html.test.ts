import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { extractHtml } from "../../../../cli/extract/html.ts";
import type { PageDocument } from "../../../../src/extract/extract-page.ts";

function extract(html: string): PageDocument {
  const page = extractHtml(html, "page.html");
  if ("skipped" in page) throw new Error(`skipped: ${page.skipped}`);
  return page.document;
}

function textOf(body: string): string {
  return extract(`<body>${body}</body>`)
    .sections.map(({ text }) => text)
    .join("\n--\n");
}

describe("text", () => {
  test.each([
    ["white space collapses as a browser shows it", "<p>  one \n\t two&nbsp;three </p>", "one two three"],
    ["inline elements do not separate", "<p>un<b>believ</b>able <i>x</i><sub>2</sub></p>", "unbelievable x2"],
    ["blocks do", "<div>one</div>two<p>three<p>four<div><span>five</span></div>", "one\ntwo\nthree\nfour\nfive"],
    ["br breaks, wbr does not", "one<br>two thr<wbr>ee", "one\ntwo three"],
    [
      "entities are decoded once",
      "<p>&lt;p&gt; &amp;amp; &#x1F600; caf&eacute; &nosuch;</p>",
      "<p> &amp; 😀 café &nosuch;",
    ],
    [
      "pre keeps lines and indentation",
      "<pre>\nif (a)\n  b();\n\nelse\r\n\tc();\n</pre>after",
      "if (a)\n  b();\n\nelse\n\tc();\nafter",
    ],
    ["spans within pre change nothing", "<pre><b>a</b>\n  <i>b</i> <u>c</u></pre>", "a\n  b c"],
    ["cells stand in one line", "<table><tr><td>a<td><p>b</p><tr><td><td>d</table>", "a | b\nd"],
    ["terms and definitions have lines", "<dl><dt>a<dd>one<dt>b<dd>two</dl>", "a\none\nb\ntwo"],
    ["alt stands for the picture", '<p>See<img alt="a cat" src="c.png">here<img src="d.png"></p>', "See a cat here"],
    [
      "details are text even when closed",
      "<details><summary>More</summary>hidden until opened</details>",
      "More\nhidden until opened",
    ],
    ["comments, styles and scripts are not", "<p>a<!-- no --><style>p{}</style><script>1<2</script>b</p>", "ab"],
    [
      "form controls are not",
      "<label>Name</label><input value=x><select><option>y</select><button>z</button><textarea>t</textarea>",
      "Name",
    ],
    [
      "hidden elements are not",
      '<p hidden>a</p><p aria-hidden="true">b</p><p style="color:red; display: none">c</p><p>d</p>',
      "d",
    ],
    ["what search may reveal is", '<p hidden="until-found">a</p>', "a"],
    [
      "page furniture is not",
      "<header>a</header><nav>b</nav><div role=search>c</div><p>d</p><aside>e</aside><footer>f</footer>",
      "d",
    ],
    [
      "header and aside of an article are",
      "<article><header>a</header><aside>b</aside></article><article>c</article>",
      "a\nb\nc",
    ],
    ["drawings are not", "<svg><title>a</title><text>b</text></svg><p>c</p>", "c"],
    [
      "line numbers are not",
      '<table><tr><td class="linenos"><pre>1\n2</pre></td><td><pre>a\nb</pre></td></tr></table>',
      "a\nb",
    ],
  ])("%s", (_, body, text) => expect(textOf(body)).toBe(text));
});

describe("main content", () => {
  test.each([
    ["main", "<p>no</p><main><p>yes</p></main>"],
    ["an element of that role", '<p>no</p><div role="main"><p>yes</p></div>'],
    ["the only article", "<p>no</p><article><p>yes</p></article>"],
    ["main rather than articles", "<main><p>yes</p></main><article>no</article>"],
    ["the whole page where main is empty", "<main></main><p>yes</p><aside>no</aside>"],
    ["a visible main rather than a hidden one", "<main hidden>no</main><main>yes</main>"],
  ])("is %s", (_, body) => expect(textOf(body)).toBe("yes"));
});

describe("anchors", () => {
  test.each([
    ["the heading's id", '<section id="a"><h2 id="b">H</h2></section>', "b"],
    ["the permalink's target", '<h2>H <a href="#b%20c">¶</a></h2>', "b c"],
    ["an id within", '<h2><span id="b">H</span></h2>', "b"],
    ["the name of a link within", '<h2><a name="b">H</a></h2>', "b"],
    ["an empty link just before", '<p>text</p><a name="b"></a><h2>H</h2>', "b"],
    ["the enclosing section's id", '<section id="b"><h2>H</h2></section>', "b"],
    ["its words, and not the id of something with text before", '<p id="a">text</p><h2>H</h2>', "h"],
    ["its words, and not the id of a button within", '<h2>H<button id="a">copy</button></h2>', "h"],
    ["its words, told apart from the page's own ids", '<h2>H</h2><p id="h">text</p><i id="h-1"></i>', "h-2"],
    ["nothing where it has no word", "<h2>H</h2><h2>→</h2>", "h"],
  ])("%s", (_, body, anchor) => {
    expect(extract(body).sections.find(({ heading }) => heading === "H")?.anchor).toBe(anchor);
  });
});

describe("sections", () => {
  test("text before the first heading has none", () => {
    expect(extract("<p>before</p><h2>H</h2><p>after</p>").sections).toEqual([
      { heading: "", level: 1, text: "before" },
      { heading: "H", level: 2, anchor: "h", text: "after" },
    ]);
  });

  test("an empty heading opens none", () => {
    expect(extract("<h2>H</h2><p>a</p><h3> <a href='#x'>#</a></h3><p>b</p>").sections).toHaveLength(1);
  });

  test("terms without an anchor, labels and footnotes open none", () => {
    const page = extract(
      '<h2>H</h2><dl><dt>a<dd>b</dl><dl class="footnote"><dt id="id1">one<dd>c</dl><dl><dt id="i">1<dd>d</dl>',
    );
    expect(page.sections).toEqual([{ heading: "H", level: 2, anchor: "h", text: "a\nb\none\nc\n1\nd" }]);
  });

  test("lists in definitions open deeper sections, and the outer one goes on after them", () => {
    const page = extract("<h2>M</h2><dl><dt id=C>C<dd>c1<dl><dt id=C.f>f<dd>f1</dl>c2</dl>m2");
    expect(page.sections.map(({ level, heading, text }) => [level, heading, text])).toEqual([
      [2, "M", ""],
      [3, "C", "c1"],
      [4, "f", "f1"],
      [3, "C", "c2"],
      [2, "M", "m2"],
    ]);
  });

  test("a very long heading is cut at a word, and stands whole in the text", () => {
    const long = "word ".repeat(100).trim();
    const [section] = extract(`<h2>${long}</h2>`).sections;
    expect(section?.heading?.length).toBeLessThanOrEqual(200);
    expect(section?.heading).toMatch(/word$/);
    expect(section?.text).toBe(long);
  });
});

describe("title", () => {
  test.each([
    ["<title> A \n B </title><h1>C</h1>", "A B"],
    ["<title>File — Manual 3.1</title><h1>File</h1>", "File"],
    ["<title>File — Commands — Manual 3.1</title><h1>File</h1>", "File — Commands"],
    ["<title>Manual: File</title><h1>File</h1>", "File"],
    ["<title>File system</title><h1>File</h1>", "File system"],
    ["<title>Sums | Manual</title><h1>2.1 Sums</h1>", "Sums"],
    ["<title></title><header><h1>The <b>heading</b></h1></header><p>x</p>", "The heading"],
    ["<svg><title>Logo</title></svg><p>x</p>", undefined],
    ["<p>x</p>", undefined],
  ])("%s gives %s", (html, title) => expect(extract(html).title).toBe(title));
});

describe("refusals", () => {
  test.each([
    ['<meta name="robots" content="noindex"><p>x</p>', "robots noindex"],
    ['<meta name="robots" content="none"><p>x</p>', "robots noindex"],
    ['<meta http-equiv="refresh" content="0;URL=\'other.html\'"><p>x</p>', "redirect to other.html"],
    ["", "no text"],
    ["<p>&nbsp;</p>", "no text"],
    ["<title>only</title>", "no text"],
  ])("%s is skipped: %s", (html, reason) => expect(extractHtml(html, "a.html")).toEqual({ skipped: reason }));

  test.each([
    '<meta http-equiv="refresh" content="30"><p>x</p>',
    '<noscript><meta http-equiv="refresh" content="0; URL=noscript.html"></noscript><p>x</p>',
    '<meta name="robots" content="nofollow"><p>x</p>',
  ])("%s is not", (html) => expect(extractHtml(html, "a.html")).toHaveProperty("document"));
});

describe("hostile input", () => {
  test("20,000 nested elements do not exhaust the stack", () => {
    expect(textOf(`${"<div>".repeat(20_000)}deep`)).toBe("deep");
    expect(extract(`${"<dl><dt id=a>".repeat(20_000)}deep`).sections[0]).toMatchObject({
      heading: "deep",
      anchor: "a",
    });
  });

  test("10,000 headings give 10,000 sections", () => {
    const page = extract("<h2>a</h2>b".repeat(10_000));
    expect(page.sections).toHaveLength(10_000);
  });

  test("NUL is dropped", () => expect(textOf("a\0b")).toBe("ab"));

  test("XHTML's closed empty elements swallow nothing", () => {
    const html =
      '<?xml version="1.0"?><html><head><script src="x.js"/><title>T</title></head><body><p>text</p></body></html>';
    expect(extract(html)).toMatchObject({ title: "T", sections: [{ text: "text" }] });
  });

  test("any markup gives sections without markup's white space, or a reason", () => {
    const names = fc.constantFrom(
      "div",
      "p",
      "h1",
      "h3",
      "dl",
      "dt",
      "dd",
      "table",
      "tr",
      "td",
      "pre",
      "a",
      "br",
      "main",
      "script",
    );
    const part = fc.oneof(
      names.map((name) => `<${name}>`),
      names.map((name) => `</${name}>`),
      names.map((name) => `<${name} id="${name}" hidden`),
      fc.string({ unit: "grapheme" }),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 40 }), (parts) => {
        const page = extractHtml(parts.join(""), "a.html");
        for (const { heading, level, text } of "skipped" in page ? [] : page.document.sections) {
          expect(text).toBe(text.trim());
          expect(heading).toBe(heading?.trim());
          expect([1, 2, 3, 4, 5, 6]).toContain(level);
        }
      }),
      { seed: 7, numRuns: 500 },
    );
  });
});
