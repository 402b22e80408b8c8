import type { Search } from "../index.ts";
import type { Texts } from "./texts/texts.ts";

/** What scripts can set and call on an element of ours. */
export interface SearchHost extends HTMLElement {
  /** The search to ask, open or being opened; null where the element opens one by its attributes. */
  search: Search | Promise<Search> | null;
  /** Words to show instead of the built-in ones of the element's language; null for none. */
  texts: Partial<Texts> | null;
  /** Takes the list off the screen. */
  close(): void;
  /** Asks the present question again, where the page itself has added to the search. */
  refresh(): void;
}

/** The rest of the search, as the element sees it once it is loaded. */
export interface Panel {
  readonly isShown: boolean;
  /** The visitor has come to the field, and has typed this on the way. */
  show(typed?: string): void;
  hide(): void;
  refresh(): void;
  /** A property has changed. */
  change(): void;
  /** The element has left the page: stops what is running. */
  disconnect(): void;
}
