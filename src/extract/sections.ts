import type { Section } from "../types.ts";
import { findAnchor, ownAnchor } from "./anchor.ts";
import { isChrome, isPermalink } from "./chrome.ts";
import { directiveOf, weightOf } from "./directives.ts";
import type { AnchorMaker } from "./made-anchors.ts";
import { readTableSentences } from "./table.ts";
import { TextWriter } from "./text-writer.ts";
import type { HtmlElement, HtmlNode } from "./tree.ts";

/** A part of a page under one heading; its weight is what an author gave to it by `data-inkling-weight`. */
export interface PageSection extends Section {
  /** Language as the nearest element declares it; `""` where none does. */
  readonly lang: string;
}

/** What holds for the content from outside of it. */
export interface ContentContext {
  /** The whole page is taken and not its main content: headers and asides outside of articles are left out. */
  readonly isFurnished: boolean;
  readonly lang: string;
  readonly anchors?: AnchorMaker | undefined;
  /** Tables of data as rows of cells, as all others, instead of sentences. */
  readonly hasPlainTables?: boolean | undefined;
}

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

/** What an author says of an element and all below it. */
interface Voice {
  readonly weight: number;
  readonly lang: string;
}

/**
 * Reads the sections of content: a new one at each heading, at each term of a definition list that can be linked to, at
 * each element with a title of its own, and where weight or language change.
 *
 * @param root - is read itself, even if it is of a kind that is left out elsewhere.
 */
export function readSections(root: HtmlElement, context: ContentContext): PageSection[] {
  const reader = new SectionReader(context);
  reader.visitRoot(root);
  return reader.finish();
}

/** Gives the text of an element as one line, without permalinks and what is hidden. */
export function readLine(element: HtmlElement): string {
  const line = { name: "span", attributes: {}, children: element.children.flatMap(inlineOnly) };
  return readSections(line, { isFurnished: false, lang: "" })
    .map((section) => section.text)
    .join(" ")
    .replace(/\s+/g, " ");
}

/** Elements that open sections or rows of their own become plain boxes; permalinks go. */
function inlineOnly(node: HtmlNode): HtmlNode[] {
  if (typeof node === "string") return [node];
  if (isPermalink(node)) return [];
  const isPlain = !headingElement.test(node.name) && node.name !== "dl" && node.name !== "dt";
  const attributes = directiveOf(node, "title") === undefined ? node.attributes : withoutTitle(node.attributes);
  return [{ name: isPlain ? node.name : "div", attributes, children: node.children.flatMap(inlineOnly) }];
}

function withoutTitle(attributes: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(attributes).filter(([name]) => !/^data-(?:inkling|pagefind)-title$/.test(name)),
  );
}

class SectionReader {
  readonly #sections: PageSection[] = [];
  readonly #anchors: AnchorMaker | undefined;
  readonly #hasPlainTables: boolean;
  #writer = new TextWriter();
  #head: SectionHead = { heading: "", level: 1, anchor: "" };
  #voice: Voice;
  /** The head has stood over a section before: another one needs a text. */
  #isContinued = false;
  /** The section that goes on after a definition list, as soon as there is text. */
  #resumed: SectionHead | undefined;
  /** Fragment that was passed since the last text: an enclosing element, or an empty link before the heading. */
  #passedAnchor = "";
  #isFurnished: boolean;
  #isPreformatted = false;

  constructor({ isFurnished, lang, anchors, hasPlainTables = false }: ContentContext) {
    this.#isFurnished = isFurnished;
    this.#hasPlainTables = hasPlainTables;
    this.#anchors = anchors;
    this.#voice = { weight: 1, lang };
  }

  finish(): PageSection[] {
    this.#closeSection();
    return this.#sections;
  }

  visitRoot(root: HtmlElement): void {
    this.#passedAnchor = ownAnchor(root);
    this.#visitElement(root);
  }

  visit(node: HtmlNode): void {
    if (typeof node === "string") return this.#write(node);
    if (isChrome(node, this.#isFurnished)) return;
    if (headingElement.test(node.name) && this.#openHeading(node)) return;
    this.#openTitled(node);
    this.#passedAnchor = ownAnchor(node) || this.#passedAnchor;
    this.#visitVoiced(node);
  }

  /** Reads an element in its own weight and language, where it is a box that has any. */
  #visitVoiced(element: HtmlElement): void {
    const before = this.#voice;
    const isBox = blockElements.has(element.name) || preformattedElements.has(element.name) || element.name === "tr";
    const voice = isBox ? voiceOf(element, before) : before;
    if (voice === before) return this.#visitElement(element);
    this.#changeVoice(voice);
    this.#visitElement(element);
    this.#changeVoice(before);
  }

  #changeVoice(voice: Voice): void {
    const head = this.#resumed ?? this.#head;
    const passed = this.#passedAnchor;
    // Why not if blank: a heading alone at the border belongs to the text that comes.
    if (!this.#writer.isBlank) this.#closeSection(head);
    this.#passedAnchor = passed;
    this.#voice = voice;
  }

  #visitElement(element: HtmlElement): void {
    const { name } = element;
    this.#writeAttributes(element);
    if (name === "br") this.#writer.breakLine();
    else if (name === "img") this.#write(` ${element.attributes["alt"] ?? ""} `);
    else if (name === "dl") this.#visitDefinitions(element);
    else if (name === "table") this.#visitTable(element);
    else if (name === "tr") this.#visitRow(element);
    else if (name === "td" || name === "th") this.#visitCell(element);
    else if (preformattedElements.has(name)) this.#visitPreformatted(element);
    else if (name === "article" || name === "section") this.#visitContent(element);
    else if (blockElements.has(name) || headingElement.test(name)) this.#visitBlock(element);
    else this.#visitChildren(element);
  }

  /** Attributes that an author wants read as text. */
  #writeAttributes(element: HtmlElement): void {
    for (const name of directiveOf(element, "index-attrs")?.split(",") ?? []) {
      const attribute = name.trim().toLowerCase();
      const isRead = element.name === "img" && attribute === "alt";
      if (!isRead && attribute !== "") this.#write(` ${element.attributes[attribute] ?? ""} `);
    }
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

  #visitTable(table: HtmlElement): void {
    if (this.#hasPlainTables) return this.#visitBlock(table);
    const isFurnished = this.#isFurnished;
    const lines = readTableSentences(table, { isSkipped: (element) => isChrome(element, isFurnished), read: readLine });
    if (lines === undefined) return this.#visitBlock(table);
    for (const line of lines) {
      this.#writer.breakLine();
      this.#write(line);
    }
    this.#writer.breakLine();
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
    const line = directiveOf(element, "title") || readLine(element);
    if (line === "") return false;
    this.#openSection(line, { level: Number(element.name[1]), anchor: findAnchor(element) || this.#passedAnchor });
    return true;
  }

  /** Opens a section at an element that its author gave a title, or whose text is to be one. */
  #openTitled(element: HtmlElement): void {
    const title = directiveOf(element, "title");
    if (title === undefined) return;
    const line = title || readLine(element);
    if (line === "") return;
    const { level } = this.#resumed ?? this.#head;
    this.#openSection(line, {
      level: Math.min(6, Math.max(2, level)),
      anchor: ownAnchor(element) || this.#passedAnchor,
    });
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
    const heading = cutHeading(line);
    this.#closeSection({ ...head, anchor: head.anchor || (this.#anchors?.make(heading) ?? ""), heading });
    this.#isContinued = false;
    if (heading !== line) this.#write(line);
  }

  #closeSection(next: SectionHead = this.#head): void {
    const { heading, level, anchor } = this.#head;
    const { weight, lang } = this.#voice;
    const text = this.#writer.toString();
    if (text !== "" || (heading !== "" && !this.#isContinued)) {
      const optional = { ...(anchor === "" ? {} : { anchor }), ...(weight === 1 ? {} : { weight }) };
      this.#sections.push({ heading, level, ...optional, text, lang });
    }
    this.#head = next;
    this.#isContinued = true;
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
    if (this.#resumed !== undefined) this.#closeSection(this.#resumed);
  }
}

function voiceOf(element: HtmlElement, outer: Voice): Voice {
  // Why not of these: theirs is the weight of the page.
  const weight = element.name === "html" || element.name === "body" ? undefined : weightOf(element);
  const lang = languageOf(element);
  if ((weight ?? outer.weight) === outer.weight && (lang ?? outer.lang) === outer.lang) return outer;
  return { weight: weight ?? outer.weight, lang: lang ?? outer.lang };
}

/** Language that an element declares, as written; `undefined` where it declares none. */
export function languageOf({ attributes }: HtmlElement): string | undefined {
  return (attributes["lang"] || attributes["xml:lang"])?.trim() || undefined;
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
