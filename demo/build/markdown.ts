import GithubSlugger from "github-slugger";
import { Marked } from "marked";

/** A heading of a page, for its table of contents. */
export interface Heading {
  readonly level: number;
  readonly id: string;
  readonly text: string;
}

/** A page's body as HTML, and its headings below the title. */
export interface RenderedMarkdown {
  readonly html: string;
  readonly headings: readonly Heading[];
}

/** Gives text as it may stand in HTML, in content and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const toPlainText = (html: string): string =>
  html
    .replace(/<[^>]+>/g, "")
    .replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => ({ amp: "&", lt: "<", gt: ">", quot: '"' })[name] ?? "'");

/** Gives the address a link of the guide has on the site: `page.md#part` becomes `page.html#part`. */
export function toSiteLink(href: string): string {
  return /^[a-z]+:/i.test(href) ? href : href.replace(/\.mdx?(?=$|#)/, ".html");
}

/** Renders Markdown with GitHub's heading ids, keyboard-scrollable code and tables, and links between pages of the site. */
export function renderMarkdown(markdown: string): RenderedMarkdown {
  const slugger = new GithubSlugger();
  const headings: Heading[] = [];
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth }) {
        const html = this.parser.parseInline(tokens);
        const text = toPlainText(html);
        const id = slugger.slug(text);
        if (depth === 1) return `<h1 id="${id}">${html}</h1>\n`;
        headings.push({ level: depth, id, text });
        const label = escapeHtml(`Link to the section ${text}`);
        return `<h${depth} id="${id}">${html}<a class="permalink" href="#${id}" aria-label="${label}"></a></h${depth}>\n`;
      },
      code({ text, lang }) {
        const language = lang ? ` data-language="${escapeHtml(lang)}"` : "";
        return `<pre tabindex="0"${language}><code>${escapeHtml(text)}</code></pre>\n`;
      },
      link({ href, tokens }) {
        return `<a href="${escapeHtml(toSiteLink(href))}">${this.parser.parseInline(tokens)}</a>`;
      },
    },
  });
  const html = (marked.parse(markdown, { async: false }) as string)
    .replace(/<table>/g, '<div class="table" role="region" aria-label="Table" tabindex="0"><table>')
    .replace(/<\/table>/g, "</table></div>");
  return { html, headings };
}
