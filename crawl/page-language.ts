import type { ExtractedPage, SkippedPage } from "../src/extract/extract-page.ts";
import { loadPart } from "../src/promises.ts";

/**
 * Gives a page that declares no language the one that its text is in, as a build does.
 *
 * @throws {SearchError} `library/part` where what detects it cannot be loaded. Why not passed over: the page would be in the index
 * as another one than a build gives, and be replaced at each turn.
 */
export async function withLanguage(page: ExtractedPage | SkippedPage): Promise<ExtractedPage | SkippedPage> {
  if ("skipped" in page || page.document.lang !== undefined) return page;
  const { detectLanguage } = await loadPart(import("../src/extract/detect-language.ts"));
  const lang = detectLanguage(page.document);
  return lang === "" ? page : { ...page, document: { ...page.document, lang } };
}
