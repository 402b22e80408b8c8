import type { Attributes, Document, Section } from "../types.ts";
import { readAttributes } from "./attributes.ts";
import { type Content, type ContentKind, findContent } from "./content.ts";
import { AnchorMaker } from "./made-anchors.ts";
import { type PageMetadata, readMetadata } from "./metadata.ts";
import { type PageSection, readLine, readSections } from "./sections.ts";
import { cutManualName, cutSiteName } from "./title.ts";
import { findElement, type HtmlElement } from "./tree.ts";

/** Grows when the same page gives another document, or more of it is stored: what was read by older rules is read anew. */
export const extractionVersion = 2;

/** A document as pages give it: with sections. */
export type PageDocument = Omit<Extract<Document, { readonly sections: unknown }>, "text">;

/** What was read of a page. */
export interface ExtractedPage {
  readonly document: PageDocument;
  /** How the content was found. */
  readonly content: ContentKind;
  /** The address that the page names as its own, as written; `""` where it names none. */
  readonly canonical: string;
}

/** How a page is read. */
export interface ExtractOptions {
  /**
   * `sentences`: rows of tables with heads name the column of each value, so that a row is understood by itself. `cells`: rows
   * stand as on the page, so that every passage is a quote of it and can be found there word for word. Default: sentences.
   */
  readonly tables?: "sentences" | "cells";
  /**
   * `made`: headings without an anchor get one made of their words, as many themes do by script. `own`: they have none, since
   * nothing on the page would answer to it. Default: made.
   */
  readonly anchors?: "made" | "own";
}

/** Why a page without a word has no document. */
export const noText = "no text";

/** Why a page has no document. */
export interface SkippedPage {
  readonly skipped: string;
}

/**
 * Reads a page: title, language, attributes, and the sections of its content with their anchors. A pure function of its
 * arguments: the same tree gives the same document in a page, in a worker and under Node.
 *
 * @param page - as `parseHtml` or `readPageTree` give it.
 * @returns the document, or the reason why the page has none: it refuses to be indexed, sends on to another page, or is empty.
 */
export function extractPage(page: HtmlElement, url: string, options: ExtractOptions = {}): ExtractedPage | SkippedPage {
  const metadata = readMetadata(page);
  if (metadata.refusal !== "") return { skipped: metadata.refusal };
  const found = findContent(page);
  if (found.roots.length === 0) return { skipped: "data-inkling-ignore on the whole page" };
  const { kind, sections } = readContent(page, found, options);
  if (!sections.some(({ heading, text }) => heading !== "" || text !== "")) return { skipped: noText };
  const { attributes, title: givenTitle } = readAttributes(page, metadata);
  const title = givenTitle || findTitle(page, metadata, sections);
  const lang = mainLanguage(sections);
  const weighted = found.weight === 1 ? attributes : { weight: found.weight, ...attributes };
  const document: PageDocument = {
    url,
    ...(title === "" ? {} : { title }),
    ...(lang === "" ? {} : { lang }),
    ...attributesOf(weighted),
    sections: sections.map((section) => withoutMainLanguage(section, lang)),
  };
  return { document, content: kind, canonical: metadata.canonical };
}

function attributesOf(attributes: Attributes): { attributes?: Attributes } {
  return Object.keys(attributes).length === 0 ? {} : { attributes };
}

/** Sections of the content; of the whole page where a main element is empty. */
function readContent(
  page: HtmlElement,
  { kind, roots }: Content,
  options: ExtractOptions,
): { kind: ContentKind; sections: PageSection[] } {
  const anchors = options.anchors === "own" ? undefined : new AnchorMaker(page);
  const hasPlainTables = options.tables === "cells";
  const sections = roots.flatMap(({ element, lang }) =>
    readSections(element, { isFurnished: kind === "page", lang, anchors, hasPlainTables }),
  );
  if (sections.length > 0 || kind !== "main") return { kind, sections };
  return { kind: "page", sections: readSections(page, { isFurnished: true, lang: "", anchors, hasPlainTables }) };
}

function findTitle(page: HtmlElement, metadata: PageMetadata, sections: readonly PageSection[]): string {
  const heading = sections.find((section) => section.heading !== "")?.heading ?? "";
  const { title } = metadata;
  if (title !== "") return isTexinfo(metadata) ? cutManualName(title) : cutSiteName(title, heading);
  const first = findElement(page, ({ name }) => name === "h1");
  return (first === undefined ? "" : readLine(first)) || heading;
}

function isTexinfo({ generator }: PageMetadata): boolean {
  return /^(?:makeinfo|texi2any)\b/.test(generator);
}

/** The language that most of the text is declared to be in; the first of equals. */
function mainLanguage(sections: readonly PageSection[]): string {
  const lengths = new Map<string, number>();
  for (const { lang, text, heading } of sections) {
    lengths.set(lang, (lengths.get(lang) ?? 0) + text.length + (heading?.length ?? 0));
  }
  let main = "";
  for (const [lang, length] of lengths) if (length > (lengths.get(main) ?? -1)) main = lang;
  return main;
}

function withoutMainLanguage({ lang, ...section }: PageSection, main: string): Section {
  return lang === main || lang === "" ? section : { ...section, lang };
}
