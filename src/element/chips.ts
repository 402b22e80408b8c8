import type { FacetCount } from "../index.ts";
import { make } from "./make.ts";
import { makePart } from "./make-part.ts";
import type { Session } from "./session.ts";
import { toJson } from "./to-json.ts";

const valuesShown = 8;

/** Buttons that narrow an answer down to pages with a value, for each attribute that the page asks for. */
export class Chips {
  readonly element: HTMLElement = makePart("div", "filters", { role: "group", hidden: "" });
  readonly #session: Session;
  #shown = "";

  constructor(session: Session) {
    this.#session = session;
  }

  /** Shows the values of the moment. @param label - names the whole for a screen reader. */
  render(label: string): void {
    const { facets, filters } = this.#session;
    const state = toJson([label, facets, Object.keys(filters).map((name) => [name, [...filters[name]!]])]);
    if (state === this.#shown) return;
    this.#shown = state;
    const focused = (this.element.getRootNode() as ShadowRoot).activeElement?.id;
    const groups = Object.entries(facets).filter(([, counts]) => counts.length > 0);
    this.element.hidden = groups.length === 0;
    this.element.setAttribute("aria-label", label);
    this.element.replaceChildren(...groups.map(([name, counts]) => this.#renderGroup(name, counts)));
    // Why: the button that was pressed is another one now, and the keyboard's focus would be lost with the old one.
    if (focused) this.element.querySelector<HTMLElement>(`#${CSS.escape(focused)}`)?.focus();
  }

  #renderGroup(name: string, counts: readonly FacetCount[]): HTMLElement {
    const chosen = this.#session.filters[name];
    const chips = counts.slice(0, valuesShown).map(({ value, count }, rank) => {
      const chip = makePart("button", "chip", { type: "button", id: `chip-${name}-${rank}` });
      chip.setAttribute("aria-pressed", String(chosen?.has(value) === true));
      chip.append(typeof value === "boolean" ? `${name}: ${String(value)}` : String(value), " ");
      chip.append(makePart("span", "count", {}, String(count)));
      chip.addEventListener("click", () => this.#session.toggle(name, value));
      return chip;
    });
    return make("div", { role: "group", "aria-label": name, class: "facet" }, ...chips);
  }
}
