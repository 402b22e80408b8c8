import GithubSlugger from "github-slugger";
import { Marked } from "marked";
import type { ExtractedPage, ExtractOptions, SkippedPage } from "../../src/extract/extract-page.ts";
import { parseHtml } from "../../src/extract/parse-html.ts";
import { readLine } from "../../src/extract/sections.ts";
import { type FrontMatter, splitFrontMatter } from "./front-matter.ts";
import { extractHtml } from "./html.ts";
import { mdxToMarkdown } from "./mdx.ts";

/**
 * Reads a Markdown page: what its front matter says, and sections with the anchors GitHub gives to headings.
 *
 * @param isMdx - read `import`, `export`, JSX and expressions as MDX does.
 * @returns the document, or the reason why the page has none: a draft, a page that its front matter keeps out of search, or an empty one.
 */
export function extractMarkdown(
  markdown: string,
  url: string,
  isMdx = false,
  options: ExtractOptions = {},
): ExtractedPage | SkippedPage {
  const { fields, body } = splitFrontMatter(markdown.replace(/^\ufeff/, ""));
  const refusal = findRefusal(fields);
  if (refusal !== undefined) return { skipped: refusal };
  const lang = firstOf(fields, "lang", "language", "locale");
  if (deepList.test(body)) return { skipped: "a list of more than 200 levels" };
  const content = renderMarkdown(isMdx ? mdxToMarkdown(body) : body);
  // Why no url ending in .xhtml here: what marked writes is HTML.
  return extractHtml(
    `<html lang="${escapeHtml(lang)}"><head>${writeHead(fields)}</head><body><main>${content}</main></body></html>`,
    url,
    options,
  );
}

/** An item far to the right. Why refused: the parser's memory grows with the square of the levels. */
const deepList = /^[ \t]{400,}(?:[-*+]|\d{1,9}[.)])[ \t]/m;

type Fields = FrontMatter["fields"];

function firstOf(fields: Fields, ...names: readonly string[]): string {
  for (const name of names) {
    const value = fields.get(name)?.[0];
    if (value !== undefined) return value;
  }
  return "";
}

/** `draft: true`, and the names by which generators keep a page out of search. */
function findRefusal(fields: Fields): string | undefined {
  const isFalse = (name: string): boolean => firstOf(fields, name).toLowerCase() === "false";
  if (firstOf(fields, "draft").toLowerCase() === "true") return "draft";
  const refusing = ["search", "inkling", "pagefind", "searchable"].find(isFalse);
  if (refusing !== undefined) return `front matter ${refusing}: false`;
  return firstOf(fields, "noindex").toLowerCase() === "true" ? "front matter noindex: true" : undefined;
}

/** What front matter says, as a page's head says it: one set of rules reads both. */
function writeHead(fields: Fields): string {
  const metas: [property: string, values: readonly string[]][] = [
    ["description", [firstOf(fields, "description", "summary", "excerpt")]],
    ["author", fields.get("authors") ?? fields.get("author") ?? []],
    ["article:published_time", [firstOf(fields, "date", "published", "pubdate", "publishdate")]],
    ["article:modified_time", [firstOf(fields, "updated", "lastmod", "lastupdated", "modified", "updateddate")]],
    ["article:section", [firstOf(fields, "category", "section")]],
    ["article:tag", [...(fields.get("tags") ?? []), ...(fields.get("keywords") ?? [])]],
    ["og:image", [firstOf(fields, "image", "cover")]],
  ];
  const written = metas.flatMap(([property, values]) =>
    values
      .filter((value) => value !== "")
      .map((value) => `<meta property="${property}" content="${escapeHtml(value)}">`),
  );
  const canonical = firstOf(fields, "canonical", "canonical_url", "canonicalurl");
  const link = canonical === "" ? "" : `<link rel="canonical" href="${escapeHtml(canonical)}">`;
  return `<title>${escapeHtml(firstOf(fields, "title"))}</title>${written.join("")}${link}`;
}

function renderMarkdown(markdown: string): string {
  const slugger = new GithubSlugger();
  const marked = new Marked({
    gfm: true,
    renderer: {
      heading({ tokens, depth }) {
        const { html, id } = takeCustomId(this.parser.parseInline(tokens));
        const anchor = id ?? slugger.slug(readLine(parseHtml(html)));
        return `<h${depth} id="${escapeHtml(anchor)}">${html}</h${depth}>\n`;
      },
    },
  });
  return marked.parse(markdown, { async: false });
}

/** Several generators read `## Heading {#id}`. */
function takeCustomId(html: string): { html: string; id: string | undefined } {
  const match = /\s*\{#([^\s{}]+)\}\s*$/.exec(html);
  return match === null ? { html, id: undefined } : { html: html.slice(0, match.index), id: match[1] };
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
