import type { Progress, QueryAnswer } from "../index.ts";
import { make } from "./make.ts";
import { makePart } from "./make-part.ts";
import { fill, type Texts } from "./texts/texts.ts";

/** Says how many pages were found, and by what. */
export function describeAnswer({ hits, mode }: QueryAnswer, texts: Texts, language: string): string {
  const by = mode === "words" ? texts.byWords : texts.byMeaning;
  return `${fill(texts.pages, { n: hits.length }, language)} · ${by}`;
}

/** Says what is being done before everything can be found. */
export function describeProgress({ phase, done, total }: Progress, texts: Texts, language: string): string {
  const percent = Math.floor((100 * done) / Math.max(total, 1));
  if (phase === "model") return fill(texts.loading, { percent }, language);
  if (phase === "embed" || phase === "upgrade") return fill(texts.learning, { percent }, language);
  return fill(texts.reading, { done, total }, language);
}

/** The line below the list: what was found, what is going on, and what the keys do. */
export class Footer {
  readonly element: HTMLElement;
  readonly #note: HTMLElement = makePart("span", "note");
  readonly #hints: HTMLElement = makePart("span", "hints");
  readonly #bar: HTMLElement = makePart("span", "progress");

  constructor() {
    // Why hidden: a screen reader is told the same by the live region, once there is something to tell.
    this.element = makePart("div", "footer", { "aria-hidden": "true" }, this.#bar, this.#note, this.#hints);
  }

  writeHints({ move, open, leave }: Texts): void {
    const hint = (keys: readonly string[], text: string): HTMLElement =>
      make("span", {}, ...keys.map((key) => make("kbd", {}, key)), ` ${text}`);
    this.#hints.replaceChildren(hint(["↑", "↓"], move), hint(["↵"], open), hint(["Esc"], leave));
  }

  show(text: string, progress: Progress | null): void {
    this.#note.textContent = text;
    this.#bar.hidden = progress === null;
    if (progress) this.#bar.style.setProperty("--i-done", String(progress.done / Math.max(progress.total, 1)));
  }
}
