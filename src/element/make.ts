/** Makes an element with attributes and children; strings become text, never markup. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** Makes the icon of a magnifying glass; it is no more than decoration. */
export function makeLens(): SVGElement {
  const draw = (name: string): SVGElement => document.createElementNS("http://www.w3.org/2000/svg", name);
  const icon = draw("svg");
  icon.setAttribute("viewBox", "0 0 24 24");
  icon.setAttribute("aria-hidden", "true");
  const line = draw("path");
  line.setAttribute("d", "M16.5 16.5 21 21M18.5 11a7.5 7.5 0 1 1-15 0 7.5 7.5 0 0 1 15 0Z");
  icon.append(line);
  return icon;
}

/** Gives a shadow tree a style sheet. Why constructed: a strict Content Security Policy forbids `<style>`. */
export function adopt(root: ShadowRoot, css: string): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets.push(sheet);
}
