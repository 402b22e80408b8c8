import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { PageDocument } from "../../src/extract/extract-page.ts";
import { type EnrichedSection, prepareDocument } from "../../src/core/segment/prepare.ts";
import { InvalidArgumentError } from "../../src/errors.ts";
import { utf8 } from "../../worker/utf8.ts";
import { isRecord } from "../read-queries.ts";

/** A passage, as a hook for enrichment gets it. */
export interface EnrichablePassage {
  readonly url: string;
  /** Of the page. */
  readonly title: string;
  /** Headings from the outermost one to that of the passage. */
  readonly path: readonly string[];
  readonly text: string;
}

/** What a hook knows of a passage: searched like its text, and never shown. */
export interface Enrichment {
  readonly questions?: readonly string[];
  readonly keywords?: readonly string[];
  readonly summary?: string;
}

/** A hook: the default export of the module that `--enrich` names. */
export type Enrich = (
  passage: EnrichablePassage,
) => Enrichment | null | undefined | Promise<Enrichment | null | undefined>;

/** A hook, and what tells it from an earlier version of itself. */
export interface LoadedEnrich {
  readonly enrich: Enrich;
  /** Of the module's bytes; what it imports is not looked at. */
  readonly hash: string;
}

/** Passages of a page that a hook works on at the same time: most ask a server. */
const concurrency = 8;

/** Most that is taken of one passage, in UTF-16 code units: more than a passage's own text would drown it. */
const maxHidden = 2000;

/** @throws {InvalidArgumentError} `argument/option` where there is no such module, or it has no function as its default export. */
export async function loadEnrich(path: string): Promise<LoadedEnrich> {
  const file = resolve(path);
  try {
    const bytes = await readFile(file);
    const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
    // Why with the hash: a build that goes on and builds again must not get the module as it was.
    const module = (await import(`${pathToFileURL(file).href}?${hash}`)) as { readonly default?: unknown };
    if (typeof module.default === "function") return { enrich: module.default as Enrich, hash };
  } catch (error) {
    throw enrichError(`--enrich is "${path}", which cannot be loaded: ${String(error)}.`, error);
  }
  throw enrichError(`--enrich is "${path}", expected a module whose default export is a function.`);
}

/**
 * A document with what a hook knows of its passages.
 *
 * @throws {InvalidArgumentError} `argument/option` that names the page, where the hook fails or gives something else.
 */
export async function enrichDocument(document: PageDocument, enrich: Enrich): Promise<PageDocument> {
  const { url, title, sections, places, passages } = prepareDocument(document, utf8);
  const hidden: string[] = [];
  for (let start = 0; start < passages.length; start += concurrency) {
    const texts = passages.slice(start, start + concurrency).map(async ({ section, start: from, end }) => {
      const text = sections[section]!.text.slice(from, end);
      return callHook(enrich, { url, title, path: places[section]!.path, text });
    });
    hidden.push(...(await Promise.all(texts)));
  }
  const enriched = document.sections.map((section, i): EnrichedSection => {
    const own = hidden.filter((_, passage) => passages[passage]!.section === i);
    return own.some((text) => text !== "") ? { ...section, hidden: own } : section;
  });
  return { ...document, sections: enriched as PageDocument["sections"] };
}

async function callHook(enrich: Enrich, passage: EnrichablePassage): Promise<string> {
  let found: unknown;
  try {
    found = await enrich(passage);
  } catch (error) {
    throw enrichError(`The module of --enrich failed for the page "${passage.url}": ${String(error)}.`, error);
  }
  if (found === undefined || found === null) return "";
  const { questions = [], keywords = [], summary = "" } = isRecord(found) ? found : { summary: found };
  const lists = [questions, keywords, [summary]];
  if (isRecord(found) && lists.every(isTexts)) {
    const texts = [...(questions as string[]), (keywords as string[]).join(", "), summary as string];
    return texts
      .filter((text) => text !== "")
      .join("\n")
      .slice(0, maxHidden);
  }
  throw enrichError(
    `The module of --enrich gave ${JSON.stringify(found)?.slice(0, 100)} for the page "${passage.url}", expected an object ` +
      "with questions and keywords, arrays of strings, and summary, a string; or nothing.",
  );
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((text) => typeof text === "string");
}

function enrichError(message: string, cause?: unknown): InvalidArgumentError {
  return new InvalidArgumentError("argument/option", message, {}, cause);
}
