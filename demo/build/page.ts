import { escapeHtml, renderMarkdown, type Heading } from "./markdown.ts";
import type { Site, SitePage } from "./site-page.ts";

const drop =
  '<svg class="drop" viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">' +
  '<path d="M12 2c3.6 5 6.5 8.4 6.5 12.2A6.5 6.5 0 0 1 12 21a6.5 6.5 0 0 1-6.5-6.8C5.5 10.4 8.4 7 12 2Z"/>' +
  '<path class="shine" d="M8.9 14.4c0 2 1.2 3.4 2.9 3.8"/></svg>';

const icon =
  "data:image/svg+xml," +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path fill="#4a63d8" d="M12 2c3.6 5 6.5 8.4 6.5 12.2A6.5 6.5 0 0 1 12 21a6.5 6.5 0 0 1-6.5-6.8C5.5 10.4 8.4 7 12 2Z"/></svg>',
  );

/** Gives the way from a page to the site's root: `./`, or `../` for each folder it lies in. */
export function toRoot(url: string): string {
  return "../".repeat(url.split("/").length - 1) || "./";
}

/** Gives an address within the site as it is written in HTML: any character of a file's name may stand in it. */
export function encodeAddress(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

function renderNavigation(listed: readonly SitePage[], current: SitePage): string {
  const root = toRoot(current.url);
  const groups = [...new Set(listed.map((page) => page.group))];
  return groups
    .map((group, number) => {
      const links = listed
        .filter((page) => page.group === group)
        .map((page) => {
          const here = page === current ? ' aria-current="page"' : "";
          return `<li><a href="${root}${encodeAddress(page.url)}"${here}>${escapeHtml(page.title)}</a></li>`;
        });
      const id = `group-${number}`;
      return `<h2 id="${id}">${escapeHtml(group)}</h2>\n<ul aria-labelledby="${id}">${links.join("")}</ul>`;
    })
    .join("\n");
}

function renderContents(headings: readonly Heading[]): string {
  const links = headings
    .filter(({ level }) => level === 2)
    .map(({ id, text }) => `<li><a href="#${encodeURIComponent(id)}">${escapeHtml(text)}</a></li>`);
  if (links.length < 2) return "";
  return `<nav class="toc" aria-labelledby="toc-title"><h2 id="toc-title">On this page</h2><ul>${links.join("")}</ul></nav>`;
}

function renderNeighbours(listed: readonly SitePage[], current: SitePage): string {
  const position = listed.indexOf(current);
  const link = (page: SitePage | undefined, rel: string, label: string): string => {
    if (!page) return "";
    const address = toRoot(current.url) + encodeAddress(page.url);
    return `<a rel="${rel}" href="${address}"><span>${label}</span>${escapeHtml(page.title)}</a>`;
  };
  const links = link(listed[position - 1], "prev", "Previous") + link(listed[position + 1], "next", "Next");
  return `<nav class="neighbours" aria-label="Previous and next page">${links}</nav>`;
}

function renderExamples(questions: readonly string[]): string {
  const buttons = questions.map(
    (question) => `<li><button type="button" data-question>${escapeHtml(question)}</button></li>`,
  );
  return `<div class="examples"><h2 id="examples-title">Ask this guide something</h2><ul aria-labelledby="examples-title">${buttons.join("")}</ul></div>`;
}

function renderHead(page: SitePage, { title, assets, content }: Site): string {
  const root = toRoot(page.url);
  const own = page.script === undefined ? undefined : assets.others[page.script];
  if (page.script !== undefined && own === undefined) throw new Error(`${page.url} wants a script ${page.script}.`);
  const used = own === undefined ? [assets.main] : [assets.main, own];
  const scripts = [assets.dropIn, ...used.map(({ script }) => script)];
  const styles = used.flatMap((each) => each.styles);
  const data = content === null ? "" : ` data-content="${root}${content}"`;
  return `<!doctype html>
<html lang="en" data-page="${escapeHtml(page.url)}"${data}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title(page))}</title>
<meta name="description" content="${escapeHtml(page.description)}">
${page.isUnsearched === true ? '<meta name="inkling" content="noindex">\n' : ""}<meta name="color-scheme" content="light dark">
<meta name="theme-color" media="(prefers-color-scheme: light)" content="#faf8f3">
<meta name="theme-color" media="(prefers-color-scheme: dark)" content="#12141b">
<link rel="icon" href="${icon}">
${styles.map((style) => `<link rel="stylesheet" href="${root}${style}">`).join("\n")}
${scripts.map((script) => `<script type="module" src="${root}${script}"></script>`).join("\n")}
</head>`;
}

function renderHeader(page: SitePage, { name, label, searchAttributes }: Site): string {
  const root = toRoot(page.url);
  return `<header class="top">
<a class="brand" href="${root}index.html" aria-label="${escapeHtml(name)}, first page">${drop}<span>${escapeHtml(name)}</span></a>
<search><inkling-search label="${escapeHtml(label)}" ${searchAttributes(root)}></inkling-search></search>
<button class="menu" type="button" aria-expanded="false" aria-controls="sidebar">Pages</button>
<progress class="index-progress" aria-label="Reading the guide" max="1" value="0" hidden></progress>
</header>`;
}

function renderArticle(page: SitePage, { examples }: Site): { html: string; headings: readonly Heading[] } {
  const { html, headings } = renderMarkdown(page.markdown);
  const titled = /<h1[ >]/.test(html) ? html : `<h1>${escapeHtml(page.title)}</h1>\n${html}`;
  if (page.url !== "index.html" || examples.length === 0) return { html: titled, headings };
  return { html: titled.replace("</p>\n", `</p>\n${renderExamples(examples)}\n`), headings };
}

/** Gives one page of the site as HTML. */
export function renderPage(page: SitePage, site: Site): string {
  const { html, headings } = renderArticle(page, site);
  const listed = site.listedWith(page);
  return `${renderHead(page, site)}
<body${page.url === "index.html" ? ' class="home"' : ""}>
<a class="skip" href="#main">Skip to the text</a>
${renderHeader(page, site)}
<div class="layout">
<nav id="sidebar" class="sidebar" aria-label="Guide">
${renderNavigation(listed, page)}
</nav>
<main id="main" tabindex="-1">
<article>
${html}</article>
${renderNeighbours(listed, page)}
</main>
${renderContents(headings)}
</div>
<footer class="bottom">
${site.footer}
<noscript><p>Searching needs JavaScript. The pages can be read without it.</p></noscript>
</footer>
</body>
</html>
`;
}
