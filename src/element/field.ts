import { readLabels } from "./labels.ts";
import { lens, make, makeIcon } from "./make.ts";

/** A field to ask in. */
export interface Field {
  readonly element: HTMLElement;
  readonly input: HTMLInputElement;
}

/** Builds a field with its icon. */
export function makeField(): Field {
  const input = make("input", {
    type: "search",
    part: "input",
    role: "combobox",
    "aria-expanded": "false",
    "aria-autocomplete": "list",
    autocomplete: "off",
    spellcheck: "false",
    enterkeyhint: "go",
  });
  return { element: make("div", { class: "field", part: "field", role: "search" }, makeIcon(lens), input), input };
}

/** Names a field in the language of its element. */
export function labelField(host: Element, input: HTMLInputElement): void {
  const { search, placeholder } = readLabels(host);
  input.placeholder = placeholder;
  input.setAttribute("aria-label", search);
}
