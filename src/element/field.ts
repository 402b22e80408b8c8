import { make, makeLens } from "./make.ts";

/** A field to ask in. */
export interface Field {
  readonly element: HTMLElement;
  readonly input: HTMLInputElement;
}

/**
 * Builds a field with its icon. Why one of plain text: browsers give a field for searches a look, a button and a use of Escape of
 * their own.
 */
export function makeField(): Field {
  const input = make("input", {
    part: "input",
    role: "combobox",
    "aria-expanded": "false",
    "aria-autocomplete": "list",
    autocomplete: "off",
    spellcheck: "false",
    enterkeyhint: "go",
  });
  return { element: make("div", { class: "field", part: "field", role: "search" }, makeLens(), input), input };
}

/** Names a field, and says in it what may be asked. */
export function labelField(input: HTMLInputElement, name: string, placeholder: string): void {
  input.placeholder = placeholder;
  input.setAttribute("aria-label", name);
}
