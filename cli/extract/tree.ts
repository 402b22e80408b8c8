import { Parser } from "htmlparser2";

/** An element of a parsed page. Names of elements and attributes are in lower case, entities are decoded. */
export interface HtmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly HtmlNode[];
}

/** An element, or text. */
export type HtmlNode = HtmlElement | string;

interface OpenElement extends HtmlElement {
  readonly children: HtmlNode[];
}

/** Deeper elements become children of the last one at this depth, so that no page exhausts the call stack. */
const maxDepth = 256;

/**
 * Parses a page as HTML, however broken, into a tree under one element without name.
 *
 * @param xml - read `<a/>` as closed, as XHTML means it.
 */
export function parseHtml(html: string, xml = false): HtmlElement {
  const root: OpenElement = { name: "", attributes: {}, children: [] };
  const open: OpenElement[] = [root];
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        const parent = open[open.length - 1]!;
        if (open.length >= maxDepth) return void open.push(parent);
        const element = { name, attributes, children: [] };
        parent.children.push(element);
        open.push(element);
      },
      ontext: (text) => void open[open.length - 1]!.children.push(text),
      onclosetag: () => void open.pop(),
    },
    { recognizeSelfClosing: xml },
  );
  parser.end(html);
  return root;
}

/** Visits all elements below `root` in document order; leaves out what is below an element that `enter` refuses. */
export function* descend(
  root: HtmlElement,
  enter: (element: HtmlElement) => boolean = () => true,
): Generator<HtmlElement> {
  const waiting = [...root.children].reverse();
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (typeof node === "string" || !enter(node)) continue;
    yield node;
    for (let i = node.children.length - 1; i >= 0; i--) waiting.push(node.children[i]!);
  }
}

/** First element below `root`, in document order, that `is` accepts. */
export function findElement(root: HtmlElement, is: (element: HtmlElement) => boolean): HtmlElement | undefined {
  for (const element of descend(root)) if (is(element)) return element;
  return undefined;
}

/** All text below an element, as written. */
export function textOf(element: HtmlElement): string {
  return element.children.map((child) => (typeof child === "string" ? child : textOf(child))).join("");
}

/** Words of an attribute that holds a list, such as `class` or `rel`. */
export function wordsOf(element: HtmlElement, attribute: string): string[] {
  return (element.attributes[attribute] ?? "").split(/\s+/).filter((word) => word !== "");
}
