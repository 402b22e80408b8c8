import { decodeHtml } from "../src/extract/decode.ts";
import { extractPage, type ExtractedPage, type SkippedPage } from "../src/extract/extract-page.ts";
import { withLanguage } from "./page-language.ts";
import { parseHtml } from "../src/extract/parse-html.ts";
import { descend, type HtmlElement, wordsOf } from "../src/extract/tree.ts";
import { pageAddress, resolvePage } from "../src/site/page-address.ts";

/** What was read of a page that a site gave. */
export interface FetchedPage {
  readonly page: ExtractedPage | SkippedPage;
  /** Addresses on the same origin that its links lead to, each once; none where the page says that links are not to be followed. */
  readonly links: readonly string[];
  /** Its base for relative addresses. */
  readonly base: string;
}

/** Links of one page that are kept. */
const maxLinks = 1000;

/** A page with a password field and no more text than this is a login page; others have the field beside their content. */
const maxLoginText = 2000;

/** Reads a page of its bytes. @throws {SearchError} `library/part` */
export async function readPage(
  bytes: Uint8Array,
  contentType: string,
  url: URL,
  isRedirected: boolean,
): Promise<FetchedPage> {
  const tree = parseHtml(decodeHtml(bytes, contentType), /xhtml/i.test(contentType));
  const base = findBase(tree, url);
  const page = extractPage(tree, url.href, { anchors: "own" });
  const links = isFollowed(tree) ? listLinks(tree, url, base) : [];
  if (isLogin(tree, page, isRedirected)) return { page: { skipped: "a login page" }, links: [], base };
  return { page: await withLanguage(page), links, base };
}

/** Whether a header forbids to index; rules for another crawler do not count. */
export function isForbidden(robotsTag: string | null): boolean {
  return (robotsTag ?? "").split(",").some((rule) => /^\s*(?:inkling\s*:\s*)?(?:noindex|none)\s*$/i.test(rule));
}

function findBase(tree: HtmlElement, url: URL): string {
  for (const { name, attributes } of descend(tree)) {
    if (name === "base" && attributes["href"]) return resolvePage(attributes["href"], url.href)?.href ?? url.href;
  }
  return url.href;
}

function isFollowed(tree: HtmlElement): boolean {
  for (const { name, attributes } of descend(tree)) {
    if (name !== "meta" || !/^\s*(?:robots|inkling)\s*$/i.test(attributes["name"] ?? "")) continue;
    if ((attributes["content"] ?? "").split(",").some((rule) => /^\s*(?:nofollow|none)\s*$/i.test(rule))) return false;
  }
  return true;
}

function listLinks(tree: HtmlElement, { origin }: URL, base: string): string[] {
  const links = new Set<string>();
  for (const element of descend(tree)) {
    const { href } = element.attributes;
    if ((element.name !== "a" && element.name !== "area") || href === undefined) continue;
    if (wordsOf(element, "rel").some((rel) => rel.toLowerCase() === "nofollow")) continue;
    const url = resolvePage(href, base);
    if (url === null || url.origin !== origin) continue;
    // Why without any fragment: a crawl asks for files, and routes of an app are all in one.
    url.hash = "";
    links.add(pageAddress(url));
    if (links.size === maxLinks) break;
  }
  return [...links];
}

function isLogin(tree: HtmlElement, page: ExtractedPage | SkippedPage, isRedirected: boolean): boolean {
  let hasPassword = false;
  for (const { name, attributes } of descend(tree)) {
    hasPassword ||= name === "input" && attributes["type"]?.trim().toLowerCase() === "password";
  }
  if (!hasPassword || isRedirected || "skipped" in page) return hasPassword;
  return page.document.sections.reduce((sum, { text }) => sum + text.length, 0) <= maxLoginText;
}
