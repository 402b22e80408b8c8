import type { Hit, HitPassage, Tier } from "../index.ts";

/** What `inkling-query` and `inkling-noresults` tell. */
export interface QueryDetail {
  readonly query: string;
  readonly hits: readonly Hit[];
  /** What ranked them. */
  readonly tier: Tier;
}

/** What `inkling-select` tells. */
export interface SelectDetail {
  readonly query: string;
  /** Absolute address of the page, with the section's anchor where it has one. */
  readonly url: string;
  readonly hit: Hit;
  readonly passage: HitPassage;
}

/** Events of the elements, by name. They bubble, and are sent nowhere. */
export interface InklingEventMap {
  /** An answer has stood for half a second. */
  readonly "inkling-query": CustomEvent<QueryDetail>;
  /** An answer without hits has stood for half a second. */
  readonly "inkling-noresults": CustomEvent<QueryDetail>;
  /** A passage was chosen. `preventDefault()` keeps the page from going there, for a router that does it by itself. */
  readonly "inkling-select": CustomEvent<SelectDetail>;
  /** Something failed; the console has it too. */
  readonly "inkling-error": CustomEvent<{ readonly error: unknown }>;
  readonly "inkling-open": Event;
  readonly "inkling-close": Event;
}

/** Fires an event of ours. @returns false where a listener has prevented what comes next. */
export function fire(
  host: EventTarget,
  name: "inkling-query" | "inkling-noresults" | "inkling-select" | "inkling-error",
  detail: unknown,
): boolean {
  const options = { detail, bubbles: true, composed: true, cancelable: name === "inkling-select" };
  return host.dispatchEvent(new CustomEvent(name, options));
}
