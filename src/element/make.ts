/** Makes an element with attributes and children; strings become text, never markup. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const key of Object.keys(attributes)) element.setAttribute(key, attributes[key] ?? "");
  element.append(...children);
  return element;
}

/** Makes an icon of one stroked path in a box of 24 by 24; it is no more than decoration. */
export function makeIcon(path: string): SVGElement {
  const draw = (name: string): SVGElement => document.createElementNS("http://www.w3.org/2000/svg", name);
  const icon = draw("svg");
  icon.setAttribute("viewBox", "0 0 24 24");
  icon.setAttribute("aria-hidden", "true");
  const line = draw("path");
  line.setAttribute("d", path);
  icon.append(line);
  return icon;
}

/** A magnifying glass. */
export const lens = "M16.5 16.5 21 21M18.5 11a7.5 7.5 0 1 1-15 0 7.5 7.5 0 0 1 15 0Z";

/** Gives a shadow tree a style sheet. Why constructed: a strict Content Security Policy forbids `<style>`. */
export function adopt(root: ShadowRoot, css: string): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets.push(sheet);
}
