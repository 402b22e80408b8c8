import type { AddWarning, Document, Section } from "../../types.ts";
import { chunk } from "../text/chunk.ts";
import { placeSections, type SectionPlace } from "../text/heading-path.ts";
import type { Utf8 } from "../utf8.ts";
import { hash64 } from "./checksum.ts";

/** A passage before it has an ordinal: a span of one section of its document. */
export interface PreparedPassage {
  /** Index into the document's sections. */
  readonly section: number;
  /** UTF-16 offsets into the section's text. */
  readonly start: number;
  readonly end: number;
}

/** A section whose passages have text that is searched and never shown. */
export interface EnrichedSection extends Section {
  /** For each passage of the section, in order, `""` for one without; absent where none has any. */
  readonly hidden?: readonly string[];
}

/** A document cut into passages, ready to be written into a segment. */
export interface PreparedDocument {
  readonly url: string;
  readonly title: string;
  /** Canonical BCP 47 tag, or `""` where unknown. */
  readonly lang: string;
  /** JSON of the attributes, or `""`. */
  readonly attributes: string;
  /** Of everything the document says: equal hash, equal document. */
  readonly hash: readonly [high: number, low: number];
  readonly sections: readonly EnrichedSection[];
  readonly places: readonly SectionPlace[];
  readonly passages: readonly PreparedPassage[];
  readonly warnings: readonly AddWarning[];
}

/** Cuts a checked document into passages. Ill-formed text is repaired and an odd language ignored, each with a warning. */
export function prepareDocument(document: Document, utf8: Utf8): PreparedDocument {
  const warnings: AddWarning[] = [];
  const warn = (code: AddWarning["code"], message: string): void =>
    void warnings.push({ url: document.url, code, message });
  const title = repair((document.title ?? "").trim(), "title", warn);
  const sections = readSections(document).map((section, i) => repairSection(section, i, warn));
  const passages = cutPassages(title, sections);
  const lang = readLanguage(document.lang, warn);
  const attributes = document.attributes === undefined ? "" : JSON.stringify(document.attributes);
  if (passages.length === 0)
    warn("text/empty", "The document has neither title nor text; it is stored, but no query can find it.");
  const hash = hash64(utf8.encode(JSON.stringify([document.url, title, lang, attributes, sections])));
  return {
    url: document.url,
    title,
    lang,
    attributes,
    hash,
    sections,
    places: placeSections(sections, title),
    passages,
    warnings,
  };
}

/** Longest part of a title or of a path of headings that is indexed, in UTF-16 code units: it is read again for every passage. */
const maxContextLength = 2000;

/** What is indexed of a title or of headings, one a line. */
export function contextText(lines: readonly string[]): string {
  return lines
    .filter((line) => line !== "")
    .join("\n")
    .slice(0, maxContextLength);
}

/** What is searched of a passage: its text, and what is never shown. */
export function searchedText(text: string, hidden: string): string {
  return hidden === "" ? text : `${text}\n${hidden}`;
}

/** What is embedded for a passage: title and headings give a short passage its subject. */
export function embeddingText(title: string, path: readonly string[], text: string): string {
  return [contextText([title, ...path]), text].filter((part) => part !== "").join("\n");
}

function readSections(document: Document): readonly Section[] {
  if (document.sections === undefined) return [{ text: document.text }];
  return document.sections.length > 0 ? document.sections : [{ text: "" }];
}

type Warn = (code: AddWarning["code"], message: string) => void;

// oxlint-disable-next-line no-control-regex -- NUL is what is looked for
const illFormed = /[\p{Cs}\0]/gu;

/** NUL and lone surrogates are replaced one for one, so that offsets stay those of the caller's text. */
function repair(text: string, what: string, warn: Warn): string {
  const repaired = text.replace(illFormed, "\ufffd");
  if (repaired !== text)
    warn("text/ill-formed", `The ${what} holds NUL or lone surrogates; each was replaced by U+FFFD.`);
  return repaired;
}

function repairSection(section: EnrichedSection, index: number, warn: Warn): EnrichedSection {
  const what = `section ${index}`;
  const { weight = 1 } = section;
  const lang = readLanguage(section.lang, warn);
  const hidden = section.hidden?.map((text) => repair(text.trim(), `hidden text of ${what}`, warn));
  return {
    heading: repair((section.heading ?? "").trim(), `heading of ${what}`, warn),
    level: section.level ?? 2,
    anchor: repair(section.anchor ?? "", `anchor of ${what}`, warn),
    text: repair(section.text, `text of ${what}`, warn),
    // Why not always: a section without any has the hash that it always had.
    ...(weight === 1 ? {} : { weight }),
    ...(lang === "" ? {} : { lang }),
    ...(hidden?.some((text) => text !== "") === true ? { hidden } : {}),
  };
}

function cutPassages(title: string, sections: readonly Section[]): PreparedPassage[] {
  const passages = sections.flatMap((section, i) => {
    const spans = chunk(section.text).map(([start, end]) => ({ section: i, start, end }));
    return spans.length === 0 && isBareEntry(sections, i) ? [{ section: i, start: 0, end: 0 }] : spans;
  });
  if (passages.length > 0 || title === "") return passages;
  return [{ section: 0, start: 0, end: 0 }];
}

/** A heading without text or sections of its own, such as a term in an API list: it is worth finding by name. */
function isBareEntry(sections: readonly Section[], index: number): boolean {
  const section = sections[index]!;
  const next = sections[index + 1];
  return section.heading !== "" && (next === undefined || (next.level ?? 2) <= (section.level ?? 2));
}

function readLanguage(lang: string | undefined, warn: Warn): string {
  if (lang === undefined || lang === "") return "";
  try {
    return Intl.getCanonicalLocales(lang.replaceAll("_", "-"))[0] ?? "";
  } catch {
    warn("lang/unknown", `"${lang}" is no BCP 47 language tag; the document is indexed without language rules.`);
    return "";
  }
}
