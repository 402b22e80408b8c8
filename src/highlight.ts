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

// Why: extraction writes a row of a table as a sentence, "Plant: fern; Days: 3."; the page has "fern" and "3" in a row.
const row = /^(?=.*; ).*: .*$/gm;
const rowLabel = /(?:^|; )[^:;]*: |; |[.;]$/g;
const blank = (text: string): string => "|".repeat(text.length);

/** A text in which what names the columns is as if it were not there; everything else stays in its place. */
const withoutLabels = (text: string): string => text.replace(row, (line) => line.replace(rowLabel, blank));

/** Shortest quote, compacted, that is looked for without its labels: a number alone may stand anywhere. */
const minRow = 6;

/**
 * Looks for a text, for the whole of it and then for its first and last words, as it is and then as rows of a table.
 *
 * @returns its place in the page, and the text as it was found.
 */
function findSpan(page: string, excerpt: string, from: number): [start: number, end: number, text: string] | null {
  const texts = [excerpt, withoutLabels(excerpt)];
  for (const most of [Infinity, 64, 24]) {
    for (const text of texts) {
      const quote = compact(text);
      const size = Math.min(quote.length, most);
      if (size < (text === excerpt ? 1 : minRow)) continue;
      const head = quote.slice(0, size);
      const after = page.indexOf(head, from);
      const start = after < 0 ? page.indexOf(head) : after;
      if (start < 0) continue;
      const end = page.indexOf(quote.slice(-size), start) + size;
      return [start, end >= start + size && end <= start + 2 * quote.length ? end : start + size, text];
    }
  }
  return null;
}

/** Looks for a text; where even its first words are not there as they stand, for its longest lines, each by itself. */
function findText(page: string, excerpt: string, from: number): ReturnType<typeof findSpan> {
  const lines = excerpt.split("\n");
  const only = (line: string): string => lines.map((each) => (each === line ? each : blank(each))).join("\n");
  const longest = lines
    .toSorted((a, b) => b.length - a.length)
    .slice(0, 3)
    .map(only);
  // Why: the heads of a table stand between the text before it and its first row, and are in no sentence of their own.
  for (const text of [excerpt, ...longest]) {
    const found = findSpan(page, text, from);
    if (found) return found;
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
  const found = findText(page, passage.excerpt, starts[from] ?? 0);
  if (!found) return null;
  const [first, last, text] = found;

  const at = (position: number): TextPoint => {
    const text = starts.findLastIndex((start) => start <= position);
    return [text, readOffset(texts[text] ?? "", position - (starts[text] ?? 0))];
  };
  const between = (start: number, end: number): readonly [TextPoint, TextPoint] => {
    const [text, offset] = at(end - 1);
    return [at(start), [text, offset + 1]];
  };
  const ranges = passage.ranges.flatMap(([start, end]) => {
    const word = compact(text.slice(start, end));
    const position = first + compact(text.slice(0, start)).length;
    return word && page.startsWith(word, position) ? [between(position, position + word.length)] : [];
  });
  return { span: between(first, last), ranges };
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
