import { maxWeight } from "../src/core/segment/section-overrides.ts";
import { InvalidArgumentError } from "../src/errors.ts";
import type { Document, Section } from "../src/types.ts";

/** Longest text of one document, all sections together, in UTF-16 code units: ten times the longest real page we met. */
export const maxTextLength = 10_000_000;

/**
 * Checks documents before any of them is indexed: a mistake in one of them changes nothing.
 *
 * @throws {InvalidArgumentError} that names the document, the field and the remedy.
 */
export function checkDocuments(documents: readonly Document[], seen: Set<string> = new Set()): void {
  if (!Array.isArray(documents))
    throw new InvalidArgumentError("argument/text", `Documents must be an array, found ${describe(documents)}.`);
  for (const [i, document] of (documents as readonly Document[]).entries()) {
    checkDocument(document, i);
    if (seen.has(document.url)) {
      throw new InvalidArgumentError(
        "argument/duplicate-url",
        `Two documents of one call have the url "${shorten(document.url)}". Urls identify documents: merge them, or tell them apart by a fragment.`,
        { url: shorten(document.url), document: i },
      );
    }
    seen.add(document.url);
  }
}

/** @throws {InvalidArgumentError} `argument/url` unless it is an array of strings: a lone string would remove nothing, silently. */
export function checkUrls(urls: readonly string[]): void {
  if (Array.isArray(urls) && urls.every((url) => typeof url === "string")) return;
  throw new InvalidArgumentError(
    "argument/url",
    `Urls to remove must be an array of strings, found ${describe(urls)}.`,
  );
}

const loneSurrogate = /\p{Cs}/u;

function checkDocument(document: Document, index: number): void {
  const where = `Document ${index}`;
  if (typeof document !== "object" || document === null) {
    throw new InvalidArgumentError(
      "argument/text",
      `${where} is ${describe(document)}, expected an object with "url" and "text" or "sections".`,
      { document: index },
    );
  }
  if (typeof document.url !== "string" || document.url === "") {
    throw new InvalidArgumentError(
      "argument/url",
      `${where} has the url ${describe(document.url)}, expected a string that is not empty.`,
      { document: index },
    );
  }
  if (loneSurrogate.test(document.url)) {
    throw new InvalidArgumentError(
      "argument/url",
      `${where} has the url ${describe(document.url)} with a lone surrogate, which cannot be stored; expected well-formed text.`,
      { document: index },
    );
  }
  const named = `Document "${shorten(document.url)}"`;
  const details = { url: shorten(document.url), document: index };
  if (document.title !== undefined && typeof document.title !== "string") {
    throw new InvalidArgumentError(
      "argument/text",
      `${named} has the title ${describe(document.title)}, expected a string.`,
      details,
    );
  }
  checkAttributes(document, named);
  const textLength =
    document.sections === undefined
      ? checkText(document.text, `${named} has the text`)
      : checkSections(document.sections, named);
  const length = textLength + (document.title?.length ?? 0);
  if (length > maxTextLength) {
    throw new InvalidArgumentError(
      "argument/text-too-large",
      `${named} has ${length} characters, allowed are ${maxTextLength}. Split it into several documents.`,
      { ...details, length, maxLength: maxTextLength },
    );
  }
}

function checkText(text: unknown, what: string): number {
  if (typeof text === "string") return text.length;
  throw new InvalidArgumentError("argument/text", `${what} ${describe(text)}, expected a string; or give "sections".`);
}

function checkSections(sections: readonly Section[], named: string): number {
  if (!Array.isArray(sections)) {
    throw new InvalidArgumentError(
      "argument/sections",
      `${named} has the sections ${describe(sections)}, expected an array.`,
    );
  }
  return sections.reduce((sum, section: Section, i) => sum + checkSection(section, `${named}, section ${i},`), 0);
}

function checkSection(section: Section, named: string): number {
  if (typeof section !== "object" || section === null) {
    throw new InvalidArgumentError(
      "argument/sections",
      `${named} is ${describe(section)}, expected an object with "text".`,
    );
  }
  for (const field of ["heading", "anchor"] as const) {
    const value: unknown = section[field];
    if (value !== undefined && typeof value !== "string") {
      throw new InvalidArgumentError(
        "argument/sections",
        `${named} has the ${field} ${describe(value)}, expected a string.`,
      );
    }
  }
  const { level } = section;
  if (level !== undefined && !(Number.isInteger(level) && level >= 1 && level <= 6)) {
    throw new InvalidArgumentError(
      "argument/sections",
      `${named} has the level ${describe(level)}, expected an integer from 1 to 6.`,
    );
  }
  const { weight = 1 } = section;
  if (!(typeof weight === "number" && weight >= 0 && weight <= maxWeight)) {
    throw new InvalidArgumentError(
      "argument/sections",
      `${named} has the weight ${describe(weight)}, expected a number from 0 to ${maxWeight}.`,
    );
  }
  return checkText(section.text, `${named} has the text`) + (section.heading?.length ?? 0);
}

function checkAttributes(document: Document, named: string): void {
  const attributes: unknown = document.attributes;
  if (attributes === undefined) return;
  if (Object.prototype.toString.call(attributes) !== "[object Object]") {
    throw new InvalidArgumentError(
      "argument/attributes",
      `${named} has the attributes ${describe(attributes)}, expected a plain object of names and values.`,
    );
  }
  for (const [name, value] of Object.entries(attributes as object)) {
    const isAllowed = Array.isArray(value)
      ? value.every((item) => isScalar(item))
      : isScalar(value) || typeof value === "boolean";
    if (!isAllowed) {
      throw new InvalidArgumentError(
        "argument/attributes",
        `${named} has the attribute "${name}" ${describe(value)}, expected a string, a finite number, a boolean or an array of strings or numbers.`,
      );
    }
  }
}

function isScalar(value: unknown): boolean {
  return typeof value === "string" || (typeof value === "number" && Number.isFinite(value));
}

function describe(value: unknown): string {
  if (typeof value === "string") return `"${shorten(value)}"`;
  if (value === null || typeof value !== "object") return String(value);
  return Array.isArray(value) ? "an array" : "an object";
}

function shorten(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
