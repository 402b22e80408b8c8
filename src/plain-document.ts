import { InvalidArgumentError } from "./errors.ts";
import type { Document, Section } from "./types.ts";

/**
 * Copies of documents that can be sent to a worker: proxies of frameworks cannot, and what we do not read is left behind.
 * Values of a wrong type are kept, for the worker to name them.
 */
export function toPlainDocuments(documents: readonly Document[]): Document[] {
  return documents.map((document) => (isObject(document) ? toPlainDocument(document) : document));
}

function toPlainDocument({ url, title, lang, text, sections, attributes }: Document): Document {
  const plain = { url, title, lang, text, sections: toPlainSections(sections), attributes: toPlainValue(attributes) };
  return Object.fromEntries(Object.entries(plain).filter(([, value]) => value !== undefined)) as unknown as Document;
}

function toPlainSections(sections: readonly Section[] | undefined): unknown {
  if (!Array.isArray(sections)) return sections;
  return sections.map((section: Section) => (isObject(section) ? toPlainSection(section) : section));
}

function toPlainSection({ heading, level, anchor, weight, lang, text }: Section): unknown {
  return { heading, level, anchor, weight, lang, text };
}

/** A copy of an object and of the arrays in it; attributes go no deeper. */
function toPlainValue(value: unknown): unknown {
  if (Array.isArray(value)) return [...(value as unknown[])];
  if (!isObject(value) || Object.prototype.toString.call(value) !== "[object Object]") return value;
  const copy: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [name, item] of Object.entries(value)) copy[name] = Array.isArray(item) ? [...(item as unknown[])] : item;
  return copy;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** The error to throw for one that sending documents gave: the browser's own does not say what to do. */
export function asSendError(error: unknown): unknown {
  if (!(error instanceof DOMException) || error.name !== "DataCloneError") return error;
  return new InvalidArgumentError(
    "argument/not-plain",
    `A document cannot be sent to the worker: ${error.message.replace(/\.$/, "")}. Expected strings, numbers, booleans and arrays of them; convert urls and dates to strings.`,
    {},
    error,
  );
}

/** Characters to send for a document, roughly, with something for the object itself. */
export function sendLength(document: Document): number {
  if (!isObject(document)) return perObject;
  const { text, sections } = document;
  if (!Array.isArray(sections)) return perObject + lengthOf(text);
  return sections.reduce((sum: number, section?: Section) => sum + perObject + lengthOf(section?.text), perObject);
}

/** Copying an object costs as much as this many characters. */
const perObject = 200;

function lengthOf(text: unknown): number {
  return typeof text === "string" ? text.length : 0;
}
