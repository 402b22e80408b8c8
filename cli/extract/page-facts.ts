import { isHidden } from "./chrome.ts";
import { descend, findElement, textOf, type HtmlElement } from "./tree.ts";

/** The main content of a page. */
export interface Content {
  readonly root: HtmlElement;
  /** True where no main content is marked and the whole page is taken. */
  readonly isFurnished: boolean;
}

/** Finds the main content: `main`, an element of that role, or the only `article`; else the whole page. */
export function findContent(page: HtmlElement): Content {
  const main = findElement(
    page,
    (element) => (element.name === "main" || element.attributes["role"] === "main") && !isHidden(element),
  );
  const root = main ?? findOnlyArticle(page);
  return root === undefined ? { root: page, isFurnished: true } : { root, isFurnished: false };
}

function findOnlyArticle(page: HtmlElement): HtmlElement | undefined {
  const articles = [...descend(page)].filter(({ name }) => name === "article");
  return articles.length === 1 ? articles[0] : undefined;
}

/** Gives the text of `<title>`, or `""`. */
export function readTitle(page: HtmlElement): string {
  for (const element of descend(page, ({ name }) => name !== "svg")) {
    if (element.name === "title") return textOf(element).replace(/\s+/g, " ").trim();
  }
  return "";
}

/** Gives the language of the page as written, or `""`. */
export function readLanguage(page: HtmlElement): string {
  const holder = findElement(page, ({ name, attributes }) => {
    return (name === "html" || name === "body") && Boolean(attributes["lang"] || attributes["xml:lang"]);
  });
  return (holder?.attributes["lang"] || holder?.attributes["xml:lang"] || "").trim();
}

/** Gives the content of `<meta name>`, in lower case, or `""`. */
export function readMeta(page: HtmlElement, name: string): string {
  const meta = findElement(
    page,
    (element) => element.name === "meta" && element.attributes["name"]?.toLowerCase() === name,
  );
  return (meta?.attributes["content"] ?? "").toLowerCase();
}

/** Says why a page asks not to be indexed: a robots rule, or a redirect; `undefined` where it does not. */
export function findRefusal(page: HtmlElement): string | undefined {
  // Why: what stands in `noscript` is for browsers that run no scripts, often a redirect to a page that says so.
  for (const { name, attributes } of descend(page, (element) => element.name !== "noscript")) {
    if (name !== "meta") continue;
    const content = attributes["content"] ?? "";
    if (attributes["name"]?.toLowerCase() === "robots" && /\b(?:noindex|none)\b/i.test(content))
      return "robots noindex";
    const target = /url\s*=\s*["']?([^"']*)/i.exec(content)?.[1];
    if (attributes["http-equiv"]?.toLowerCase() === "refresh" && target !== undefined)
      return `redirect to ${target.trim()}`;
  }
  return undefined;
}
