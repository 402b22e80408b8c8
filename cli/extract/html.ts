import {
  extractPage,
  noText,
  type ExtractedPage,
  type ExtractOptions,
  type SkippedPage,
} from "../../src/extract/extract-page.ts";
import { parseHtml } from "../../src/extract/parse-html.ts";

/**
 * Reads a page of HTML, decoded; see `extractPage`. Broken markup is read as browsers do, as far as a parser without layout can.
 */
export function extractHtml(html: string, url: string, options: ExtractOptions = {}): ExtractedPage | SkippedPage {
  if (/\.xhtml$/i.test(url)) return extractPage(parseHtml(html, true), url, options);
  // Why not at once by its XML declaration: a browser that gets a page as HTML reads it as HTML.
  const page = extractPage(parseHtml(html), url, options);
  const isEmpty = "skipped" in page && page.skipped === noText;
  return isEmpty && /^\s*<\?xml\b/.test(html) ? extractPage(parseHtml(html, true), url, options) : page;
}
