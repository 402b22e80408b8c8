import type { Attributes, AttributeValue } from "../types.ts";
import { descendSpoken, type Directive, directiveOf, type NamedValue, parseNamedValues } from "./directives.ts";
import type { PageMetadata } from "./metadata.ts";
import { readLine } from "./sections.ts";
import type { HtmlElement } from "./tree.ts";

/** More than any author writes: attributes are kept with every page and shown, not searched. */
const maxValue = 1000;
const maxAttributes = 100;
const maxValues = 100;

/**
 * Gives the attributes of a page: what its head, OpenGraph and JSON-LD say, then what its author says by `data-inkling-meta`
 * (a text), `-sort` (a number where it is one) and `-filter` (always a list). Later ones win where names are the same.
 *
 * @returns the attributes, and the title that an author gave as metadata; `""` where there is none.
 */
export function readAttributes(page: HtmlElement, metadata: PageMetadata): { attributes: Attributes; title: string } {
  const values = new Map<string, AttributeValue>();
  for (const [name, value] of Object.entries(pickKnown(metadata))) values.set(name, value);
  const meta = collect(page, "meta");
  for (const [name, texts] of collect(page, "default-meta")) if (!meta.has(name)) values.set(name, texts[0]!);
  for (const [name, texts] of meta) values.set(name, texts[0]!);
  const title = meta.get("title")?.[0] ?? "";
  if (title !== "") values.delete("title");
  for (const [name, texts] of collect(page, "sort")) values.set(name, toNumber(texts[0]!));
  for (const [name, texts] of collect(page, "filter")) values.set(name, [...new Set(texts)]);
  return { attributes: Object.fromEntries([...values].slice(0, maxAttributes)), title };
}

function pickKnown(metadata: PageMetadata): Record<string, AttributeValue> {
  const { description, image, author, tags, section, type, published, modified } = metadata;
  const texts = { description, image, section, type, published, modified };
  const known: Record<string, AttributeValue> = {};
  for (const [name, text] of Object.entries(texts)) if (text !== "") known[name] = cut(text);
  // Why: a website's start page says of itself that it is one, which tells pages apart as little as saying nothing.
  if (known["type"] === "website") delete known["type"];
  if (author.length > 0) known["author"] = author.slice(0, maxValues).map(cut);
  if (tags.length > 0) known["tags"] = tags.slice(0, maxValues).map(cut);
  return known;
}

/** Texts by name, in document order. */
function collect(page: HtmlElement, directive: Directive): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const element of descendSpoken(page)) {
    const text = directiveOf(element, directive);
    if (text === undefined) continue;
    for (const entry of parseNamedValues(text)) {
      const value = valueOf(element, entry);
      const known = found.get(entry.name);
      if (value === "") continue;
      if (known === undefined) found.set(entry.name, [value]);
      else if (known.length < maxValues) known.push(value);
    }
  }
  return found;
}

function valueOf(element: HtmlElement, { attribute, value }: NamedValue): string {
  if (value !== undefined) return cut(value);
  if (attribute !== undefined) return cut((element.attributes[attribute] ?? "").trim());
  return cut(element.name === "meta" ? (element.attributes["content"] ?? "").trim() : readLine(element));
}

/** Cuts what is too long, and never inside a surrogate pair. */
function cut(text: string): string {
  if (text.length <= maxValue) return text;
  const unit = text.charCodeAt(maxValue - 1);
  return text.slice(0, unit >= 0xd800 && unit <= 0xdbff ? maxValue - 1 : maxValue);
}

function toNumber(text: string): string | number {
  return /^-?\d{1,15}(?:\.\d{1,15})?$/.test(text) ? Number(text) : text;
}
