import { InklingBox } from "./inkling-box.ts";
import { InklingSearch } from "./inkling-search.ts";
import { expectLanding } from "./arrival.ts";

export { InklingBox, InklingSearch };
export type { InklingElement } from "./element.ts";
export type { SearchHost } from "./shell.ts";
export type { Texts } from "./texts/texts.ts";
export type { InklingEventMap, QueryDetail, SelectDetail } from "./events.ts";

declare global {
  interface HTMLElementTagNameMap {
    "inkling-search": InklingSearch;
    "inkling-box": InklingBox;
  }
}

// Why the check of each: where two copies of the script are on a page, the first one serves both.
if (typeof customElements !== "undefined") {
  if (!customElements.get("inkling-search")) customElements.define("inkling-search", InklingSearch);
  if (!customElements.get("inkling-box")) customElements.define("inkling-box", InklingBox);
  expectLanding();
}
