import { describeAnswer, describeProgress, Footer } from "./footer.ts";
import { make } from "./make.ts";
import { makePart } from "./make-part.ts";
import { explain } from "./messages.ts";
import { type Place, renderPages } from "./options.ts";
import type { Session } from "./session.ts";
import { fill, type Texts } from "./texts/texts.ts";

/** What a list is shown with. */
export interface ListStyle {
  readonly texts: Texts;
  readonly language: string;
  /** What relative addresses of hits are relative to. */
  readonly base: string;
}

/** The elements below a field: searches of before, the list of options, a message, and a line with what was found. */
export class ListView {
  readonly list: HTMLElement;
  readonly elements: readonly HTMLElement[];
  readonly forget: HTMLButtonElement = makePart("button", "forget", { type: "button" });
  readonly #head: HTMLElement;
  readonly #headText: Text = document.createTextNode("");
  readonly #message: HTMLElement = makePart("div", "message", { hidden: "" });
  readonly #footer: Footer = new Footer();
  #places: readonly Place[] = [];
  #found = "";

  /** @param id - for the list; ids of options begin with it. */
  constructor(id: string) {
    this.#head = makePart("div", "head", { hidden: "" }, make("span", {}, this.#headText), this.forget);
    this.list = makePart("div", "list", { role: "listbox", id, tabindex: "-1", hidden: "" });
    this.elements = [this.#head, this.list, this.#message, this.#footer.element];
  }

  get places(): readonly Place[] {
    return this.#places;
  }

  /** What a screen reader is told once the visitor has stopped typing. Why not how far reading is: it would not stop talking. */
  get summary(): string {
    const { hidden } = this.#message;
    return hidden ? this.#found : [...this.#message.children].map(({ textContent }) => textContent).join(" ");
  }

  /** Writes what does not depend on the question. */
  write({ texts }: ListStyle): void {
    this.list.setAttribute("aria-label", texts.results);
    this.#headText.data = texts.recent;
    this.forget.textContent = texts.forget;
    this.#footer.writeHints(texts);
  }

  /** Shows searches of before, or what may be asked. @returns the options. */
  showRecent(recent: readonly string[], { texts }: ListStyle): readonly HTMLElement[] {
    const options = recent.map((text) => makePart("div", "option", { class: "option recent" }, text));
    this.#places = [];
    this.#head.hidden = recent.length === 0;
    this.list.replaceChildren(...this.#asOptions(options));
    delete this.list.dataset["question"];
    this.#say(recent.length === 0 ? [texts.hint] : []);
    return options;
  }

  /** Shows the answer of the moment, or why there is none. @returns the options. */
  showAnswer(session: Session, style: ListStyle): readonly HTMLElement[] {
    const pages = renderPages(session.answered?.answer.hits ?? [], style.texts, style.base);
    this.#places = pages.flatMap(({ places }) => places);
    for (const { hit, element } of pages) {
      element.setAttribute("role", "group");
      element.setAttribute("aria-label", hit.title || hit.url);
    }
    const options = this.#asOptions(this.#places.map(({ element }) => element));
    this.#head.hidden = true;
    // Why before: with new options in the list it would have to be laid out at once.
    this.list.scrollTop = 0;
    this.list.replaceChildren(...pages.map(({ element }) => element));
    this.list.dataset["question"] = session.answered?.text ?? "";
    this.list.toggleAttribute("data-settled", !session.isPending);
    this.#say(options.length > 0 ? [] : explainNothing(session, style.texts));
    return options;
  }

  /** Says what was found and what is going on. */
  showState({ answered, progress, text }: Session, { texts, language }: ListStyle): void {
    this.#found = text !== "" && answered?.answer.hits.length ? describeAnswer(answered.answer, texts, language) : "";
    const doing = progress ? describeProgress(progress, texts, language) : "";
    this.#footer.show([this.#found, doing].filter(Boolean).join(" · "), progress);
  }

  #asOptions(elements: readonly HTMLElement[]): readonly HTMLElement[] {
    for (const [position, option] of elements.entries()) {
      option.id = `${this.list.id}-${position}`;
      option.tabIndex = -1;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
    }
    return elements;
  }

  #say(lines: readonly string[]): void {
    this.#message.hidden = lines.length === 0;
    this.#message.replaceChildren(...lines.map((line) => make("p", {}, line)));
  }
}

/** Lines that tell a visitor why nothing is listed. */
export function explainNothing({ answered, problem, isFilled, text }: Session, texts: Texts): string[] {
  if (problem !== null) return [explain(problem, texts)];
  if (!answered) return [texts.opening];
  if (!isFilled) return [texts.stillReading];
  return [fill(texts.nothing, { query: text }, ""), texts.nothingHint];
}
