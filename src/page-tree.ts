import { type HtmlElement, maxDepth } from "./extract/tree.ts";
import { TokenTree, type TreeToken } from "./extract/tree-tokens.ts";

/** What a reader of a live page is told on the way. */
export interface PageTreeEvents {
  /** An open shadow root is read as part of its host. */
  readonly onShadowRoot?: (root: ShadowRoot) => void;
  /** An element is not defined yet: its content may come when its script does. */
  readonly onUndefined?: (name: string) => void;
}

/** An element, or the root, whose children are being read; a flat one has neither start nor end of its own. */
interface OpenNode {
  readonly children: readonly Node[];
  next: number;
  readonly isFlat: boolean;
}

/** Why left out: what our own elements show is not the page's. */
const ownElement = /^inkling-/;

/**
 * Reads a live document, or a part of one, step by step: the page may be worked on between two steps. Every element's children
 * are those at the moment when it is reached; one that is taken out meanwhile is read to its end. Shadow trees that are open
 * stand in place of their host's children, with what is slotted into them. Scripts, styles and our own elements are empty.
 *
 * O(nodes), without recursion: scripts can nest elements deeper than any call stack. Elements below the greatest depth are
 * flattened, as the HTML parser does.
 */
export function* readTokens(root: Node, events: PageTreeEvents = {}): Generator<TreeToken, void> {
  const open: OpenNode[] = [{ children: childrenOf(root, events), next: 0, isFlat: true }];
  let depth = 1;
  for (let parent = open.at(-1); parent !== undefined; parent = open.at(-1)) {
    const node = parent.children[parent.next++];
    if (node === undefined) {
      open.pop();
      if (parent.isFlat) continue;
      depth--;
      yield null;
    } else if (node.nodeType === Node.TEXT_NODE || node.nodeType === Node.CDATA_SECTION_NODE) {
      yield (node as Text).data;
    } else if (node.nodeType === Node.ELEMENT_NODE) {
      const isFlat = depth >= maxDepth;
      if (!isFlat) {
        depth++;
        yield readStart(node as Element);
      }
      open.push({ children: childrenOf(node, events), next: 0, isFlat });
    }
  }
}

/**
 * Reads a live document, or a part of one, at once into the tree that extraction works on. See `readTokens`.
 *
 * @returns an element without name, with what `root` holds below it.
 */
export function readPageTree(root: Node): HtmlElement {
  const tree = new TokenTree();
  tree.write(readTokens(root));
  return tree.root;
}

/** What a browser shows as the children of a node. */
function childrenOf(node: Node, events: PageTreeEvents): readonly Node[] {
  if (node.nodeType !== Node.ELEMENT_NODE) return Array.from(node.childNodes);
  const element = node as Element;
  const { localName, shadowRoot } = element;
  if (isUnread(element)) return [];
  if (localName.includes("-") && !element.matches(":defined")) events.onUndefined?.(localName);
  if (shadowRoot !== null) {
    events.onShadowRoot?.(shadowRoot);
    return Array.from(shadowRoot.childNodes);
  }
  // Why only in a shadow tree: elsewhere a slot has no nodes of others, and stands for itself.
  const slotted = localName === "slot" ? (element as HTMLSlotElement).assignedNodes() : [];
  return slotted.length > 0 ? slotted : Array.from(node.childNodes);
}

function isUnread({ localName, attributes }: Element): boolean {
  if (localName === "script") return !/^\s*application\/ld\+json\b/i.test(attributes.getNamedItem("type")?.value ?? "");
  return localName === "style" || ownElement.test(localName);
}

/** The start of an element, as the HTML parser would give it. */
export function readStart(element: Element): readonly [string, Record<string, string>] {
  const attributes: Record<string, string> = {};
  for (const { name, value } of element.attributes) attributes[name.toLowerCase()] = value;
  return [element.localName.toLowerCase(), attributes];
}
