import { clearHighlight, highlight, type HitPassage } from "../index.ts";
import type { PassageQuote } from "../highlight.ts";
import { type Note, noteKey } from "./note.ts";
import { toJson } from "./to-json.ts";

/** Address of a page without its fragment, and without what servers treat alike. */
function pageOf(url: URL): string {
  return url.origin + url.pathname.replace(/(?:\/index)?(?:\.x?html?)?\/?$/i, "") + url.search;
}

/** Whether an address is a place on the page that is open. */
export function isThisPage(url: URL): boolean {
  return pageOf(url) === pageOf(new URL(location.href));
}

/** Words of a line that name its beginning or end; characters where a script has no spaces. */
const wordsNamed = 6;
const charactersNamed = 16;

function cutWords(line: string, fromEnd: boolean): string {
  const words = line.trim().split(/\s+/);
  const kept = fromEnd ? words.slice(-wordsNamed) : words.slice(0, wordsNamed);
  const text = kept.join(" ");
  if (words.length > 1 || text.length <= charactersNamed) return text;
  const characters = [...text];
  return (fromEnd ? characters.slice(-charactersNamed) : characters.slice(0, charactersNamed)).join("");
}

/** Why also the hyphen: it separates prefix and suffix in a text fragment. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/-/g, "%2D");
}

/**
 * The text directive that leads to a passage: its first words, and its last ones where it is longer. Lines are blocks of the
 * page, and bars are borders of table cells: a browser looks for each end within one block.
 *
 * @returns `""` where the excerpt has no words.
 */
export function textDirective({ excerpt }: Pick<HitPassage, "excerpt">): string {
  const lines = excerpt.split(/[\n|]/).filter((line) => /[\p{L}\p{N}]/u.test(line));
  const [first] = lines;
  const last = lines.at(-1);
  if (first === undefined || last === undefined) return "";
  const start = cutWords(first, false);
  const end = cutWords(last, true);
  const isWhole = lines.length === 1 && start === first.trim().split(/\s+/).join(" ");
  return `:~:text=${encode(start)}${isWhole ? "" : `,${encode(end)}`}`;
}

/** Address of a passage's page, with the anchor of its section; null where a page may not lead there, as with `javascript:`. */
export function addressOf(url: string, { anchor }: Pick<HitPassage, "anchor">, base: string): URL | null {
  if (!URL.canParse(url, base)) return null;
  const address = new URL(url, base);
  if (!/^https?:$/.test(address.protocol) && address.protocol !== location.protocol) return null;
  if (anchor) address.hash = encodeURIComponent(anchor);
  return address;
}

/** The same with the text directive, for pages that have no element of ours and for new tabs. */
export function linkTo(address: URL, passage: HitPassage): string {
  const directive = textDirective(passage);
  return directive === "" ? address.href : `${address.href}${address.hash === "" ? "#" : ""}${directive}`;
}

/** Tells the next page of this tab what to highlight; without storage the text directive alone has to do. */
export function leaveNote(address: URL, { anchor, excerpt, ranges }: PassageQuote): void {
  const note: Note = { page: pageOf(address), quote: { anchor, excerpt, ranges } };
  try {
    sessionStorage.setItem(noteKey, toJson(note));
  } catch {
    // Storage is forbidden or full.
  }
}

function takeNote(): Note | null {
  try {
    const text = sessionStorage.getItem(noteKey);
    sessionStorage.removeItem(noteKey);
    return text === null ? null : (JSON.parse(text) as Note);
  } catch {
    return null;
  }
}

let isEscapeWatched = false;

/** Lets the next Tab go on from a place, and a screen reader read on from there. */
function readOnFrom({ startContainer, startOffset }: Range): void {
  (document.activeElement as HTMLElement | null)?.blur();
  getSelection()?.collapse(startContainer, startOffset);
}

/** Scrolls to a passage of this page and highlights it. Escape takes the highlight off. */
export function land(quote: PassageQuote, root?: Element | null): void {
  const range = highlight(quote, root ?? document.querySelector("main") ?? document);
  if (range) readOnFrom(range);
  if (isEscapeWatched) return;
  isEscapeWatched = true;
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) clearHighlight();
  });
}

/** Why: the browser marks the words of the text directive by itself, in a colour of its own, over ours. */
function hideBrowsersMark(): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("@layer inkling{::target-text{background-color:transparent;color:inherit}}");
  document.adoptedStyleSheets.push(sheet);
}

/** Why: while a page is loading, the browser scrolls to the fragment of its address again and again. */
function afterLoading(): Promise<void> {
  if (document.readyState === "complete") return Promise.resolve();
  return new Promise((resolve) => addEventListener("load", () => setTimeout(resolve), { once: true }));
}

/** Lands on the passage of the note that the page before has left, if it was left for this one. */
export async function finishLanding(): Promise<void> {
  const note = takeNote();
  if (note === null || note.page !== pageOf(new URL(location.href))) return;
  hideBrowsersMark();
  await afterLoading();
  land(note.quote);
}
