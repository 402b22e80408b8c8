import { make } from "./make.ts";

/** Makes an element that has its name as a part, for style sheets of the page, and as a class, for our own. */
export function makePart<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  part: string,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  return make(name, { class: part, part, ...attributes }, ...children);
}
