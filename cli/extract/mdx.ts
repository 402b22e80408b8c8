/**
 * Turns MDX into Markdown with HTML: `import` and `export` go, expressions in braces go (of a plain string its text stays),
 * and JSX tags become plain tags around the Markdown between them. Code, in fences and in backticks, stays as it is.
 *
 * Why by own rules: what counts here is the text, also of a page that a compiler of MDX would refuse.
 */
export function mdxToMarkdown(mdx: string): string {
  return new MdxReader(mdx).read();
}

/** Attributes of a component that hold text for its reader. */
const readAttributes = ["title", "label", "heading", "summary", "caption", "alt"];

/** The first line of an `import` or `export`; a sentence may begin with these words, too. */
const moduleLine =
  /^(?:import\s*(?:["'{*]|[\w$]+\s*,|[\w$]+\s+from\b)|export\s+(?:default|const|let|var|function|async|class)\b|export\s*[{*])/;

const fence = /^ {0,3}(`{3,}|~{3,})/;

class MdxReader {
  readonly #source: string;
  #position = 0;
  #output = "";

  constructor(source: string) {
    this.#source = source;
  }

  read(): string {
    while (this.#position < this.#source.length) this.#readNext();
    return this.#output;
  }

  #readNext(): void {
    const rest = this.#source.slice(this.#position, this.#position + 4);
    const isLineStart = this.#position === 0 || this.#source[this.#position - 1] === "\n";
    if (isLineStart && (this.#copyFence() || this.#skipModule())) return;
    const character = rest[0]!;
    if (character === "`") this.#copyCodeSpan();
    else if (character === "\\") this.#copy(2);
    else if (character === "{") this.#readExpression();
    else if (/^<(?:[A-Za-z_$>]|\/)/.test(rest)) this.#readTag();
    else this.#copy(1);
  }

  #copy(count: number): void {
    this.#output += this.#source.slice(this.#position, this.#position + count);
    this.#position += count;
  }

  /** A fenced block, to the end of the text where it is not closed. */
  #copyFence(): boolean {
    const line = this.#lineAt(this.#position);
    const open = fence.exec(line)?.[1];
    if (open === undefined) return false;
    let end = this.#position + line.length + 1;
    while (end < this.#source.length) {
      const next = this.#lineAt(end);
      end += next.length + 1;
      const close = fence.exec(next)?.[1];
      if (close !== undefined && close[0] === open[0] && close.length >= open.length && next.trim() === close) break;
    }
    this.#copy(Math.min(end, this.#source.length) - this.#position);
    return true;
  }

  /** An `import` or `export`: to the line where all its brackets are closed and a blank line or the end follows. */
  #skipModule(): boolean {
    if (!moduleLine.test(this.#lineAt(this.#position))) return false;
    let end = this.#position;
    for (;;) {
      const close = this.#skipBalanced(end, /\n/);
      if (
        close >= this.#source.length ||
        /^\s*(?:\n|$)/.test(this.#lineAt(close + 1)) ||
        /^(?:import|export)\s/.test(this.#lineAt(close + 1))
      ) {
        this.#position = Math.min(close + 1, this.#source.length);
        return true;
      }
      end = close + 1;
    }
  }

  #copyCodeSpan(): void {
    const ticks = /^`+/.exec(this.#source.slice(this.#position, this.#position + 100))![0];
    const close = this.#source.indexOf(ticks, this.#position + ticks.length);
    this.#copy(close < 0 ? ticks.length : close + ticks.length - this.#position);
  }

  #readExpression(): void {
    const end = this.#skipBalanced(this.#position + 1, /\}/);
    const inner = this.#source.slice(this.#position + 1, end).trim();
    const text = /^(["'`])((?:(?!\1)[^\\\n])*)\1$/.exec(inner)?.[2];
    // Why kept: generators read `## Heading {#id}`.
    if (/^#[^\s{}]+$/.test(inner)) this.#output += `{${inner}}`;
    else if (text !== undefined && !text.includes("${")) this.#output += text;
    this.#position = Math.min(end + 1, this.#source.length);
  }

  #readTag(): void {
    const end = this.#skipBalanced(this.#position + 1, />/);
    if (end >= this.#source.length) return this.#copy(1);
    const tag = this.#source.slice(this.#position + 1, end);
    const isAlone = this.#isAlone(end);
    this.#position = end + 1;
    const match = /^(\/?)\s*([\w$.:-]*)/.exec(tag)!;
    const [, close, written] = match;
    if (written === "") return;
    const isComponent = /^[A-Z]|\./.test(written!);
    // Why blank lines: what stands between two tags is Markdown, and HTML blocks end at one.
    const gap = isAlone ? "\n\n" : "";
    const attributes = close === "" ? readTextAttributes(tag) : new Map<string, string>();
    if (!isComponent) this.#output += `${gap}<${close}${written!.toLowerCase()}${writeAttributes(attributes)}>${gap}`;
    else if (isAlone) this.#output += `\n\n${componentText(attributes)}\n\n`;
    else this.#output += " ";
  }

  /** Whether a tag stands on lines of its own. */
  #isAlone(end: number): boolean {
    const before = this.#source.slice(this.#source.lastIndexOf("\n", this.#position - 1) + 1, this.#position);
    const after = this.#lineAt(end + 1);
    return before.trim() === "" && (after.trim() === "" || /^\s*</.test(after));
  }

  #lineAt(position: number): string {
    const end = this.#source.indexOf("\n", position);
    return this.#source.slice(position, end < 0 ? undefined : end);
  }

  /** Position of the first `stop` outside of strings, comments and brackets, from `start` on; the end where there is none. */
  #skipBalanced(start: number, stop: RegExp): number {
    const source = this.#source;
    let depth = 0;
    for (let i = start; i < source.length; i++) {
      const character = source[i]!;
      if (depth === 0 && stop.test(character) && source[i - 1] !== "=") return i;
      if (character === '"' || character === "'" || character === "`") {
        const close = findStringEnd(source, i);
        // Why: an apostrophe in a text between two tags begins no string.
        if (close > 0) i = close;
      } else if (character === "/" && source[i + 1] === "*") i = Math.max(i, source.indexOf("*/", i) + 1);
      else if ("{([".includes(character)) depth++;
      else if ("})]".includes(character) && depth > 0) depth--;
    }
    return source.length;
  }
}

/** Longest string looked for; a longer one is no string. */
const maxString = 10_000;

function findStringEnd(source: string, start: number): number {
  const quote = source[start]!;
  for (let i = start + 1; i < source.length && i < start + maxString; i++) {
    if (source[i] === "\\") i++;
    else if (source[i] === quote) return i;
    else if (source[i] === "\n" && quote !== "`") return -1;
  }
  return -1;
}

/** Attributes with a plain text, or without a value; those with an expression mean nothing without a program. */
function readTextAttributes(tag: string): Map<string, string> {
  const found = new Map<string, string>();
  const plain = tag.replace(/\{(?!\s*["'`][^"'`{}]*["'`]\s*\})[^{}]*\}/g, "{}");
  for (const [, name, double, single, expression, braces] of plain.matchAll(
    /\s([\w:-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|\{\s*["'`]([^"'`{}]*)["'`]\s*\}|(\{)))?/g,
  )) {
    if (braces !== undefined) continue;
    const key = name === "className" ? "class" : name!.toLowerCase();
    found.set(key, double ?? single ?? expression ?? "");
  }
  return found;
}

function componentText(attributes: ReadonlyMap<string, string>): string {
  return readAttributes.flatMap((name) => attributes.get(name) ?? []).join(" ");
}

function writeAttributes(attributes: ReadonlyMap<string, string>): string {
  return [...attributes].map(([name, value]) => ` ${name}="${value.replaceAll('"', "&quot;")}"`).join("");
}
