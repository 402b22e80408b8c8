import { clearHighlight, highlight, type HitPassage } from "inkling-search";
import { find } from "./element.ts";

type Quote = Pick<HitPassage, "anchor" | "excerpt" | "ranges">;

const landingKey = "inkling-guide:landing";

/** Scrolls to a passage of this page, highlights it, and moves the keyboard's focus to its section. */
function land(quote: Quote): void {
  const main = find("#main");
  highlight(quote, main);
  const target = (quote.anchor && document.getElementById(quote.anchor)) || main;
  target.tabIndex = -1;
  target.focus({ preventScroll: true });
}

/** Tells the next page what to look for; false where the browser keeps no such notes. */
function leaveNote(url: string, quote: Quote): boolean {
  try {
    sessionStorage.setItem(landingKey, JSON.stringify({ url, quote }));
    return true;
  } catch {
    return false;
  }
}

const toFragment = (anchor: string): string => (anchor ? `#${encodeURIComponent(anchor)}` : "");

/** Goes to a passage, on this page or another one of the guide. */
export function goTo(url: string, { anchor, excerpt, ranges }: HitPassage): void {
  const quote = { anchor, excerpt, ranges };
  if (url === document.documentElement.dataset["page"]) {
    if (anchor) location.hash = toFragment(anchor);
    land(quote);
    return;
  }
  // Why without the fragment: the browser would scroll to it after the passage has been landed on.
  const address = leaveNote(url, quote) ? url : url + toFragment(anchor);
  location.assign(new URL(address, document.baseURI));
}

/** Why: while a page is loading, the browser scrolls to the fragment of its address again and again. */
function afterLoading(run: () => void): void {
  if (document.readyState === "complete") run();
  else addEventListener("load", () => setTimeout(run), { once: true });
}

/** Lands on the passage for which the visitor came from another page, if that is how the page was opened. */
export function finishLanding(): void {
  let note: string | null = null;
  try {
    note = sessionStorage.getItem(landingKey);
    sessionStorage.removeItem(landingKey);
  } catch {
    return;
  }
  if (!note) return;
  const { url, quote } = JSON.parse(note) as { url: string; quote: Quote };
  if (url !== document.documentElement.dataset["page"]) return;
  land(quote);
  if (quote.anchor) afterLoading(() => history.replaceState(null, "", toFragment(quote.anchor)));
}

/** Lets Escape take the highlight off the page. */
export function clearOnEscape(): void {
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) clearHighlight();
  });
}
