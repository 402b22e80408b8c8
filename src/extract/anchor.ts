import { isChrome, isPermalink } from "./chrome.ts";
import { descend, type HtmlElement } from "./tree.ts";

/** The fragment an element can be reached by: its `id`, or the `name` of a link. `""` where it has none. */
export function ownAnchor({ name, attributes }: HtmlElement): string {
  return attributes["id"] || (name === "a" ? attributes["name"] : undefined) || "";
}

/** The fragment of a heading or term: its own, that of its permalink, or that of an element within. `""` where it has none. */
export function findAnchor(heading: HtmlElement): string {
  return ownAnchor(heading) || permalinkTarget(heading) || innerAnchor(heading);
}

function permalinkTarget(heading: HtmlElement): string {
  for (const element of descend(heading)) {
    if (isPermalink(element)) return decodeFragment(element.attributes["href"]!.slice(1));
  }
  return "";
}

function innerAnchor(heading: HtmlElement): string {
  for (const element of descend(heading, (candidate) => !isChrome(candidate, false))) {
    const anchor = ownAnchor(element);
    if (anchor !== "") return anchor;
  }
  return "";
}

function decodeFragment(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}
