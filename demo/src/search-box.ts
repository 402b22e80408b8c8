import type { HitPassage, QueryAnswer } from "inkling-search";
import { find } from "./element.ts";
import { onExample, onShortcut } from "./shortcuts.ts";
import { describeAnswer, renderResults, type Place } from "./results.ts";

/** What the search box needs to know of the rest of the page. */
export interface SearchBoxOptions {
  readonly ask: (text: string, signal: AbortSignal) => Promise<QueryAnswer>;
  readonly open: (url: string, passage: HitPassage) => void;
  /** Says why there is nothing to show for a query without hits. */
  readonly explainNothing: () => string;
}

/** The search box at the top of every page: a combobox whose list is filled as the visitor types. */
export interface SearchBox {
  /** Asks the present question again, because the index or the model has got better. */
  readonly refresh: () => void;
}

const announceAfterMs = 500;

/** Wires the search box. The last question typed wins: answers to earlier ones are cancelled, or dropped if they still come. */
export function setUpSearchBox({ ask, open, explainNothing }: SearchBoxOptions): SearchBox {
  const box = find(".search");
  const input = find<HTMLInputElement>("#query");
  const panel = find(".panel");
  const list = find("#results");
  const message = find(".message");
  const note = find(".answer-note");
  const announcement = find("#announcement");

  let places: Place[] = [];
  let active = -1;
  let pending: AbortController | null = null;
  let openFirst = false;
  let announceTimer = 0;
  let cameFrom: HTMLElement | null = null;

  function announce(text: string): void {
    clearTimeout(announceTimer);
    announceTimer = window.setTimeout(() => (announcement.textContent = text), announceAfterMs);
  }

  function activate(position: number): void {
    places[active]?.option.setAttribute("aria-selected", "false");
    active = position;
    const option = places[active]?.option;
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) input.setAttribute("aria-activedescendant", option.id);
    else input.removeAttribute("aria-activedescendant");
  }

  function show(visible: boolean): void {
    panel.hidden = !visible;
    input.setAttribute("aria-expanded", String(visible && places.length > 0));
    if (!visible) activate(-1);
  }

  function say(text: string): void {
    message.textContent = text;
    message.hidden = text === "";
    if (text) announce(text);
  }

  function openPlace({ url, passage }: Place): void {
    show(false);
    input.blur();
    open(url, passage);
  }

  function showAnswer(answer: QueryAnswer): void {
    const chosen = places[active]?.option.getAttribute("href");
    activate(-1);
    places = renderResults(list, answer.hits);
    note.textContent = describeAnswer(answer);
    input.dataset["answered"] = input.value;
    show(true);
    say(places.length > 0 ? "" : explainNothing());
    if (places.length > 0) announce(note.textContent);
    activate(chosen ? places.findIndex(({ option }) => option.getAttribute("href") === chosen) : -1);
    const [first] = places;
    if (openFirst && first) openPlace(first);
    openFirst = false;
  }

  function showFailure(error: unknown): void {
    console.error(error);
    places = renderResults(list, []);
    note.textContent = "";
    show(true);
    say("Search is not working in this browser at the moment. The pages in the menu can be read as ever.");
  }

  async function answer(text: string): Promise<void> {
    const controller = new AbortController();
    pending?.abort();
    pending = controller;
    try {
      const found = await ask(text, controller.signal);
      if (pending === controller) showAnswer(found);
    } catch (error) {
      if (pending === controller && !controller.signal.aborted) showFailure(error);
    } finally {
      if (pending === controller) pending = null;
    }
  }

  function read(): void {
    openFirst = false;
    const text = input.value.trim();
    if (text) return void answer(text);
    pending?.abort();
    pending = null;
    places = renderResults(list, []);
    announce("");
    show(false);
  }

  function enter(): void {
    const place = places[Math.max(active, 0)];
    if (pending && active < 0) openFirst = true;
    else if (place && !panel.hidden) openPlace(place);
    else read();
  }

  function step(direction: 1 | -1): void {
    if (panel.hidden) return input.value.trim() ? read() : undefined;
    const next = active + direction;
    if (next >= places.length) activate(0);
    else activate(next < -1 ? places.length - 1 : next);
  }

  function leave(): void {
    if (!panel.hidden) return show(false);
    input.value = "";
    read();
    (cameFrom?.isConnected ? cameFrom : input).focus();
    if (!cameFrom) input.blur();
    cameFrom = null;
  }

  const keys: Record<string, () => void> = {
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    Enter: enter,
    Escape: leave,
  };

  function focusInput(): void {
    const from = document.activeElement;
    if (from !== input) cameFrom = from instanceof HTMLElement && from !== document.body ? from : null;
    input.focus();
    input.select();
  }

  input.addEventListener("input", read);
  input.addEventListener("focus", () => {
    if (places.length > 0 && input.value.trim()) show(true);
  });
  input.addEventListener("keydown", (event) => {
    const action = event.isComposing ? undefined : keys[event.key];
    if (!action) return;
    const chosen = places[Math.max(active, 0)];
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && chosen && !panel.hidden) {
      event.preventDefault();
      window.open(chosen.option.getAttribute("href") ?? "", "_blank");
      return;
    }
    event.preventDefault();
    action();
  });
  list.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    const place = places.find(({ option }) => event.target instanceof Node && option.contains(event.target));
    if (!place) return;
    event.preventDefault();
    openPlace(place);
  });
  box.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget instanceof Node && !box.contains(relatedTarget)) show(false);
  });
  document.addEventListener("pointerdown", ({ target }) => {
    if (target instanceof Node && !box.contains(target)) show(false);
  });
  onShortcut(focusInput);
  onExample((question) => {
    focusInput();
    input.value = question;
    read();
  });

  return { refresh: () => (panel.hidden || !input.value.trim() ? undefined : void answer(input.value.trim())) };
}
