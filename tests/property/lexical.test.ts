import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { editDistance } from "../../src/core/lexical/edit-distance.ts";
import { expandTerm } from "../../src/core/lexical/expand.ts";
import { forEachPosting } from "../../src/core/lexical/postings.ts";
import { type InvertedIndex, PostingsBuilder } from "../../src/core/lexical/postings-builder.ts";
import { parseQuery, type QueryTerm } from "../../src/core/lexical/query-terms.ts";
import { findTerm, prefixRange, termAt, termCount } from "../../src/core/lexical/term-dictionary.ts";
import { scoreWords } from "../../src/core/retrieval/lexical.ts";
import { defaultParameters } from "../../src/core/retrieval/parameters.ts";
import { analyze } from "../../src/core/text/analyzer.ts";
import { stem } from "../../src/core/text/stem.ts";
import type { Document } from "../../src/types.ts";
import { utf8 } from "../../worker/utf8.ts";
import { humanText } from "./arbitraries.ts";
import { makeReader } from "./make-reader.ts";

/** Edit distance by the definition, without a table. */
function naiveDistance(a: string, b: string): number {
  if (a === "" || b === "") return a.length + b.length;
  const [x, y] = [a.slice(0, -1), b.slice(0, -1)];
  const same = a.at(-1) === b.at(-1) ? 0 : 1;
  let best = Math.min(naiveDistance(x, b) + 1, naiveDistance(a, y) + 1, naiveDistance(x, y) + same);
  if (a.length > 1 && b.length > 1 && a.at(-1) === b.at(-2) && a.at(-2) === b.at(-1)) {
    best = Math.min(best, naiveDistance(a.slice(0, -2), b.slice(0, -2)) + 1);
  }
  return best;
}

test("edit distance is that of the definition up to the limit, and above it above", () => {
  const word = fc.stringMatching(/^[abc]{0,6}$/);
  fc.assert(
    fc.property(word, word, fc.integer({ min: 0, max: 6 }), (a, b, limit) => {
      const expected = naiveDistance(a, b);
      const found = editDistance(a, b, limit);
      if (expected <= limit) expect(found).toBe(expected);
      else expect(found).toBeGreaterThan(limit);
    }),
    { numRuns: 300 },
  );
});

type Occurrence = readonly [passage: number, term: string, field: 0 | 1 | 2];

function buildIndex(occurrences: readonly Occurrence[]): InvertedIndex {
  const builder = new PostingsBuilder();
  for (const [passage, term, field] of occurrences) builder.add(passage, builder.termId(term), field);
  return builder.finish(utf8);
}

function readPostings(index: InvertedIndex, rank: number): number[][] {
  const postings: number[][] = [];
  forEachPosting(index, rank, (passage, title, headings, body) => postings.push([passage, title, headings, body]));
  return postings;
}

describe("an inverted index", () => {
  const term = fc.oneof(fc.stringMatching(/^[ab]{1,3}$/), fc.string({ unit: "grapheme", minLength: 1, maxLength: 4 }));
  const occurrences = fc
    .array(fc.tuple(fc.nat(300), term, fc.constantFrom(0, 1, 2)), { maxLength: 200 })
    .map((list) => list.toSorted((a, b) => a[0] - b[0]) as Occurrence[]);

  test("gives back what a plain map counts", () => {
    fc.assert(
      fc.property(occurrences, (list) => {
        const expected = new Map<string, Map<number, [number, number, number]>>();
        for (const [passage, word, field] of list) {
          const postings = expected.get(word) ?? expected.set(word, new Map()).get(word)!;
          const counts = postings.get(passage) ?? postings.set(passage, [0, 0, 0]).get(passage)!;
          counts[field]++;
        }
        const index = buildIndex(list);
        expect(termCount(index)).toBe(expected.size);
        for (const [word, postings] of expected) {
          const rank = findTerm(index, utf8.encode(word));
          expect(termAt(index, rank, utf8)).toBe(word);
          expect(index.documentFrequencies[rank]).toBe(postings.size);
          expect(readPostings(index, rank)).toEqual([...postings].map(([passage, counts]) => [passage, ...counts]));
        }
        expect(findTerm(index, utf8.encode("not in it"))).toBe(-1);
      }),
    );
  });

  test("finds by a prefix what begins with it, and nothing else", () => {
    fc.assert(
      fc.property(occurrences, fc.stringMatching(/^[ab]{0,2}$/), (list, prefix) => {
        const index = buildIndex(list);
        const [start, end] = prefixRange(index, utf8.encode(prefix));
        const found = Array.from({ length: end - start }, (_, i) => termAt(index, start + i, utf8));
        expect(found.toSorted()).toEqual(
          [...new Set(list.map(([, word]) => word))].filter((word) => word.startsWith(prefix)).toSorted(),
        );
      }),
    );
  });

  test("counts up to 65,535 occurrences of a term in a field", () => {
    const index = buildIndex(Array.from({ length: 70_000 }, () => [0, "again", 2] as const));
    expect(readPostings(index, 0)).toEqual([[0, 0, 0, 65_535]]);
  });
});

describe("expansion", () => {
  const words = [
    "search",
    "searching",
    "searched",
    "research",
    "sea",
    "seal",
    "searchable",
    "size",
    "sizing",
    "cats",
    "std::vector",
  ];
  const index = buildIndex(words.map((word) => [0, word, 2] as const));
  const expand = (text: string, open = true): string[] => {
    const last = parseQuery(text).terms.at(-1)!;
    const query: QueryTerm = { ...last, open };
    return expandTerm([index], query, defaultParameters, utf8).expansions[0]!.map(({ rank }) =>
      termAt(index, rank, utf8),
    );
  };

  test("takes every inflection, and neither completions nor near spellings beside them", () => {
    expect(expand("searches").toSorted()).toEqual(["search", "searched", "searching"]);
    expect(expand("sizes").toSorted()).toEqual(["size", "sizing"]);
  });

  test("completes an open last word only where nothing matches it", () => {
    expect(expand("sear").toSorted()).toEqual(["search", "searchable", "searched", "searching"]);
    expect(expand("sear", false)).toEqual([]);
  });

  test("takes near spellings only where there is nothing else, the nearest alone", () => {
    expect(expand("serach", false)).toEqual(["search"]);
    expect(expand("vatc", false)).toEqual([]);
    expect(expand("cts", false)).toEqual([]);
  });
});

describe("BM25F", () => {
  /** The formula, term by term and passage by passage, over tokens; without stems, as the words below have none in common. */
  function naiveScores(documents: readonly Document[], query: string): number[] {
    const { k1, fieldWeights, fieldB, stemWeight } = defaultParameters;
    const passages = documents.map((document) =>
      [document.title ?? "", "", document.text ?? ""].map((text) => analyze(text)),
    );
    const lengths = passages.map((fields) =>
      fields.map((tokens) => tokens.filter((token) => token.kind === "word").length),
    );
    const average = [0, 1, 2].map(
      (field) => lengths.reduce((sum, length) => sum + length[field]!, 0) / passages.length,
    );
    const scores = passages.map(() => 0);
    for (const term of parseQuery(query).terms) {
      const frequencies = passages.map((fields, p) => {
        let frequency = 0;
        fields.forEach((tokens, field) => {
          for (const token of tokens) {
            const weight = token.term === term.term ? 1 : stem(token.term) === term.stem ? stemWeight : 0;
            const norm =
              average[field]! > 0 ? 1 - fieldB[field]! + (fieldB[field]! * lengths[p]![field]!) / average[field]! : 1;
            frequency += (weight * fieldWeights[field]!) / norm;
          }
        });
        return frequency;
      });
      const df = frequencies.filter((frequency) => frequency > 0).length;
      const idf = Math.log(1 + (passages.length - df + 0.5) / (df + 0.5));
      frequencies.forEach((frequency, p) => (scores[p]! += (term.weight * idf * frequency) / (k1 + frequency)));
    }
    return scores;
  }

  const vocabulary = [
    "water",
    "waters",
    "garden",
    "gardens",
    "gardening",
    "oven",
    "baking",
    "baked",
    "flour",
    "雨が",
    "καφές",
    "tomatoes",
    "the",
    "mod_rewrite",
  ];
  const sentence = fc
    .array(fc.constantFrom(...vocabulary), { minLength: 1, maxLength: 12 })
    .map((words) => words.join(" "));
  const corpus = fc
    .array(fc.record({ title: sentence, text: sentence }), { minLength: 1, maxLength: 12 })
    .map((list) => list.map((document, i): Document => ({ url: `d${i}`, ...document })));
  const query = fc
    .array(fc.constantFrom("water", "garden", "baking", "flour", "雨が", "καφες", "tomato"), {
      minLength: 1,
      maxLength: 4,
    })
    .map((words) => `${words.join(" ")} `);

  test("is the naive loop over the formula", () => {
    fc.assert(
      fc.property(corpus, query, (documents, text) => {
        const expected = naiveScores(documents, text);
        const parsed = parseQuery(text);
        const known = parsed.terms.filter((term) =>
          documents.some((document) =>
            analyze(`${document.title} ${document.text}`).some((token) => stem(token.term) === term.stem),
          ),
        );
        const { scores } = scoreWords([makeReader(documents)], { ...parsed, terms: known }, defaultParameters, utf8);
        scores[0]!.forEach((score, i) => expect(score).toBeCloseTo(expected[i]!, 4));
      }),
    );
  });

  test("does not see how documents are spread over segments", () => {
    fc.assert(
      fc.property(corpus, query, fc.nat(), (documents, text, seed) => {
        const cut = seed % (documents.length + 1);
        const parsed = parseQuery(text);
        const whole = scoreWords([makeReader(documents)], parsed, defaultParameters, utf8);
        const parts = scoreWords(
          [makeReader(documents.slice(0, cut)), makeReader(documents.slice(cut))],
          parsed,
          defaultParameters,
          utf8,
        );
        const joined = parts.scores.flatMap((scores) => [...scores]);
        joined.forEach((score, i) => expect(score).toBeCloseTo(whole.scores[0]![i]!, 5));
      }),
    );
  });
});

test("any query is read into terms and phrases, and bounded", () => {
  fc.assert(
    fc.property(humanText, (text) => {
      const parsed = parseQuery(text);
      expect(parsed.terms.length).toBeLessThanOrEqual(128);
      expect(parsed.terms.every((term) => term.term !== "" && term.weight > 0)).toBe(true);
    }),
  );
});
