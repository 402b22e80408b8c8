import type { HtmlElement, HtmlNode } from "./tree.ts";

/** A step through a tree: text, the start of an element, or null for the end of the one begun last. */
export type TreeToken = string | null | readonly [name: string, attributes: Readonly<Record<string, string>>];

interface OpenElement extends HtmlElement {
  readonly children: HtmlNode[];
}

/** Builds a tree of its tokens, as they arrive. */
export class TokenTree {
  /** Element without name; what was written stands below it. */
  readonly root: OpenElement = { name: "", attributes: {}, children: [] };
  readonly #open: OpenElement[] = [this.root];

  write(tokens: Iterable<TreeToken>): void {
    for (const token of tokens) {
      const parent = this.#open[this.#open.length - 1]!;
      if (typeof token === "string") parent.children.push(token);
      else if (token === null) {
        // Why kept: the root has no end.
        if (this.#open.length > 1) this.#open.pop();
      } else {
        const element = { name: token[0], attributes: token[1], children: [] };
        parent.children.push(element);
        this.#open.push(element);
      }
    }
  }
}
