import type { GuidePage } from "./guide.ts";
import { escapeHtml, renderMarkdown, type Heading } from "./markdown.ts";

/** Addresses of the built files, relative to the site's root. */
export interface PageAssets {
  readonly script: string;
  readonly styles: readonly string[];
  readonly content: string;
}

/** Questions offered on the first page. */
const exampleQuestions = [
  "does what my readers type get sent anywhere?",
  "why did the second visit not compute anything?",
  "what if someone has the site open in two tabs?",
  "argument/duplicate-url",
];

const drop =
  '<svg class="drop" viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">' +
  '<path d="M12 2c3.6 5 6.5 8.4 6.5 12.2A6.5 6.5 0 0 1 12 21a6.5 6.5 0 0 1-6.5-6.8C5.5 10.4 8.4 7 12 2Z"/>' +
  '<path class="shine" d="M8.9 14.4c0 2 1.2 3.4 2.9 3.8"/></svg>';

const icon =
  "data:image/svg+xml," +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path fill="#4a63d8" d="M12 2c3.6 5 6.5 8.4 6.5 12.2A6.5 6.5 0 0 1 12 21a6.5 6.5 0 0 1-6.5-6.8C5.5 10.4 8.4 7 12 2Z"/></svg>',
  );

function renderNavigation(pages: readonly GuidePage[], current: GuidePage): string {
  const groups = [...new Set(pages.map((page) => page.group))];
  return groups
    .map((group, number) => {
      const links = pages
        .filter((page) => page.group === group)
        .map((page) => {
          const here = page === current ? ' aria-current="page"' : "";
          return `<li><a href="./${page.url}"${here}>${escapeHtml(page.title)}</a></li>`;
        });
      const id = `group-${number}`;
      return `<h2 id="${id}">${escapeHtml(group)}</h2>\n<ul aria-labelledby="${id}">${links.join("")}</ul>`;
    })
    .join("\n");
}

function renderContents(headings: readonly Heading[]): string {
  const links = headings
    .filter(({ level }) => level === 2)
    .map(({ id, text }) => `<li><a href="#${id}">${escapeHtml(text)}</a></li>`);
  if (links.length < 2) return "";
  return `<nav class="toc" aria-labelledby="toc-title"><h2 id="toc-title">On this page</h2><ul>${links.join("")}</ul></nav>`;
}

function renderNeighbours(pages: readonly GuidePage[], current: GuidePage): string {
  const position = pages.indexOf(current);
  const link = (page: GuidePage | undefined, rel: string, label: string): string =>
    page ? `<a rel="${rel}" href="./${page.url}"><span>${label}</span>${escapeHtml(page.title)}</a>` : "";
  const links = link(pages[position - 1], "prev", "Previous") + link(pages[position + 1], "next", "Next");
  return `<nav class="neighbours" aria-label="Previous and next page">${links}</nav>`;
}

function renderExamples(): string {
  const buttons = exampleQuestions.map(
    (question) => `<li><button type="button" data-question>${escapeHtml(question)}</button></li>`,
  );
  return `<div class="examples"><h2 id="examples-title">Ask this guide something</h2><ul aria-labelledby="examples-title">${buttons.join("")}</ul></div>`;
}

const searchBox = '<search><inkling-search label="Search the guide" name="inkling-guide"></inkling-search></search>';

/** Gives one page of the site as HTML. */
export function renderPage(page: GuidePage, pages: readonly GuidePage[], assets: PageAssets): string {
  const isHome = page.name === "index";
  const { html, headings } = renderMarkdown(page.markdown);
  const title = isHome ? "Inkling: search that lives in the page" : `${page.title} · Inkling`;
  return `<!doctype html>
<html lang="en" data-page="${page.url}" data-content="./${assets.content}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<meta name="description" content="${escapeHtml(page.description)}">
<meta name="color-scheme" content="light dark">
<meta name="theme-color" media="(prefers-color-scheme: light)" content="#faf8f3">
<meta name="theme-color" media="(prefers-color-scheme: dark)" content="#12141b">
<link rel="icon" href="${icon}">
${assets.styles.map((style) => `<link rel="stylesheet" href="./${style}">`).join("\n")}
<script type="module" src="./${assets.script}"></script>
</head>
<body${isHome ? ' class="home"' : ""}>
<a class="skip" href="#main">Skip to the text</a>
<header class="top">
<a class="brand" href="./index.html" aria-label="Inkling, first page">${drop}<span>Inkling</span></a>
${searchBox}
<button class="menu" type="button" aria-expanded="false" aria-controls="sidebar">Pages</button>
<progress class="index-progress" aria-label="Reading the guide" max="1" value="0" hidden></progress>
</header>
<div class="layout">
<nav id="sidebar" class="sidebar" aria-label="Guide">
${renderNavigation(pages, page)}
</nav>
<main id="main" tabindex="-1">
<article>
${isHome ? html.replace("</p>\n", `</p>\n${renderExamples()}\n`) : html}</article>
${renderNeighbours(pages, page)}
</main>
${renderContents(headings)}
</div>
<footer class="bottom">
<p>This page searches itself: the guide was read and indexed in your browser, and nothing you type leaves it.</p>
<p id="index-status" data-index-status data-state="waiting">The index is not open yet.</p>
<noscript><p>Searching needs JavaScript. The pages can be read without it.</p></noscript>
</footer>
</body>
</html>
`;
}
