import type { Section } from "../../src/types.ts";
import { findAnchor, ownAnchor } from "./anchor.ts";
import { isChrome, isPermalink } from "./chrome.ts";
import { TextWriter } from "./text-writer.ts";
import type { HtmlElement, HtmlNode } from "./tree.ts";

const blockElements = new Set(
  (
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure footer form " +
    "header hgroup hr html legend li main menu ol p search section summary table tbody tfoot thead ul"
  ).split(" "),
);

const preformattedElements = new Set(["pre", "listing", "xmp", "plaintext"]);

const headingElement = /^h[1-6]$/;

/** Lists whose terms are labels, not subjects. */
const labelLists = /(?:^|\s)(?:footnote|citation|field-list|option-list)(?:\s|$)/;

/** Longest heading, in UTF-16 code units; of a longer one the whole stands in the section's text as well. */
const maxHeading = 200;

interface SectionHead {
  readonly heading: string;
  readonly level: number;
  readonly anchor: string;
  /** The definition list whose term this is. */
  readonly list?: HtmlElement;
}

/**
 * Reads the sections of a page's content: a new one at each heading, and at each term of a definition list that can be linked to.
 *
 * @param isFurnished - `root` is the whole page and not its main content: headers and asides outside of articles are left out.
 */
export function readSections(root: HtmlElement, isFurnished: boolean): Section[] {
  const reader = new SectionReader(isFurnished);
  reader.visit(root);
  return reader.finish();
}

/** Gives the text of an element as one line, without permalinks and what is hidden. */
export function readLine(element: HtmlElement): string {
  return readSections({ name: "span", attributes: {}, children: element.children.flatMap(inlineOnly) }, false)
    .map((section) => section.text)
    .join(" ")
    .replace(/\s+/g, " ");
}

/** Headings and terms within become plain boxes, so that they open no section; permalinks go. */
function inlineOnly(node: HtmlNode): HtmlNode[] {
  if (typeof node === "string") return [node];
  if (isPermalink(node)) return [];
  const isPlain = !headingElement.test(node.name) && node.name !== "dl" && node.name !== "dt";
  return [{ ...node, name: isPlain ? node.name : "div", children: node.children.flatMap(inlineOnly) }];
}

class SectionReader {
  readonly #sections: Section[] = [];
  #writer = new TextWriter();
  #head: SectionHead = { heading: "", level: 1, anchor: "" };
  /** The section that goes on after a definition list, as soon as there is text. */
  #resumed: SectionHead | undefined;
  /** Fragment that was passed since the last text: an enclosing element, or an empty link before the heading. */
  #passedAnchor = "";
  #isFurnished: boolean;
  #isPreformatted = false;

  constructor(isFurnished: boolean) {
    this.#isFurnished = isFurnished;
  }

  finish(): Section[] {
    this.#closeSection();
    return this.#sections;
  }

  visit(node: HtmlNode): void {
    if (typeof node === "string") return this.#write(node);
    if (isChrome(node, this.#isFurnished)) return;
    if (headingElement.test(node.name) && this.#openHeading(node)) return;
    this.#passedAnchor = ownAnchor(node) || this.#passedAnchor;
    this.#visitElement(node);
  }

  #visitElement(element: HtmlElement): void {
    const { name } = element;
    if (name === "br") this.#writer.breakLine();
    else if (name === "img") this.#write(` ${element.attributes["alt"] ?? ""} `);
    else if (name === "dl") this.#visitDefinitions(element);
    else if (name === "tr") this.#visitRow(element);
    else if (name === "td" || name === "th") this.#visitCell(element);
    else if (preformattedElements.has(name)) this.#visitPreformatted(element);
    else if (name === "article" || name === "section") this.#visitContent(element);
    else if (blockElements.has(name) || headingElement.test(name)) this.#visitBlock(element);
    else this.#visitChildren(element);
  }

  #visitChildren(element: HtmlElement): void {
    for (const child of element.children) this.visit(child);
  }

  #visitBlock(element: HtmlElement): void {
    this.#writer.breakLine();
    this.#visitChildren(element);
    this.#writer.breakLine();
  }

  #visitContent(element: HtmlElement): void {
    const wasFurnished = this.#isFurnished;
    this.#isFurnished = false;
    this.#visitBlock(element);
    this.#isFurnished = wasFurnished;
  }

  #visitPreformatted(element: HtmlElement): void {
    const wasPreformatted = this.#isPreformatted;
    this.#isPreformatted = true;
    this.#visitBlock(element);
    this.#isPreformatted = wasPreformatted;
  }

  #visitRow(element: HtmlElement): void {
    this.#writer.breakRow();
    this.#visitChildren(element);
    this.#writer.breakRow();
  }

  #visitCell(element: HtmlElement): void {
    this.#writer.breakCell();
    this.#visitChildren(element);
  }

  #visitDefinitions(list: HtmlElement): void {
    const owner = this.#resumed ?? this.#head;
    const isLabelled = labelLists.test(list.attributes["class"] ?? "");
    this.#writer.breakLine();
    this.#visitTerms(list, list, owner, isLabelled);
    this.#writer.breakLine();
    if (this.#head !== owner) this.#resumed = owner;
  }

  /** Children of a list, and of the `div` groups it may have. */
  #visitTerms(parent: HtmlElement, list: HtmlElement, owner: SectionHead, isLabelled: boolean): void {
    for (const child of parent.children) {
      if (typeof child === "string" || isLabelled || isChrome(child, this.#isFurnished)) this.visit(child);
      else if (child.name === "div") this.#visitTerms(child, list, owner, isLabelled);
      else if (child.name !== "dt" || !this.#openTerm(child, list, owner)) this.visit(child);
    }
  }

  /** Opens a section at a heading, unless it is empty. */
  #openHeading(element: HtmlElement): boolean {
    const line = readLine(element);
    if (line === "") return false;
    this.#openSection(line, { level: Number(element.name[1]), anchor: findAnchor(element) || this.#passedAnchor });
    return true;
  }

  /** Opens a section at a term that has an anchor; terms that share their definition share the section. */
  #openTerm(term: HtmlElement, list: HtmlElement, owner: SectionHead): boolean {
    // Why: Texinfo writes an empty category before each function, `: sqrt (x)`.
    const line = readLine(term).replace(/^[\s:]+/, "");
    const anchor = findAnchor(term);
    if (anchor === "" || !/\p{L}/u.test(line)) return false;
    const shared = `${this.#head.heading}, ${line}`;
    if (this.#head.list === list && this.#writer.isBlank && shared.length <= maxHeading) {
      this.#head = { ...this.#head, heading: shared };
    } else this.#openSection(line, { level: Math.min(6, owner.level + 1), anchor, list });
    return true;
  }

  #openSection(line: string, head: Omit<SectionHead, "heading">): void {
    this.#closeSection();
    this.#head = { ...head, heading: cutHeading(line) };
    if (this.#head.heading !== line) this.#write(line);
  }

  #closeSection(): void {
    const { heading, level, anchor } = this.#head;
    const text = this.#writer.toString();
    if (text !== "" || heading !== "") {
      this.#sections.push({ heading, level, ...(anchor === "" ? {} : { anchor }), text });
    }
    this.#writer = new TextWriter();
    this.#resumed = undefined;
    this.#passedAnchor = "";
  }

  #write(text: string): void {
    if (text.trim() !== "") {
      this.#resumeSection();
      this.#passedAnchor = "";
    }
    if (this.#isPreformatted) this.#writer.writePreformatted(text);
    else this.#writer.write(text);
  }

  #resumeSection(): void {
    const owner = this.#resumed;
    if (owner === undefined) return;
    this.#closeSection();
    this.#head = owner;
  }
}

function cutHeading(line: string): string {
  if (line.length <= maxHeading) return line;
  const space = line.lastIndexOf(" ", maxHeading);
  const end = space > maxHeading / 2 ? space : maxHeading;
  return line.slice(0, isHighSurrogate(line.charCodeAt(end - 1)) ? end - 1 : end);
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
