import GithubSlugger from "github-slugger";
import { Marked } from "marked";
import { extractHtml, type PageDocument, type SkippedPage } from "./html.ts";
import { readLine } from "./sections.ts";
import { parseHtml } from "./tree.ts";

/**
 * Reads a Markdown page: title and language of its front matter, and sections with the anchors GitHub gives to headings.
 *
 * @returns the document, or the reason why the page has none.
 */
export function extractMarkdown(markdown: string, url: string): PageDocument | SkippedPage {
  const { fields, body } = splitFrontMatter(markdown.replace(/^\ufeff/, ""));
  const lang = fields.get("lang") ?? fields.get("language") ?? "";
  const head = `<html lang="${escapeHtml(lang)}"><head><title>${escapeHtml(fields.get("title") ?? "")}</title></head>`;
  const page = extractHtml(`${head}<body><main>${renderMarkdown(body)}</main></body></html>`, url);
  return page;
}

interface FrontMatter {
  readonly fields: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Takes off what stands between `---` lines (YAML) or `+++` lines (TOML) at the top, and reads its plain `key: value` lines. */
function splitFrontMatter(markdown: string): FrontMatter {
  const match = /^(---|\+\+\+)[\t ]*\r?\n([\s\S]*?)(?:^|\n)\1[\t ]*(?:\r?\n|$)/.exec(markdown);
  if (match === null) return { fields: new Map(), body: markdown };
  const lines = match[2]!.matchAll(/^([\w-]+)[\t ]*[:=][\t ]*(.+?)[\t ]*\r?$/gm);
  const fields = new Map([...lines].map(([, key, value]) => [key!.toLowerCase(), unquote(value!)]));
  return { fields, body: markdown.slice(match[0].length) };
}

function unquote(value: string): string {
  const quoted = /^(["'])(.*)\1$/.exec(value);
  if (quoted === null) return value;
  return quoted[1] === '"' ? quoted[2]!.replace(/\\(["\\])/g, "$1") : quoted[2]!.replaceAll("''", "'");
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
