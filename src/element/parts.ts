import { reportAttribute } from "./attributes.ts";
import { Chips } from "./chips.ts";
import { choose } from "./choose.ts";
import { describeAnswer } from "./footer.ts";
import { explainNothing, type ListStyle } from "./list-view.ts";
import { make } from "./make.ts";
import { makePart } from "./make-part.ts";
import { type Place, placeAt, renderPages } from "./options.ts";
import type { Session } from "./session.ts";
import type { SearchHost } from "./shell.ts";

/** What a part is shown with: the session of its search element, what is on the screen, words, and that element itself. */
interface Showing {
  readonly session: Session;
  /** The answer on the screen, which may be older than that of the session. */
  readonly answered: Session["answered"];
  readonly style: ListStyle;
  readonly host: SearchHost;
  /** The part of the page that is searched, where it is not the whole. */
  readonly root: Element | null;
  /** The visitor is choosing among what is shown. */
  readonly choosing: () => void;
}

/** An element that shows something of a search anywhere on the page. `for` has the id of its search element. */
abstract class Part extends HTMLElement {
  readonly #root: ShadowRoot = this.attachShadow({ mode: "open" });

  protected get content(): ShadowRoot {
    return this.#root;
  }

  connectedCallback(): void {
    collectAll();
    // Why later: a framework may put the search element on the page after its parts.
    setTimeout(() => {
      const id = this.getAttribute("for");
      const isFor = id && document.getElementById(id)?.matches("inkling-search, inkling-box");
      if (id && !isFor && this.isConnected) reportAttribute("for", id, "the id of a search element");
    });
  }

  disconnectedCallback(): void {
    collectAll();
  }

  /** Shows the session of the moment, in the style of its search element. */
  show(showing: Showing): void {
    this.#root.adoptedStyleSheets = showing.host.shadowRoot!.adoptedStyleSheets;
  }
}

/** `<inkling-results>`: what was found, as a list of links. */
class InklingResults extends Part {
  #places: readonly Place[] = [];
  #showing: Showing | null = null;
  readonly #note: HTMLElement = makePart("p", "note", { role: "status" });
  readonly #pages: HTMLElement = make("div", { class: "pages", part: "list" });

  constructor() {
    super();
    this.content.append(this.#note, this.#pages);
    this.#pages.addEventListener("click", (event) => this.#onClick(event));
    this.#pages.addEventListener("pointermove", () => this.#showing?.choosing());
  }

  override show(showing: Showing): void {
    super.show(showing);
    const { session, answered, style } = showing;
    const { text } = session;
    // Why the check: while pages are being read this is called many times a second.
    if (answered !== this.#showing?.answered || style !== this.#showing?.style) this.#showPages(showing);
    this.#showing = showing;
    if (text === "") this.#note.textContent = "";
    else if (!answered?.answer.hits.length) this.#note.textContent = explainNothing(session, style.texts).join(" ");
    else this.#note.textContent = describeAnswer(answered.answer, style.texts, style.language);
  }

  #showPages({ answered, style }: Showing): void {
    const pages = renderPages(answered?.answer.hits ?? [], style.texts, style.base);
    this.#places = pages.flatMap(({ places }) => places);
    this.#pages.replaceChildren(...pages.map(({ element }) => element));
  }

  #onClick(event: MouseEvent): void {
    const place = placeAt(this.#places, event);
    if (place && this.#showing) {
      const { session, host, root } = this.#showing;
      choose(place, session.text, event, host, root);
    }
  }
}

/** `<inkling-filters>`: the values that the answer can be narrowed down to. */
class InklingFilters extends Part {
  #chips: Chips | null = null;
  #session: Session | null = null;

  override show(showing: Showing): void {
    super.show(showing);
    const { session, style } = showing;
    if (this.#session !== session) {
      this.#session = session;
      this.#chips?.element.remove();
      this.#chips = new Chips(session);
      this.content.append(this.#chips.element);
    }
    this.#chips?.render(style.texts.filters);
  }
}

const everyParts = new Set<Parts>();

function collectAll(): void {
  for (const parts of everyParts) parts.collect();
}

/** The parts of one search element that are elsewhere on the page. */
export class Parts {
  readonly #showing: () => Showing;
  readonly #host: SearchHost;
  #results: InklingResults[] = [];
  #filters: InklingFilters[] = [];

  /** @param read - what they are shown with, at each moment. */
  constructor(host: SearchHost, read: () => Omit<Showing, "host">) {
    this.#host = host;
    this.#showing = () => ({ ...read(), host });
    everyParts.add(this);
    defineParts();
    this.collect();
  }

  /** Whether results are shown there instead of below the field. */
  get hasResults(): boolean {
    return this.#results.length > 0;
  }

  get hasFilters(): boolean {
    return this.#filters.length > 0;
  }

  /** Looks for them again, because one has come or gone. */
  collect(): void {
    this.#results = this.#find("inkling-results").filter((part) => part instanceof InklingResults);
    this.#filters = this.#find("inkling-filters").filter((part) => part instanceof InklingFilters);
    this.show();
  }

  disconnect(): void {
    everyParts.delete(this);
  }

  /** Those whose `for` names the element; those without `for` belong to the first box of the page. */
  #find(name: string): Element[] {
    const first = document.querySelector("inkling-box");
    return [...document.querySelectorAll(name)].filter((part) => {
      const id = part.getAttribute("for");
      return id ? id === this.#host.id : this.#host === first;
    });
  }

  /** Shows the session of the moment. */
  show(): void {
    for (const part of [...this.#results, ...this.#filters]) part.show(this.#showing());
  }
}

function defineParts(): void {
  if (!customElements.get("inkling-results")) customElements.define("inkling-results", InklingResults);
  if (!customElements.get("inkling-filters")) customElements.define("inkling-filters", InklingFilters);
}
