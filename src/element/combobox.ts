import type { Stage } from "./stage.ts";

/** What a combobox does where its keys are no more than typing. */
export interface ComboboxActions {
  /** Enter without a chosen option. */
  enter(event: KeyboardEvent): void;
  escape(event: KeyboardEvent): void;
  /** An arrow key while no list is shown. */
  summon(): void;
  /** The visitor is choosing among the options. */
  choosing(): void;
}

/**
 * A field and its list, by the pattern of the ARIA Authoring Practices: the focus stays in the field, and
 * `aria-activedescendant` names the chosen option once an arrow key was pressed.
 */
export class Combobox {
  readonly #input: HTMLInputElement;
  readonly #list: HTMLElement;
  readonly #actions: ComboboxActions;
  #options: readonly HTMLElement[] = [];
  #active = -1;

  constructor({ input }: Stage, list: HTMLElement, actions: ComboboxActions, ended: AbortSignal) {
    this.#input = input;
    this.#list = list;
    this.#actions = actions;
    input.setAttribute("aria-controls", list.id);
    input.addEventListener("keydown", (event) => this.#onKey(event), { signal: ended });
  }

  get chosen(): HTMLElement | null {
    return this.#options[this.#active] ?? null;
  }

  /** Takes other options over, already in the list. The one that leads to the same place as the chosen one stays chosen. */
  setOptions(options: readonly HTMLElement[]): void {
    const place = this.chosen?.getAttribute("href");
    this.#activate(-1);
    this.#options = options;
    if (place) this.#activate(options.findIndex((option) => option.getAttribute("href") === place));
  }

  /** Shows or hides the list. */
  setExpanded(isExpanded: boolean): void {
    this.#list.hidden = !isExpanded;
    this.#input.setAttribute("aria-expanded", String(isExpanded));
    if (!isExpanded) this.#activate(-1);
  }

  #activate(position: number): void {
    this.chosen?.setAttribute("aria-selected", "false");
    this.#active = position;
    const { chosen } = this;
    chosen?.setAttribute("aria-selected", "true");
    chosen?.scrollIntoView({ block: "nearest" });
    if (chosen) this.#input.setAttribute("aria-activedescendant", chosen.id);
    else this.#input.removeAttribute("aria-activedescendant");
  }

  #step(direction: 1 | -1): void {
    if (this.#list.hidden) return this.#actions.summon();
    const next = this.#active + direction;
    const last = this.#options.length - 1;
    this.#activate(next > last ? 0 : next < -1 ? last : next);
    this.#actions.choosing();
  }

  #onKey(event: KeyboardEvent): void {
    if (event.isComposing || event.altKey) return;
    const { key } = event;
    if (key === "ArrowDown" || key === "ArrowUp") {
      event.preventDefault();
      this.#step(key === "ArrowDown" ? 1 : -1);
    } else if (key === "Enter") {
      event.preventDefault();
      if (this.chosen) press(this.chosen, event);
      else this.#actions.enter(event);
    } else if (key === "Escape") this.#actions.escape(event);
  }
}

/** Clicks an element as a key press means it, with the modifiers of that. */
export function press(element: HTMLElement, { ctrlKey, metaKey, shiftKey }: KeyboardEvent): void {
  const modifiers = { ctrlKey, metaKey, shiftKey };
  element.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, composed: true, ...modifiers }));
}
