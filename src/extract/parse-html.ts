import { Parser } from "htmlparser2";
import { type HtmlElement, type HtmlNode, maxDepth } from "./tree.ts";

interface OpenElement extends HtmlElement {
  readonly children: HtmlNode[];
}

/** Reads a page in pieces, as they arrive. */
export interface HtmlReader {
  write(html: string): void;
  /** Ends the page and gives its tree, under one element without name. */
  end(): HtmlElement;
}

/** Items that end an open item of the same list, as far up as the list itself; browsers do the same. */
const listItems: Readonly<Record<string, { readonly ends: readonly string[]; readonly within: ReadonlySet<string> }>> =
  {
    li: { ends: ["li"], within: new Set(["ul", "ol", "menu", "dir", "table", "td", "th", "dl"]) },
    dt: { ends: ["dt", "dd"], within: new Set(["dl", "table", "td", "th", "ul", "ol"]) },
    dd: { ends: ["dt", "dd"], within: new Set(["dl", "table", "td", "th", "ul", "ol"]) },
  };

/** Elements that end an open paragraph even where inline elements are still open in it. */
const paragraphEnders = new Set(
  (
    "address article aside blockquote center dd details dialog dir div dl dt fieldset figcaption figure footer form " +
    "h1 h2 h3 h4 h5 h6 header hgroup hr li listing main menu nav ol p plaintext pre search section summary table ul xmp"
  ).split(" "),
);

/** An open paragraph beyond one of these is another box's. */
const paragraphBounds = new Set("button td th caption table object template svg math".split(" "));

/** Parts of a table and what they stand in: all that is open further in ends with them, tags or not. */
const tableParts: Readonly<Record<string, ReadonlySet<string>>> = {
  td: new Set(["tr", "table"]),
  th: new Set(["tr", "table"]),
  tr: new Set(["thead", "tbody", "tfoot", "table"]),
  thead: new Set(["table"]),
  tbody: new Set(["table"]),
  tfoot: new Set(["table"]),
  caption: new Set(["table"]),
};

/** The parser takes longer for each element the more are open; no page that was written to be read comes near. */
const maxNesting = 50_000;

class NestingError extends Error {}

const headings = /^h[1-6]$/;

class TreeBuilder {
  readonly root: OpenElement = { name: "", attributes: {}, children: [] };
  /** Elements that take what comes next; the last one is the innermost. */
  readonly #open: OpenElement[] = [this.root];
  /** What the parser holds open. An element that ended for us, but not for the parser, is still in here. */
  readonly #parsed: (OpenElement | null)[] = [];
  /** Elements that the parser has ended so far. */
  closed = 0;
  /** Nothing has come since the start of an element whose first line break is not part of its text. */
  #dropsBreak = false;

  open(name: string, attributes: Record<string, string>): void {
    this.#endImplied(name);
    this.#dropsBreak = name === "pre" || name === "listing";
    const parent = this.#open.at(-1)!;
    if (this.#parsed.length >= maxNesting) throw new NestingError();
    // Why null: the parent takes over, and ends with its own tag only.
    if (this.#open.length >= maxDepth) return void this.#parsed.push(null);
    const element = { name, attributes, children: [] };
    parent.children.push(element);
    this.#open.push(element);
    this.#parsed.push(element);
  }

  text(written: string): void {
    const text = this.#dropsBreak ? written.replace(/^\n/, "") : written;
    this.#dropsBreak = false;
    if (text === "") return;
    const { children } = this.#open.at(-1)!;
    const last = children.at(-1);
    // Why: the parser gives each entity as a text of its own, the live page does not.
    if (typeof last === "string") children[children.length - 1] = last + text;
    else children.push(text);
  }

  close(): void {
    this.#dropsBreak = false;
    this.closed++;
    const element = this.#parsed.pop() ?? null;
    // Why: what stands behind these is taken into them.
    if (element === null || element.name === "body" || element.name === "html") return;
    const position = this.#open.lastIndexOf(element);
    if (position > 0) this.#open.length = position;
  }

  /** Ends the open heading: browsers take `</h3>` for the end of an `h2`, too. */
  endHeading(): void {
    for (let i = this.#open.length - 1; i > 0; i--) {
      const { name } = this.#open[i]!;
      if (headings.test(name)) return void (this.#open.length = i);
      if (paragraphBounds.has(name)) return;
    }
  }

  #endImplied(name: string): void {
    const part = tableParts[name];
    if (part !== undefined) this.#endWithin(part);
    if (paragraphEnders.has(name)) this.#endInnermost(["p"], paragraphBounds);
    const item = listItems[name];
    if (item !== undefined) this.#endInnermost(item.ends, item.within);
  }

  #endWithin(parents: ReadonlySet<string>): void {
    const position = this.#open.findLastIndex(({ name }) => parents.has(name));
    if (position > 0) this.#open.length = position + 1;
  }

  #endInnermost(names: readonly string[], bounds: ReadonlySet<string>): void {
    for (let i = this.#open.length - 1; i > 0; i--) {
      const { name } = this.#open[i]!;
      if (names.includes(name)) return void (this.#open.length = i);
      if (bounds.has(name)) return;
    }
  }
}

/** The parser, with a look at end tags that fit no open element, which it passes over. */
class PageParser extends Parser {
  readonly #builder: TreeBuilder;
  /** The end of what was written, and where in the page it begins. */
  #recent = "";
  #recentStart = 0;

  constructor(builder: TreeBuilder, isXml: boolean) {
    super(
      {
        onopentag: (name, attributes) => builder.open(name.toLowerCase(), attributes),
        ontext: (text) => builder.text(text),
        onclosetag: () => builder.close(),
      },
      { recognizeSelfClosing: isXml },
    );
    this.#builder = builder;
  }

  override write(html: string): void {
    // Why: a tag may be cut in two pieces.
    const kept = this.#recent.slice(-8);
    this.#recentStart += this.#recent.length - kept.length;
    this.#recent = kept + html;
    super.write(html);
  }

  override onclosetag(start: number, end: number): void {
    const name = this.#recent.slice(start - this.#recentStart, end - this.#recentStart);
    const before = this.#builder.closed;
    super.onclosetag(start, end);
    if (this.#builder.closed === before && headings.test(name.toLowerCase())) this.#builder.endHeading();
  }
}

/**
 * Makes a reader of HTML, however broken.
 *
 * @param isXml - read `<a/>` as closed, as XHTML means it.
 */
export function createHtmlReader(isXml = false): HtmlReader {
  const builder = new TreeBuilder();
  const parser = new PageParser(builder, isXml);
  let isOver = false;
  // What was read before a page went out of hand is kept.
  const attempt = (step: () => void): void => {
    if (isOver) return;
    try {
      step();
    } catch (error) {
      if (!(error instanceof NestingError)) throw error;
      isOver = true;
    }
  };
  return {
    write: (html) => attempt(() => parser.write(normalize(html))),
    end() {
      attempt(() => parser.end());
      return builder.root;
    },
  };
}

/** Reads a whole page. See `createHtmlReader`. */
export function parseHtml(html: string, isXml = false): HtmlElement {
  const reader = createHtmlReader(isXml);
  reader.write(html);
  return reader.end();
}

/** What browsers do before they parse. A line break that is cut in two pieces becomes two: white space collapses anyway. */
function normalize(html: string): string {
  return html.replaceAll("\0", "").replace(/\r\n?/g, "\n");
}
