/** An element of a page, wherever it was read from. Names of elements and attributes are in lower case, entities are decoded. */
export interface HtmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly HtmlNode[];
}

/** An element, or text. */
export type HtmlNode = HtmlElement | string;

/** Deeper elements become children of the last one at this depth, so that no page exhausts the call stack. */
export const maxDepth = 256;

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

/** Whether some text below an element fits a pattern that needs no more than one text node; stops at the first. */
export function someText(element: HtmlElement, pattern: RegExp): boolean {
  return element.children.some((child) => (typeof child === "string" ? pattern.test(child) : someText(child, pattern)));
}

/** Words of an attribute that holds a list, such as `class` or `rel`. */
export function wordsOf(element: HtmlElement, attribute: string): string[] {
  return (element.attributes[attribute] ?? "").split(/\s+/).filter((word) => word !== "");
}
