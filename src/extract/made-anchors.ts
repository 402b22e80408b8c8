import { slug } from "github-slugger";
import { descend, type HtmlElement } from "./tree.ts";

/**
 * Makes anchors for headings that have none: from their words, as GitHub does and many themes do by script. The same page
 * gives the same anchors, and a heading keeps its anchor whatever happens to others with other words.
 */
export class AnchorMaker {
  readonly #used: Set<string>;
  /** Where counting goes on, by the anchor without a number. */
  readonly #next = new Map<string, number>();

  /** @param page - its own ids are never given to another place. */
  constructor(page: HtmlElement) {
    this.#used = new Set([...descend(page)].map(({ attributes }) => attributes["id"] ?? ""));
  }

  /** Gives the anchor for a heading's text; `""` where it has no word. Equal headings are counted: `examples`, `examples-1`. */
  make(heading: string): string {
    const base = slug(heading.normalize("NFC")).replace(/^-+|-+$/g, "");
    if (base === "") return "";
    let anchor = base;
    let count = this.#next.get(base) ?? 1;
    for (; this.#used.has(anchor); count++) anchor = `${base}-${count}`;
    this.#next.set(base, count);
    this.#used.add(anchor);
    return anchor;
  }
}
