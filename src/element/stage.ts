import { type Field, labelField } from "./field.ts";
import { makePart } from "./make-part.ts";
import type { SearchHost } from "./shell.ts";
import type { Texts } from "./texts/texts.ts";

/** Where a search takes place: its field, and what the list is put into. */
export interface Stage {
  readonly host: SearchHost;
  readonly root: ShadowRoot;
  readonly input: HTMLInputElement;
  readonly place: HTMLElement;
  /** Null for a field in the page. */
  readonly dialog: HTMLDialogElement | null;
  /** Writes the words that are not the list's. */
  write(texts: Texts): void;
}

/** Builds the dialog of a button, with a field of its own. */
function makeDialog(host: SearchHost, root: ShadowRoot, { element, input }: Field): Stage {
  const close = makePart("button", "close", { type: "button" });
  // Why: it is a dialog already, which says where one is.
  element.removeAttribute("role");
  element.append(close);
  const dialog = makePart("dialog", "dialog", {}, element);
  close.addEventListener("click", () => host.close());
  let pressed: EventTarget | null = null;
  dialog.addEventListener("pointerdown", ({ target }) => (pressed = target));
  dialog.addEventListener("click", ({ target }) => {
    // Why both: marking the text of the field may end outside.
    if (target === dialog && pressed === dialog) host.close();
  });
  root.append(dialog);
  const write = (texts: Texts): void => {
    const name = host.getAttribute("label") || texts.search;
    close.textContent = texts.close;
    labelField(input, name, host.getAttribute("placeholder") || texts.placeholder);
    dialog.setAttribute("aria-label", name);
  };
  return { host, root, input, place: dialog, dialog, write };
}

/** Builds the popup of a field that is in the page. */
function makePopup(host: SearchHost, root: ShadowRoot, input: HTMLInputElement): Stage {
  const place = makePart("div", "popup", { hidden: "" });
  root.append(place);
  return { host, root, input, place, dialog: null, write: () => undefined };
}

/** Builds what the list of an element is put into. @param makeField - for an element that has no field yet. */
export function makeStage(host: SearchHost, root: ShadowRoot, makeField: () => Field): Stage {
  const input = root.querySelector("input");
  return input ? makePopup(host, root, input) : makeDialog(host, root, makeField());
}
