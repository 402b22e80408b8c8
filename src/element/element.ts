import type { Search } from "../index.ts";
import { makeField } from "./field.ts";
import { readLabels } from "./labels.ts";
import { adopt, make } from "./make.ts";
import { report } from "./report.ts";
import css from "./shell.css?inline";
import type { Panel, SearchHost } from "./shell.ts";
import { matchesShortcut, parseShortcuts, type Shortcut } from "./shortcut.ts";
import type { Texts } from "./texts/texts.ts";

// Why: server-side rendering imports the module where there are no elements.
const Base = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;

/** What `<inkling-search>` and `<inkling-box>` have in common. Nothing but a field or button is loaded until the visitor comes to it. */
export abstract class InklingElement extends Base implements SearchHost {
  static readonly observedAttributes: readonly string[] = ["label", "placeholder", "lang", "shortcut"];

  #search: SearchHost["search"] = null;
  #texts: SearchHost["texts"] = null;
  #panel: Promise<Panel> | null = null;
  #root: ShadowRoot | null = null;

  /** Builds what is on the page from the start. */
  protected abstract build(root: ShadowRoot): void;
  /** Writes what depends on language and attributes. */
  protected abstract write(root: ShadowRoot): void;
  /** A shortcut was pressed. */
  protected abstract activate(): void;

  get search(): Search | Promise<Search> | null {
    return this.#search;
  }

  set search(search: Search | Promise<Search> | null) {
    this.#search = search;
    this.tell((panel) => panel.change());
  }

  get texts(): Partial<Texts> | null {
    return this.#texts;
  }

  set texts(texts: Partial<Texts> | null) {
    this.#texts = texts;
    this.attributeChangedCallback();
    this.tell((panel) => panel.change());
  }

  protected get shortcuts(): Shortcut[] {
    return parseShortcuts(this.getAttribute("shortcut"));
  }

  connectedCallback(): void {
    this.#adoptProperty("search");
    this.#adoptProperty("texts");
    if (!this.#root) {
      this.#root = this.attachShadow({ mode: "open" });
      adopt(this.#root, css);
      this.build(this.#root);
    }
    this.attributeChangedCallback();
    document.addEventListener("keydown", this.#onKey);
  }

  disconnectedCallback(): void {
    document.removeEventListener("keydown", this.#onKey);
    this.close();
    // Why later: an element that is only moved is connected again by then.
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.tell((panel) => panel.disconnect());
      this.#panel = null;
    });
  }

  attributeChangedCallback(): void {
    if (this.#root) this.write(this.#root);
  }

  close(): void {
    this.tell((panel) => panel.hide());
  }

  refresh(): void {
    this.tell((panel) => panel.refresh());
  }

  /** Loads the rest; asked again, it is there at once. Null where that fails: visitor and console are told. */
  protected prepare(): Promise<Panel | null> {
    const root = this.#root!;
    this.#panel ??= import("./panel.ts").then(({ attach }) => attach(this, root, makeField));
    return this.#panel.catch((error: unknown) => {
      this.#panel = null;
      report(error);
      root.querySelector("[role=alert]")?.remove();
      root.append(make("p", { role: "alert" }, readLabels(this).broken));
      return null;
    });
  }

  /** Tells the rest, where it is loaded. */
  protected tell(run: (panel: Panel) => void): void {
    this.#panel?.then(run, () => undefined);
  }

  /** Why: what a framework has set before the element was defined hides the accessor of that name. */
  #adoptProperty(name: "search" | "texts"): void {
    if (!Object.hasOwn(this, name)) return;
    const value = this[name];
    delete (this as Partial<Pick<this, typeof name>>)[name];
    (this as Record<typeof name, unknown>)[name] = value;
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    // Why: an element that is not displayed could not show what it opens, and would block the page.
    if (!matchesShortcut(event, this.shortcuts) || !this.checkVisibility()) return;
    event.preventDefault();
    this.activate();
  };
}
