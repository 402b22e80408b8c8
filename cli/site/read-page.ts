import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { maxTextLength } from "../../worker/check-documents.ts";
import { decodeHtml, decodeUtf8 } from "../extract/decode.ts";
import { extractHtml, type PageDocument, type SkippedPage } from "../extract/html.ts";
import { extractMarkdown } from "../extract/markdown.ts";

/** Gives the document of a page, or the reason why it has none. A file that cannot be read is such a reason. */
export async function readPage(folder: string, url: string): Promise<PageDocument | SkippedPage> {
  const bytes = await readFile(join(folder, url)).catch((error: NodeJS.ErrnoException) => error.code ?? error.message);
  if (typeof bytes === "string") return { skipped: `cannot be read (${bytes})` };
  const page = /\.(?:md|markdown)$/i.test(url)
    ? extractMarkdown(decodeUtf8(bytes), url)
    : extractHtml(decodeHtml(bytes), url);
  if ("skipped" in page) return page;
  const length = textLength(page);
  return length > maxTextLength ? { skipped: `too long (${length} characters, allowed are ${maxTextLength})` } : page;
}

/** Characters of a document's sections, in UTF-16 code units. */
export function textLength({ sections }: PageDocument): number {
  return sections.reduce((sum, { heading, text }) => sum + (heading?.length ?? 0) + text.length, 0);
}
