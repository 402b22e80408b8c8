import { xxHash32 } from "js-xxhash";
import { extractPage, noText } from "../src/extract/extract-page.ts";
import type { HtmlElement } from "../src/extract/tree.ts";
import type { LivePage } from "../src/site/protocol.ts";
import { withLanguage } from "./page-language.ts";

/** Reads a live page of the tree that was sent of it. @throws {SearchError} `library/part` */
export async function readLivePage(tree: HtmlElement, url: string): Promise<LivePage> {
  const page = await withLanguage(extractPage(tree, url, { anchors: "own" }));
  if ("skipped" in page) return { ...page, isEmpty: page.skipped === noText };
  const { document, canonical } = page;
  return { document, canonical, signature: xxHash32(JSON.stringify(document.sections)).toString(16) };
}
