import type { PassageQuote } from "../highlight.ts";

/** Key in `sessionStorage` of what the next page is to highlight. */
export const noteKey = "inkling:landing";

/** What a page tells the next one: where the visitor is going, and to which passage. */
export interface Note {
  /** Address of the page, without its fragment. */
  readonly page: string;
  readonly quote: PassageQuote;
}
