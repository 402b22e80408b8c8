import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { type Collection, readCollection } from "../cli/eval/collection.ts";
import { prepareDocument } from "../src/core/segment/prepare.ts";
import type { Document } from "../src/types.ts";
import { utf8 } from "../worker/utf8.ts";

/** Real text to measure with. */
export interface Corpus {
  readonly collections: readonly string[];
  readonly documents: readonly Document[];
  /** Passages that the library's chunker makes of the documents. */
  readonly passages: number;
  readonly queries: readonly string[];
}

/** The English ones among the folders of test collections beside the repository. */
const englishCollections = new Set(
  "scifact cranfield cisi cacm squad-dev datatalks-faq trecqa-dev wikiqa-dev xquad-en".split(" "),
);

/** Folders of collections to be found at a place; none where there is no such place. */
export async function findCollections(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => englishCollections.has(name)).map((name) => join(folder, name));
}

/**
 * Pools collections: their documents taken in turns, so that the mix is the same at every size, until there are
 * `passages` passages; and their queries in turns, at most `queries`.
 */
export async function poolCollections(
  folders: readonly string[],
  sizes: { readonly passages: number; readonly queries: number },
): Promise<Corpus> {
  const collections = await Promise.all(folders.map((folder) => readCollection(folder)));
  const documents: Document[] = [];
  let passages = 0;
  for (const document of inTurns(collections.map(documentsOf))) {
    if (passages >= sizes.passages) break;
    documents.push(document);
    passages += prepareDocument(document, utf8).passages.length;
  }
  const queries = [...inTurns(collections.map((collection) => collection.queries.map((query) => query.text)))];
  return {
    collections: folders.map((folder) => basename(folder)),
    documents,
    passages,
    queries: queries.slice(0, sizes.queries),
  };
}

function documentsOf({ name, documents }: Collection): Document[] {
  return documents.map(({ id, title, text }) => ({ url: `/${name}/${id}`, title, text }));
}

/** One of each list, then the next of each; longer lists by greater steps, so that all end together. */
function* inTurns<Value>(lists: readonly (readonly Value[])[]): Generator<Value> {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  for (let turn = 0; turn < longest; turn++) {
    for (const list of lists) {
      const from = Math.floor((turn * list.length) / longest);
      const to = Math.floor(((turn + 1) * list.length) / longest);
      yield* list.slice(from, to);
    }
  }
}
