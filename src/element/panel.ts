import { Chips } from "./chips.ts";
import { choose } from "./choose.ts";
import { Combobox, press } from "./combobox.ts";
import { fire } from "./events.ts";
import type { Field } from "./field.ts";
import { readLanguage } from "./language.ts";
import { type ListStyle, ListView } from "./list-view.ts";
import { adopt, make } from "./make.ts";
import css from "./panel.css?inline";
import { type Place, placeAt } from "./options.ts";
import { Parts } from "./parts.ts";
import { RecentSearches } from "./recent.ts";
import { report } from "./report.ts";
import { type Answered, type Change, Session } from "./session.ts";
import { readSettings, type Settings } from "./settings.ts";
import type { Panel, SearchHost } from "./shell.ts";
import { findRoot } from "./sources.ts";
import { makeStage, type Stage } from "./stage.ts";
import { loadTexts, type Texts, withOwnTexts } from "./texts/texts.ts";

export { finishLanding } from "./landing.ts";

/** Gives an element its list and its search. @param makeField - of the element: it is there already, and need not come twice. */
export async function attach(host: SearchHost, root: ShadowRoot, makeField: () => Field): Promise<Panel> {
  const texts = await loadTexts(host);
  try {
    return new SearchPanel(host, makeStage(host, root, makeField), texts);
  } catch (error) {
    root.querySelector("dialog, .popup")?.remove();
    throw error;
  }
}

/** After this time without typing a screen reader is told what was found, and the page by an event. */
const settledAfterMs = 500;

/** For so long after a move of the pointer or an arrow key the list stays as it is, whatever better answer comes. */
const choosingMs = 1500;

/** Between a list below a field and the lower edge of the window, in CSS pixels; the field's own distance is in it. */
const popupMargin = 24;

let lastId = 0;

class SearchPanel implements Panel {
  isShown = false;
  readonly #stage: Stage;
  readonly #session: Session;
  readonly #view: ListView = new ListView(`inkling-${++lastId}`);
  readonly #chips: Chips;
  readonly #parts: Parts;
  readonly #status: HTMLElement = make("p", { class: "status", role: "status" });
  readonly #combobox: Combobox;
  readonly #ended: AbortController = new AbortController();
  readonly #attributes: MutationObserver;
  #texts: Texts;
  #settings: Settings;
  #style: ListStyle;
  #recent: RecentSearches;
  #opensFirst: KeyboardEvent | null = null;
  #shown: Answered | null = null;
  #told: Answered | null = null;
  #chosenAt = -Infinity;
  #settleTimer: ReturnType<typeof setTimeout> | undefined;
  #holdTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(host: SearchHost, stage: Stage, texts: Texts) {
    const { root } = stage;
    this.#stage = stage;
    this.#texts = texts;
    this.#settings = readSettings(host);
    this.#style = this.#readStyle();
    this.#recent = new RecentSearches(this.#settings.source.name);
    this.#session = new Session(
      () => host.search,
      () => this.#settings,
    );
    this.#chips = new Chips(this.#session);
    // Why the check: an element that was taken off the page and put back has it.
    if (root.adoptedStyleSheets.length < 2) adopt(root, css);
    root.querySelector("[role=alert]")?.remove();
    this.#stage.place.append(this.#chips.element, ...this.#view.elements, this.#status);
    this.#combobox = this.#makeCombobox();
    this.#parts = new Parts(host, () => ({
      session: this.#session,
      answered: this.#shown,
      style: this.#style,
      root: this.#readRoot(),
      choosing: () => this.#keepStill(),
    }));
    this.#session.watch((change) => this.#onChange(change));
    this.#listen();
    this.#write();
    this.#attributes = new MutationObserver((changes) => {
      // Why not all: scripts that move the element change its style without end.
      if (changes.some(({ attributeName }) => !/^(?:class|style)$/.test(attributeName!))) void this.#onAttribute();
    });
    this.#attributes.observe(host, { attributes: true });
  }

  show(typed = ""): void {
    const { host, input, dialog } = this.#stage;
    if (dialog && !dialog.open) {
      // Why the second: the element may have been taken away and put back, with another panel, while this one was loading.
      if (!host.checkVisibility() || !dialog.isConnected) return;
      dialog.showModal();
      host.dispatchEvent(new Event("inkling-open"));
      input.focus();
      input.select();
    }
    if (typed) input.value = typed;
    this.isShown = true;
    this.#session.open();
    if (input.value.trim() === this.#session.text) this.#render();
    else this.#session.ask(input.value);
  }

  hide(): void {
    const { dialog, host, input, place } = this.#stage;
    // Why both at once: a shortcut that is pressed right after must find the dialog closed, and nobody writing.
    if (dialog?.open) {
      dialog.close();
      input.blur();
    }
    if (!this.isShown) return;
    this.isShown = false;
    this.#opensFirst = null;
    clearTimeout(this.#settleTimer);
    this.#settleTimer = undefined;
    clearTimeout(this.#holdTimer);
    this.#status.textContent = "";
    this.#combobox.setExpanded(false);
    if (dialog) host.dispatchEvent(new Event("inkling-close"));
    else place.hidden = true;
  }

  refresh(): void {
    this.#session.refresh();
  }

  change(): void {
    const { host } = this.#stage;
    this.#settings = readSettings(host);
    this.#recent = new RecentSearches(this.#settings.source.name);
    this.#write();
    this.#session.change();
    if (this.isShown) this.#render();
  }

  disconnect(): void {
    this.hide();
    this.#ended.abort();
    this.#attributes.disconnect();
    this.#session.disconnect();
    this.#parts.disconnect();
    const { dialog, place } = this.#stage;
    if (dialog) dialog.remove();
    else place.remove();
  }

  async #onAttribute(): Promise<void> {
    this.#texts = await loadTexts(this.#stage.host);
    this.change();
  }

  /** Writes what does not depend on the question. */
  #write(): void {
    this.#style = this.#readStyle();
    this.#view.write(this.#style);
    this.#stage.write(this.#style.texts);
  }

  #readStyle(): ListStyle {
    const { host } = this.#stage;
    return { texts: withOwnTexts(this.#texts, host), language: readLanguage(host), base: this.#settings.base };
  }

  #makeCombobox(): Combobox {
    const actions = {
      enter: (event: KeyboardEvent) => this.#enter(event),
      escape: (event: KeyboardEvent) => this.#escape(event),
      summon: () => this.show(),
      choosing: () => this.#keepStill(),
    };
    return new Combobox(this.#stage, this.#view.list, actions, this.#ended.signal);
  }

  #listen(): void {
    const options = { signal: this.#ended.signal };
    const { host, root, input, dialog } = this.#stage;
    const { list, forget } = this.#view;
    input.addEventListener("input", () => this.#onInput(), options);
    for (const type of ["pointermove", "wheel", "touchmove"])
      list.addEventListener(type, () => this.#keepStill(), { ...options, passive: true });
    list.addEventListener("click", (event) => this.#onClick(event), options);
    forget.addEventListener("click", () => this.#forget(), options);
    if (dialog) return dialog.addEventListener("close", () => (dialog.open ? undefined : this.hide()));
    const hideUnless = (isInside: boolean): void => (isInside ? undefined : this.hide());
    root.addEventListener(
      "focusout",
      (event) => {
        const { relatedTarget } = event as FocusEvent;
        if (relatedTarget instanceof Node) hideUnless(root.contains(relatedTarget));
      },
      options,
    );
    document.addEventListener("pointerdown", (event) => hideUnless(event.composedPath().includes(host)), options);
  }

  #keepStill(): void {
    this.#chosenAt = performance.now();
  }

  #onInput(): void {
    this.#opensFirst = null;
    this.isShown = true;
    this.#chosenAt = -Infinity;
    this.#session.ask(this.#stage.input.value);
  }

  #onChange(change: Change): void {
    if (change === "problem") this.#onProblem();
    if (change === "progress") this.#showState();
    else if (change === "better") this.#renderBetter();
    else this.#render();
    if (!this.isShown) return;
    this.#settle(change);
    if (change === "answer") this.#openFirst();
  }

  #onProblem(): void {
    const { problem } = this.#session;
    report(problem);
    fire(this.#stage.host, "inkling-error", { error: problem });
  }

  /** Why later: an option must not move away while the visitor goes for it. */
  #renderBetter(): void {
    clearTimeout(this.#holdTimer);
    const rest = this.#chosenAt + choosingMs - performance.now();
    if (rest <= 0) this.#render();
    else this.#holdTimer = setTimeout(() => this.#renderBetter(), rest);
  }

  #showState(): void {
    this.#view.showState(this.#session, this.#style);
    this.#parts.show();
  }

  #render(): void {
    clearTimeout(this.#holdTimer);
    this.#shown = this.#session.answered;
    this.#showState();
    if (!this.isShown) return;
    const { text, problem } = this.#session;
    const { dialog, host, place } = this.#stage;
    const options =
      text === "" && problem === null ? this.#showRecent() : this.#view.showAnswer(this.#session, this.#style);
    const isElsewhere = this.#parts.hasResults;
    this.#combobox.setOptions(isElsewhere ? [] : options);
    this.#combobox.setExpanded(!isElsewhere && options.length > 0);
    if (!this.#parts.hasFilters) this.#chips.render(this.#style.texts.filters);
    if (dialog) return;
    place.hidden = isElsewhere || (text === "" && problem === null && options.length === 0);
    const { bottom } = host.getBoundingClientRect();
    place.style.setProperty("--i-room", `${innerHeight - bottom - popupMargin}px`);
  }

  #showRecent(): readonly HTMLElement[] {
    return this.#view.showRecent(this.#settings.keepsRecent ? this.#recent.read() : [], this.#style);
  }

  #forget(): void {
    this.#recent.clear();
    this.#stage.input.focus();
    this.#render();
  }

  /** Tells what was found, once the visitor has stopped typing. */
  #settle(change: Change): void {
    // Why only these begin anew: while pages are being read the others come without end, and nothing would ever be told.
    if (change === "answer" || change === "problem") clearTimeout(this.#settleTimer);
    else if (this.#settleTimer !== undefined) return;
    this.#settleTimer = setTimeout(() => {
      this.#settleTimer = undefined;
      const { text, problem } = this.#session;
      const summary = text === "" && problem === null ? "" : this.#view.summary;
      if (this.#status.textContent !== summary) this.#status.textContent = summary;
      this.#tell(this.#session.answered);
    }, settledAfterMs);
  }

  #tell(answered: Answered | null): void {
    if (!answered || answered.text === this.#told?.text) return;
    const { host } = this.#stage;
    const { hits, tier } = answered.answer;
    // Why not yet: what answers may be among what is still being read, or has just been.
    if (hits.length === 0 && !this.#session.isSettled) return;
    this.#told = answered;
    const detail = { query: answered.text, hits, tier };
    fire(host, "inkling-query", detail);
    if (hits.length === 0) fire(host, "inkling-noresults", detail);
  }

  #enter(event: KeyboardEvent): void {
    const { text, answered } = this.#session;
    const [first] = this.#view.places;
    if (!this.isShown) return this.show();
    if (text === "" || this.#parts.hasResults) return;
    if (answered?.text !== text) this.#opensFirst = event;
    else if (first) press(first.element, event);
  }

  #openFirst(): void {
    const [first] = this.#view.places;
    const event = this.#opensFirst;
    this.#opensFirst = null;
    if (event && first) press(first.element, event);
  }

  /** Why not left to the browser: keys of the page, such as the one that takes a highlight off, would take it as theirs. */
  #escape(event: KeyboardEvent): void {
    const { input, dialog } = this.#stage;
    const isOpen = dialog !== null || (this.isShown && !this.#stage.place.hidden);
    if (!isOpen && input.value === "") return;
    event.preventDefault();
    if (isOpen) return this.hide();
    input.value = "";
    this.#session.ask("");
  }

  #onClick(event: MouseEvent): void {
    const place = placeAt(this.#view.places, event);
    const recent = (event.target as Element).closest(".recent");
    if (place) this.#choose(place, event);
    else if (recent) this.#askAgain(recent.textContent ?? "");
  }

  #choose(place: Place, event: MouseEvent): void {
    const { text } = this.#session;
    const isChosen = choose(place, text, event, this.#stage.host, this.#readRoot());
    if (isChosen && this.#settings.keepsRecent) this.#recent.add(text);
  }

  #readRoot(): Element | null {
    const { root } = this.#settings.source;
    return root === null ? null : findRoot(root);
  }

  #askAgain(text: string): void {
    const { input } = this.#stage;
    input.value = text;
    input.focus();
    this.#onInput();
  }
}
