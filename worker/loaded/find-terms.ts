import { expandTerm } from "../../src/core/lexical/expand.ts";
import { compareBytes, type InvertedIndex } from "../../src/core/lexical/postings-builder.ts";
import type { QueryTerm } from "../../src/core/lexical/query-terms.ts";
import { decodeTermBlock, type TermEntry } from "../../src/core/pieces/term-block.ts";
import { defaultParameters } from "../../src/core/retrieval/parameters.ts";
import { encodeStrings } from "../../src/core/segment/strings.ts";
import { isStemmed, stem, stemPrefix } from "../../src/core/text/stem.ts";
import { utf8 } from "../utf8.ts";
import type { PieceLists } from "./piece-lists.ts";

/** A term of the index that counts as an occurrence of a query term. */
export interface FoundTerm {
  readonly entry: TermEntry;
  readonly weight: number;
}

/** Terms that stand for a query term. */
export interface FoundTerms {
  readonly terms: readonly FoundTerm[];
  /** Whether they were taken for completions of it. */
  readonly prefix: boolean;
}

/** Most blocks of the dictionary that are read for one query term. */
const maxBlocks = 4;
/** Endings that words of a short stem have, the common ones first. */
const endings = ["", "s", "e", "ed", "es", "ing", "er", "ly"] as const;
/** Letters that a misspelled word is taken to have right. */
const sureLetters = 3;

/** The query term itself and others of its stem. */
export async function findInflections(lists: PieceLists, query: QueryTerm): Promise<FoundTerms> {
  const entries = await readTerms(lists, await inflectionBlocks(lists, query));
  const isShared = isStemmed(query.term);
  const terms = entries
    .filter(({ term }) => term === query.term || (isShared && isStemmed(term) && stem(term) === query.stem))
    .map((entry) => ({ entry, weight: entry.term === query.term ? 1 : defaultParameters.stemWeight }));
  return { terms, prefix: false };
}

async function inflectionBlocks(lists: PieceLists, { term, stem: stemmed }: QueryTerm): Promise<string[]> {
  const all = isStemmed(term) ? await lists.range(stemPrefix(stemmed), maxBlocks) : [];
  if (all.length > 0 && all.length <= maxBlocks) return all;
  const keys = isStemmed(term) ? [term, ...endings.map((ending) => stemmed + ending)] : [term];
  const names = await Promise.all(keys.map((key) => lists.at(key)));
  return [...new Set(names)].filter((name) => name !== undefined).slice(0, maxBlocks);
}

/**
 * Words that the query term begins, if it may be half typed, else near spellings: by the rules of an index in memory, among the
 * blocks where they would stand. Why not among all: two letters may begin the words of hundreds of blocks.
 */
export async function findLoosely(lists: PieceLists, query: QueryTerm): Promise<FoundTerms> {
  const completions = query.open ? await lists.range(query.term, maxBlocks) : [];
  const near = await lists.range(query.term.slice(0, sureLetters), maxBlocks);
  const around = await lists.at(query.term);
  const names = [...new Set([...completions.slice(0, maxBlocks), around, ...near.slice(0, maxBlocks)])];
  const entries = await readTerms(
    lists,
    names.filter((name) => name !== undefined),
  );
  const sorted = sortByBytes(entries);
  const { expansions, prefix } = expandTerm([toDictionary(sorted)], query, defaultParameters, utf8);
  return { terms: expansions[0]!.map(({ rank, weight }) => ({ entry: sorted[rank]!, weight })), prefix };
}

async function readTerms(lists: PieceLists, names: readonly string[]): Promise<TermEntry[]> {
  const payloads = await Promise.all(names.map((name) => lists.read(name)));
  return payloads.flatMap((payload) => decodeTermBlock(payload, utf8));
}

/** Why: a dictionary in memory is sorted by bytes, keys of blocks by code units; they differ for characters beyond U+FFFF. */
function sortByBytes(entries: readonly TermEntry[]): TermEntry[] {
  return entries
    .map((entry) => ({ entry, bytes: utf8.encode(entry.term) }))
    .sort((a, b) => compareBytes(a.bytes, b.bytes))
    .map(({ entry }) => entry);
}

function toDictionary(entries: readonly TermEntry[]): InvertedIndex {
  const { bytes, offsets } = encodeStrings(
    entries.map(({ term }) => term),
    utf8,
  );
  return {
    termBytes: bytes,
    termOffsets: offsets,
    postingOffsets: new Uint32Array(entries.length + 1),
    documentFrequencies: Uint32Array.from(entries, ({ frequency }) => frequency),
    postings: new Uint8Array(),
  };
}
