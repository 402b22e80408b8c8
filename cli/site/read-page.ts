import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { type PageEdges, readEdges } from "../../src/extract/boilerplate.ts";
import type { ContentKind } from "../../src/extract/content.ts";
import { decodeHtml, decodeUtf8 } from "../../src/extract/decode.ts";
import { detectLanguage } from "../../src/extract/detect-language.ts";
import type { ExtractedPage, PageDocument, SkippedPage } from "../../src/extract/extract-page.ts";
import { maxTextLength } from "../../worker/check-documents.ts";
import { extractHtml } from "../extract/html.ts";
import { extractMarkdown } from "../extract/markdown.ts";

/** Larger files are not read: no page comes near, and a page's memory is many times its size. */
const maxBytes = 64 * 1024 * 1024;

/** What a build has to know of a page to decide over all pages together. */
export type PageFacts =
  | { readonly skipped: string }
  | { readonly content: ContentKind; readonly canonical: string; readonly edges: PageEdges };

/** A page that was asked for. */
export interface PageRequest {
  /** Path from the folder, with `/`. */
  readonly path: string;
  /** Hash of the file's bytes when its facts were last read; the page is not parsed if it is still the same. */
  readonly knownHash?: string | undefined;
}

/** A page that was read. */
export interface PageAnswer {
  /** Of the file's bytes; `""` where the file could not be read. */
  readonly hash: string;
  /** Absent where the hash is the known one. */
  readonly facts?: PageFacts;
  /** Absent where the page has none, or was not parsed. Its url is the path. */
  readonly document?: PageDocument;
}

/**
 * Reads a page of a folder. A file that cannot be read or parsed, is too large or has too much text is a skipped page, not an error.
 *
 * @param lang - of pages that declare none; `""`: it is detected.
 */
export async function readPage(folder: string, request: PageRequest, lang: string): Promise<PageAnswer> {
  const bytes = await readBytes(join(folder, request.path));
  if (typeof bytes === "string") return { hash: "", facts: { skipped: bytes } };
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 32);
  if (hash === request.knownHash) return { hash };
  const page = tryToExtract(bytes, request.path);
  if ("skipped" in page) return { hash, facts: page };
  const length = textLength(page.document);
  if (length > maxTextLength) {
    return { hash, facts: { skipped: `too long (${length} characters, allowed are ${maxTextLength})` } };
  }
  const document = withLanguage(page.document, lang);
  const { content, canonical } = page;
  return { hash, facts: { content, canonical, edges: readEdges(document) }, document };
}

async function readBytes(path: string): Promise<Uint8Array | string> {
  try {
    const { size } = await stat(path);
    if (size > maxBytes) return `too large (${size} bytes, allowed are ${maxBytes})`;
    return await readFile(path);
  } catch (error) {
    return `cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`;
  }
}

/** Why caught: a page that no parser was written for, such as one of 20,000 quotes inside each other, must not end the build. */
function tryToExtract(bytes: Uint8Array, path: string): ExtractedPage | SkippedPage {
  try {
    return extract(bytes, path);
  } catch (error) {
    const [why] = String(error).split("\n");
    return { skipped: `cannot be parsed (${why})` };
  }
}

function extract(bytes: Uint8Array, path: string): ExtractedPage | SkippedPage {
  const suffix = /\.(md|markdown|mdx)$/i.exec(path)?.[1]?.toLowerCase();
  if (suffix !== undefined) return extractMarkdown(decodeUtf8(bytes), path, suffix === "mdx");
  return extractHtml(decodeHtml(bytes), path);
}

function withLanguage(document: PageDocument, lang: string): PageDocument {
  if (document.lang !== undefined) return document;
  const found = lang || detectLanguage(document);
  return found === "" ? document : { ...document, lang: found };
}

/** Characters of a document's sections, in UTF-16 code units. */
export function textLength({ sections }: PageDocument): number {
  return sections.reduce((sum, { heading, text }) => sum + (heading?.length ?? 0) + text.length, 0);
}
