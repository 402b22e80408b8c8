import type { Hit, HitPassage, QueryAnswer } from "inkling-search";
import { make } from "./element.ts";

/** A passage of a page, as an option of the list. */
export interface Place {
  readonly url: string;
  readonly passage: HitPassage;
  readonly option: HTMLElement;
}

const passagesPerPage = 3;

function renderExcerpt({ excerpt, ranges }: HitPassage): (Node | string)[] {
  const parts: (Node | string)[] = [];
  let end = 0;
  for (const [from, to] of ranges) {
    parts.push(excerpt.slice(end, from), make("mark", {}, excerpt.slice(from, to)));
    end = to;
  }
  return [...parts, excerpt.slice(end)];
}

function renderOption(hit: Hit, passage: HitPassage, id: string): Place {
  const address = passage.anchor ? `${hit.url}#${encodeURIComponent(passage.anchor)}` : hit.url;
  const path = passage.path.filter((heading, depth) => depth > 0 || heading !== hit.title);
  const section = path.length > 0 ? path.join(" › ") : "Introduction";
  const option = make(
    "a",
    { role: "option", id, href: `./${address}`, tabindex: "-1", "aria-selected": "false" },
    make("span", { class: "section" }, section),
    make("span", { class: "excerpt" }, ...renderExcerpt(passage)),
  );
  return { url: hit.url, passage, option };
}

/** Fills the list with the pages of an answer, each a group of its best passages, and gives the options in order. */
export function renderResults(list: HTMLElement, hits: readonly Hit[]): Place[] {
  const places: Place[] = [];
  const groups = hits.map((hit, page) => {
    const options = hit.passages
      .slice(0, passagesPerPage)
      .map((passage, number) => renderOption(hit, passage, `result-${page}-${number}`));
    places.push(...options);
    const title = make("div", { id: `page-${page}`, class: "page-title", role: "presentation" }, hit.title);
    return make("div", { role: "group", "aria-labelledby": title.id }, title, ...options.map(({ option }) => option));
  });
  list.replaceChildren(...groups);
  list.scrollTop = 0;
  return places;
}

/** Says in a few words what ranked an answer and how long it took. */
export function describeAnswer({ hits, mode, timings }: QueryAnswer): string {
  const by = { words: "words", dense: "meaning", hybrid: "words and meaning" }[mode];
  const pages = hits.length === 1 ? "1 page" : `${hits.length} pages`;
  const time = timings.totalMs < 1 ? "under 1 ms" : `${Math.round(timings.totalMs)} ms`;
  return `${pages} by ${by}, ${time}`;
}
