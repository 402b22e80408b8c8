import { InklingElement } from "./element.ts";
import { labelField, makeField } from "./field.ts";
import { readLabels } from "./labels.ts";

/**
 * `<inkling-box>`: a field in the page, with a list below it; or, where the page has an `<inkling-results>` for it, with its
 * results there.
 */
export class InklingBox extends InklingElement {
  #input: HTMLInputElement | null = null;

  protected build(root: ShadowRoot): void {
    const { element, input } = makeField();
    this.#input = input;
    element.classList.add("inline");
    root.append(element);
    element.addEventListener("pointerenter", () => void this.prepare());
    input.addEventListener("focus", () => void this.prepare().then((panel) => panel?.show()));
  }

  protected write(): void {
    const { search, placeholder } = readLabels(this);
    labelField(this.#input!, search, placeholder);
  }

  protected activate(): void {
    this.focus();
    this.#input?.select();
  }

  /** Puts the focus into the field. */
  override focus(options?: FocusOptions): void {
    this.#input?.focus(options);
  }
}
