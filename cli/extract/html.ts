import type { Document } from "../../src/types.ts";
import { findContent, findRefusal, readLanguage, readMeta, readTitle } from "./page-facts.ts";
import { readLine, readSections } from "./sections.ts";
import { cutManualName, cutSiteName } from "./title.ts";
import { findElement, parseHtml, type HtmlElement } from "./tree.ts";

/** A document with sections, as pages give it. */
export type PageDocument = Extract<Document, { readonly sections: unknown }>;

/** Why a page has no document. */
export interface SkippedPage {
  readonly skipped: string;
}

/**
 * Reads a page: its title, its language, and the sections of its main content with their anchors.
 *
 * @param html - the page, decoded; broken markup is read as browsers do, as far as a parser without layout can.
 * @returns the document, or the reason why the page has none: it refuses to be indexed, sends on to another page, or is empty.
 */
export function extractHtml(html: string, url: string): PageDocument | SkippedPage {
  const page = parseHtml(html.replaceAll("\0", ""), isXhtml(html, url));
  const refusal = findRefusal(page);
  if (refusal !== undefined) return { skipped: refusal };
  const sections = readContent(page);
  if (!sections.some(({ heading, text }) => heading !== "" || text !== "")) return { skipped: "no text" };
  const title = findTitle(page, sections);
  const lang = readLanguage(page);
  return { url, ...(title === "" ? {} : { title }), ...(lang === "" ? {} : { lang }), sections };
}

/** Sections of the main content; of the whole page where the main content is empty. */
function readContent(page: HtmlElement): PageDocument["sections"] {
  const { root, isFurnished } = findContent(page);
  const sections = readSections(root, isFurnished);
  return sections.length > 0 || isFurnished ? sections : readSections(page, true);
}

function findTitle(page: HtmlElement, sections: PageDocument["sections"]): string {
  const heading = sections.find((section) => section.heading !== "")?.heading ?? "";
  const title = readTitle(page);
  if (title !== "") return isTexinfo(page) ? cutManualName(title) : cutSiteName(title, heading);
  const first = findElement(page, ({ name }) => name === "h1");
  return first === undefined ? "" : readLine(first);
}

function isTexinfo(page: HtmlElement): boolean {
  return readMeta(page, "generator") === "makeinfo" || readMeta(page, "generator") === "texi2any";
}

function isXhtml(html: string, url: string): boolean {
  return /^\s*<\?xml\b/.test(html) || url.toLowerCase().endsWith(".xhtml");
}
