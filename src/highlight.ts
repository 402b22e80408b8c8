import type { HitPassage } from "./types.ts";

/** What `highlight` reads of a passage. A copy that went through JSON, to another page, will do. */
export type PassageQuote = Pick<HitPassage, "anchor" | "excerpt" | "ranges">;

/** Names of the two highlights in `CSS.highlights`, for `::highlight()` rules. */
export const highlightNames = { passage: "inkling-passage", match: "inkling-match" } as const;

/** A place in a list of texts: which text, and the UTF-16 offset in it. */
export type TextPoint = readonly [text: number, offset: number];

/** Where a quote was found: its span, then the ranges within it that could be carried over. */
export interface QuoteMatch {
  readonly span: readonly [start: TextPoint, end: TextPoint];
  readonly ranges: readonly (readonly [start: TextPoint, end: TextPoint])[];
}

// Why: markup decides how white space and break hints between blocks come out, and bars stand for the borders of table
// cells in extracted text; the words are what is compared.
const ignorable = /[\s\u00ad\u200b\u2060|]+/g;
const compact = (text: string): string => text.replace(ignorable, "");

// Why: in a layer, so that any plain `::highlight()` rule of the page wins over it.
const defaultStyle =
  "@layer inkling{::highlight(inkling-passage){background-color:#ffd54a4d}" +
  "::highlight(inkling-match){background-color:#ffd54a;color:#1a1300}}";
let styleSheet: CSSStyleSheet | undefined;

function readOffset(text: string, wanted: number): number {
  let seen = -1;
  for (let offset = 0; offset < text.length; offset++) {
    if (compact(text[offset] ?? "") !== "" && ++seen === wanted) return offset;
  }
  return text.length;
}

/** Pieces of `quote` to look for, longest first: all of it, else its first and last words. */
function findSpan(page: string, quote: string, from: number): [start: number, end: number] | null {
  for (const size of [quote.length, 64, 24]) {
    if (size === 0 || size > quote.length) continue;
    const head = quote.slice(0, size);
    const after = page.indexOf(head, from);
    const start = after < 0 ? page.indexOf(head) : after;
    if (start < 0) continue;
    const end = page.indexOf(quote.slice(-size), start) + size;
    return [start, end >= start + size && end <= start + 2 * quote.length ? end : start + size];
  }
  return null;
}

/**
 * Finds a quote in texts that follow each other, as the text nodes of a page do. White space is not compared.
 * Where the quote as a whole is not there, its first and last words stand for it.
 *
 * @param texts - in document order.
 * @param from - the text to start at; the earlier ones are searched only if the quote is not found from there on.
 * @returns null where not even the first words are found.
 */
export function findQuote(texts: readonly string[], passage: PassageQuote, from = 0): QuoteMatch | null {
  const compacted = texts.map(compact);
  const starts: number[] = [];
  let length = 0;
  for (const text of compacted) {
    starts.push(length);
    length += text.length;
  }
  const page = compacted.join("");
  const span = findSpan(page, compact(passage.excerpt), starts[from] ?? 0);
  if (!span) return null;

  const at = (position: number): TextPoint => {
    const text = starts.findLastIndex((start) => start <= position);
    return [text, readOffset(texts[text] ?? "", position - (starts[text] ?? 0))];
  };
  const between = (start: number, end: number): readonly [TextPoint, TextPoint] => {
    const [text, offset] = at(end - 1);
    return [at(start), [text, offset + 1]];
  };
  const ranges = passage.ranges.flatMap(([start, end]) => {
    const word = compact(passage.excerpt.slice(start, end));
    const position = span[0] + compact(passage.excerpt.slice(0, start)).length;
    return word && page.startsWith(word, position) ? [between(position, position + word.length)] : [];
  });
  return { span: between(...span), ranges };
}

function readTextNodes(root: Node): Text[] {
  const walker = (root.ownerDocument ?? (root as Document)).createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const nodes: Text[] = [];
  while (walker.nextNode()) {
    const node = walker.currentNode as Text;
    if (!node.parentElement?.closest("script,style,noscript,textarea,[hidden]")) nodes.push(node);
  }
  return nodes;
}

function toRange(nodes: readonly Text[], [start, end]: readonly [TextPoint, TextPoint]): Range {
  const range = new Range();
  range.setStart(nodes[start[0]]!, start[1]);
  range.setEnd(nodes[end[0]]!, end[1]);
  return range;
}

function paint(root: Node, passage: Range, matches: readonly Range[]): void {
  if (typeof Highlight === "undefined" || !CSS.highlights) return;
  const host = root.getRootNode() as Document | ShadowRoot;
  if (!styleSheet) (styleSheet = new CSSStyleSheet()).replaceSync(defaultStyle);
  if (!host.adoptedStyleSheets.includes(styleSheet)) host.adoptedStyleSheets.push(styleSheet);
  const match = new Highlight(...matches);
  match.priority = 1;
  CSS.highlights.set(highlightNames.passage, new Highlight(passage)).set(highlightNames.match, match);
}

function reveal(element: Element, place: Element | Range): void {
  for (let closed; (closed = element.closest<HTMLDetailsElement>("details:not([open])"));) closed.open = true;
  // Why twice: the first brings it into view inside scrolling ancestors, the second centres it in the window.
  element.scrollIntoView({ block: "nearest", behavior: "instant" });
  const { top, height } = place.getBoundingClientRect();
  const still = matchMedia("(prefers-reduced-motion:reduce)").matches;
  scrollBy({
    top: top - Math.max(innerHeight - height, innerHeight / 3) / 2,
    behavior: still ? "instant" : "smooth",
  });
}

/**
 * Scrolls to a passage of the live page and highlights it and the words that matched, with the CSS Custom Highlight
 * API: the page's markup stays as it is. Where the API is missing, it only scrolls.
 *
 * @param passage - from a hit. It is looked for from the element with its anchor on, then everywhere in `root`.
 * @param root - the part of the page to search: best the one that was indexed, such as the `main` element.
 * @returns the passage's range, or null where its text is not on the page; the anchor is scrolled to all the same.
 */
export function highlight(passage: PassageQuote, root: Document | ShadowRoot | Element = document): Range | null {
  clearHighlight();
  const anchor = passage.anchor ? root.querySelector(`#${CSS.escape(passage.anchor)}`) : null;
  const nodes = readTextNodes(root);
  const from = anchor ? nodes.findIndex((node) => anchor.compareDocumentPosition(node) & 4) : 0;
  const match = findQuote(
    nodes.map((node) => node.data),
    passage,
    Math.max(from, 0),
  );
  const range = match && toRange(nodes, match.span);
  const element = range ? nodes[match.span[0][0]]!.parentElement : anchor;
  if (element) reveal(element, range ?? element);
  if (range) {
    paint(
      root,
      range,
      match.ranges.map((points) => toRange(nodes, points)),
    );
  }
  return range;
}

/** Takes the highlight of `highlight` off the page. */
export function clearHighlight(): void {
  if (typeof CSS === "undefined") return;
  CSS.highlights?.delete(highlightNames.passage);
  CSS.highlights?.delete(highlightNames.match);
}
