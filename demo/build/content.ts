// Why this import: the page gets its documents from a file that is made here, with the command line's own reader of Markdown.
// oxlint-disable-next-line no-restricted-imports
import { extractMarkdown } from "../../cli/extract/markdown.ts";
import type { Document } from "inkling-search";
import type { GuidePage } from "./guide.ts";

/** Why less than others: the reference says in few words what the guide explains. Who asks for a name finds it all the same. */
const referenceWeight = 0.7;

/** Gives the guide as documents, with the addresses and anchors its pages have on the site. */
export function extractGuide(pages: readonly GuidePage[]): Document[] {
  return pages.map((page) => {
    // Why cells: the page marks a passage where it finds its words in this order.
    const found = extractMarkdown(page.source, page.url, false, { tables: "cells" });
    if ("skipped" in found) throw new Error(`${page.name}.md cannot be searched: ${found.skipped}`);
    const attributes = {
      ...found.document.attributes,
      ...(page.group === "Reference" ? { weight: referenceWeight } : {}),
    };
    return { ...found.document, lang: "en", attributes };
  });
}
