import type { Hit, HitPassage } from "../index.ts";
import { addressOf, linkTo } from "./landing.ts";
import { makePart } from "./make-part.ts";
import type { Texts } from "./texts/texts.ts";

/** A passage of a page, as it stands in a list. */
export interface Place {
  readonly hit: Hit;
  readonly passage: HitPassage;
  /** Null where the page's address is none that a page may lead to. */
  readonly address: URL | null;
  readonly element: HTMLAnchorElement;
}

const passagesPerPage = 3;

/** The excerpt's text, with the words of the query marked. */
function renderExcerpt({ excerpt, ranges }: HitPassage): HTMLElement {
  const line = makePart("span", "excerpt");
  let end = 0;
  for (const [from, to] of ranges) {
    line.append(excerpt.slice(end, from), makePart("mark", "mark", {}, excerpt.slice(from, to)));
    end = to;
  }
  line.append(excerpt.slice(end));
  return line;
}

function pathOf(hit: Hit, passage: HitPassage): string {
  return passage.path.filter((heading, depth) => depth > 0 || heading !== hit.title).join(" › ");
}

function renderPlace(hit: Hit, passage: HitPassage, isFirst: boolean, texts: Texts, base: string): Place {
  const address = addressOf(hit.url, passage, base);
  const element = makePart("a", "option", isFirst ? { class: "option first" } : {});
  if (address) element.href = linkTo(address, passage);
  const path = pathOf(hit, passage);
  if (isFirst) element.append(makePart("span", "title", {}, hit.title || hit.url));
  if (path || !isFirst) element.append(makePart("span", "path", {}, path || texts.beginning));
  element.append(renderExcerpt(passage));
  return { hit, passage, address, element };
}

/** A page of an answer: its best passages, and the element that holds them. */
export interface RenderedPage {
  readonly hit: Hit;
  readonly element: HTMLElement;
  readonly places: readonly Place[];
}

/**
 * Renders the pages of an answer, each with its best passages as links.
 *
 * @param base - what relative addresses of hits are relative to.
 */
export function renderPages(hits: readonly Hit[], texts: Texts, base: string): RenderedPage[] {
  return hits.map((hit) => {
    const places = hit.passages
      .slice(0, passagesPerPage)
      .map((passage, rank) => renderPlace(hit, passage, rank === 0, texts, base));
    const element = makePart("div", "page", {}, ...places.map((place) => place.element));
    return { hit, element, places };
  });
}

/** The passage that a click went to; null where it went beside. Why a loop: old libraries replace `Array.prototype.find`. */
export function placeAt(places: readonly Place[], event: Event): Place | null {
  for (const place of places) if (place.element.contains(event.target as Node)) return place;
  return null;
}
