import { maxWeight } from "../core/segment/section-overrides.ts";
import { descend, type HtmlElement } from "./tree.ts";

const directives = [
  "body",
  "ignore",
  "meta",
  "default-meta",
  "filter",
  "sort",
  "weight",
  "title",
  "index-attrs",
] as const;

/** What authors say in `data-inkling-*` attributes; `data-pagefind-*` names are read as the same. */
export type Directive = (typeof directives)[number];

/** Gives what an element says by a directive, trimmed; `undefined` where it says nothing. Our own name wins over the alias. */
export function directiveOf({ attributes }: HtmlElement, name: Directive): string | undefined {
  const [own, alias] = attributeNames[name]!;
  return (attributes[own] ?? attributes[alias])?.trim();
}

/** Own name and alias of each. Why made once: every element of a page is asked for most of them. */
const attributeNames: Readonly<Record<string, readonly [own: string, alias: string]>> = Object.fromEntries(
  directives.map((name) => [name, [`data-inkling-${name}`, `data-pagefind-${name}`]]),
);

/** Whether an element's text is left out: `ignore`, whatever its value. */
export function isIgnored(element: HtmlElement): boolean {
  return directiveOf(element, "ignore") !== undefined;
}

/** Whether everything about an element is left out, its metadata as well: `ignore="all"`. */
export function isIgnoredWholly(element: HtmlElement): boolean {
  return directiveOf(element, "ignore")?.toLowerCase() === "all";
}

/** Reads a weight, 0 to 10; `undefined` where an element has none, or one that is no number. */
export function weightOf(element: HtmlElement): number | undefined {
  const text = directiveOf(element, "weight");
  if (text === undefined || !/^\d+(?:\.\d+)?$/.test(text)) return undefined;
  return Math.min(maxWeight, Number(text));
}

/** One entry of a `meta`, `filter` or `sort` directive: a name, and where its value comes from. */
export interface NamedValue {
  readonly name: string;
  /** The attribute that holds the value, or the value itself, or neither: then it is the element's text. */
  readonly attribute?: string;
  readonly value?: string;
}

/**
 * Reads the entries of a directive, separated by commas: `name` takes the element's text, `name[attribute]` an attribute's
 * value, and `name:value` what stands there, to the very end. What fits none of these is passed over.
 */
export function parseNamedValues(text: string): NamedValue[] {
  const found: NamedValue[] = [];
  let rest = text.trim();
  while (rest !== "") {
    const plain = /^([^,:[\]]+?)\s*(?:\[\s*([^\]\s]+)\s*\])?\s*(?:,|$)/.exec(rest);
    const inline = /^([^,:[\]]+?)\s*:([\s\S]*)$/.exec(rest);
    if (plain !== null) {
      const [, name, attribute] = plain;
      found.push({ name: name!, ...(attribute === undefined ? {} : { attribute: attribute.toLowerCase() }) });
    } else if (inline !== null) {
      found.push({ name: inline[1]!, value: inline[2]!.trim() });
      break;
    }
    const comma = rest.indexOf(",");
    const end = plain?.[0].length ?? (comma < 0 ? rest.length : comma + 1);
    rest = rest.slice(end).trimStart();
  }
  return found;
}

/** All elements below `root` that authors did not take out with `ignore="all"`. */
export function descendSpoken(root: HtmlElement): Generator<HtmlElement> {
  return descend(root, (element) => element.name !== "template" && !isIgnoredWholly(element));
}
