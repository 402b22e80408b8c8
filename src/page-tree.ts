import { type HtmlElement, type HtmlNode, maxDepth } from "./extract/tree.ts";

interface OpenElement extends HtmlElement {
  readonly children: HtmlNode[];
}

/**
 * Reads a live document, or a part of one, into the tree that extraction works on. Plain data: it may be sent to a worker.
 * O(nodes), without recursion: scripts can nest elements deeper than any call stack.
 *
 * @returns an element without name, with what `root` holds below it. Elements below the greatest depth are flattened, as
 *   the HTML parser does.
 */
export function readPageTree(root: Node): HtmlElement {
  const tree: OpenElement = { name: "", attributes: {}, children: [] };
  const open: OpenElement[] = [tree];
  let node: Node | null = root.firstChild;
  while (node !== null) {
    const parent = open[open.length - 1]!;
    if (node.nodeType === Node.TEXT_NODE || node.nodeType === Node.CDATA_SECTION_NODE) {
      parent.children.push((node as Text).data);
    }
    if (node.nodeType === Node.ELEMENT_NODE) {
      const element = open.length < maxDepth ? readElement(node as Element) : parent;
      if (element !== parent) parent.children.push(element);
      if (node.firstChild !== null) {
        open.push(element);
        node = node.firstChild;
        continue;
      }
    }
    while (node !== null && node !== root && node.nextSibling === null) {
      node = node.parentNode;
      if (node !== root) open.pop();
    }
    node = node === root || node === null ? null : node.nextSibling;
  }
  return tree;
}

function readElement(element: Element): OpenElement {
  const attributes: Record<string, string> = {};
  for (const { name, value } of element.attributes) attributes[name.toLowerCase()] = value;
  return { name: element.localName.toLowerCase(), attributes, children: [] };
}
