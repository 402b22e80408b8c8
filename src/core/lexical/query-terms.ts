import { analyze, type Token } from "../text/analyzer.ts";
import { fold } from "../text/fold.ts";
import { stem } from "../text/stem.ts";
import { stopWords } from "../text/stop-words.ts";

/** One thing to look for. */
export interface QueryTerm {
  /** Folded surface form as the visitor wrote it. */
  readonly term: string;
  readonly stem: string;
  /** Occurrences in the query. */
  readonly weight: number;
  /** The identifier or camelCase word that this is a part of, wherever it stands in the query; else null. */
  readonly partOf: string | null;
  /** True for the last word of a query that may still be typed. */
  readonly open: boolean;
}

/** A query as the lexical retriever reads it. */
export interface ParsedQuery {
  readonly terms: readonly QueryTerm[];
  /** Folded quoted phrases, white space collapsed. */
  readonly phrases: readonly string[];
  /** True where not all of the query was read. */
  readonly truncated: boolean;
}

/** What is read of a query, in UTF-16 code units and in different terms: enough for a pasted page, bounded for a hostile one. */
const maxQueryLength = 8192;
const maxTerms = 128;

/** Reads the terms of a query, identifiers before their parts. Stop words are dropped unless there is nothing else, or they are quoted. */
export function parseQuery(query: string): ParsedQuery {
  const text = query.slice(0, maxQueryLength);
  const tokens = analyze(text);
  const quotes = [...text.matchAll(quoted)];
  const kept = tokens.some(isTopical)
    ? tokens.filter((token) => !isStopWord(token) || isQuoted(token, quotes))
    : tokens;
  const terms = weighTerms(kept, endsOpen(text) ? tokens.at(-1) : undefined);
  return {
    terms: terms.slice(0, maxTerms),
    phrases: readPhrases(quotes),
    truncated: text.length < query.length || terms.length > maxTerms,
  };
}

function isTopical(token: Token): boolean {
  return token.kind === "word" && !stopWords.has(token.term);
}

function isStopWord(token: Token): boolean {
  return token.kind === "word" && stopWords.has(token.term);
}

function isQuoted(token: Token, quotes: readonly RegExpExecArray[]): boolean {
  return quotes.some((quote) => token.start >= quote.index && token.end <= quote.index + quote[0].length);
}

/** A query that ends in a letter or digit may be a word half typed. */
function endsOpen(text: string): boolean {
  return /[\p{L}\p{N}\p{M}]$/u.test(text);
}

function weighTerms(tokens: readonly Token[], last: Token | undefined): QueryTerm[] {
  const terms = new Map<string, QueryTerm>();
  let whole: Token | undefined;
  for (const token of tokens) {
    const known = terms.get(token.term);
    const container = whole !== undefined && token.end <= whole.end ? whole.term : null;
    terms.set(token.term, {
      term: token.term,
      stem: stem(token.term),
      weight: (known?.weight ?? 0) + 1,
      partOf: known === undefined ? container : known.partOf,
      open: known?.open === true || token === last,
    });
    if (container === null) whole = token;
  }
  return [...terms.values()];
}

const quoted = /["“]([^"“”]+)["”]/g;

function readPhrases(quotes: readonly RegExpExecArray[]): string[] {
  return quotes.map((match) => foldPhrase(match[1]!)).filter((phrase) => phrase !== "");
}

/** Text in the form in which phrases are compared: folded, white space collapsed. */
export function foldPhrase(text: string): string {
  return fold(text).replace(/\s+/g, " ").trim();
}
