import { InklingElement } from "./element.ts";
import { readLabels } from "./labels.ts";
import { make, makeLens } from "./make.ts";
import { showShortcut } from "./shortcut.ts";

/**
 * `<inkling-search>`: a button, and the dialog it opens. A child with `slot="trigger"` takes the place of the button.
 *
 * Fires `inkling-open` and `inkling-close`, and the events of every search element.
 */
export class InklingSearch extends InklingElement {
  protected build(root: ShadowRoot): void {
    const trigger = make("button", { type: "button", class: "trigger", part: "trigger", "aria-haspopup": "dialog" });
    trigger.append(
      makeLens(),
      make("span", { part: "label" }),
      make("kbd", { part: "shortcut", "aria-hidden": "true" }),
    );
    const slot = make("slot", { name: "trigger" }, trigger);
    const prepare = (): void => void this.prepare();
    slot.addEventListener("pointerenter", prepare);
    slot.addEventListener("focusin", prepare);
    slot.addEventListener("click", (event) => {
      event.preventDefault();
      this.open();
    });
    root.append(slot);
  }

  protected write(root: ShadowRoot): void {
    const [first] = this.shortcuts;
    root.querySelector("span")!.textContent = readLabels(this).search;
    const hint = root.querySelector("kbd")!;
    hint.hidden = !first;
    hint.textContent = first ? showShortcut(first) : "";
  }

  protected activate(): void {
    this.open("", true);
  }

  /**
   * Opens the dialog, with the focus in its field.
   *
   * @param question - what to ask; without it, the question of before is there.
   * @param closes - whether a dialog that is open is closed instead.
   */
  open(question = "", closes = false): void {
    const { activeElement } = document;
    // Why: whoever types on while the rest is loading means the field, unless another one was chosen meanwhile.
    const keep = (event: KeyboardEvent): void => {
      if (event.key.length > 1 || event.ctrlKey || event.metaKey || activeElement !== document.activeElement) return;
      event.preventDefault();
      question += event.key;
    };
    document.addEventListener("keydown", keep, true);
    void this.prepare().then((panel) => {
      document.removeEventListener("keydown", keep, true);
      if (panel?.isShown && closes) panel.hide();
      else if (this.isConnected) panel?.show(question);
    });
  }
}
