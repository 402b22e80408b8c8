import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { packBits, bitAt, PayloadReader, PayloadWriter } from "../../../../src/core/pieces/bytes.ts";
import { decodeCentroids, encodeCentroids, scoreCentroids } from "../../../../src/core/pieces/centroids.ts";
import { frequencyOfLevel, levelOf } from "../../../../src/core/pieces/impacts.ts";
import { compareKeys, encodeKeyList, placeOf, placesOf, readKeyList } from "../../../../src/core/pieces/key-list.ts";
import { orderDocuments } from "../../../../src/core/pieces/order-documents.ts";
import { pieceName, piecePath } from "../../../../src/core/pieces/piece-name.ts";
import { decodeDocuments, decodePlaces, encodeDocuments, encodePlaces } from "../../../../src/core/pieces/places.ts";
import { decodeLeaf, encodeLeaf, rowBitsOf, scoreLeaf } from "../../../../src/core/pieces/residual-codes.ts";
import {
  cutByLevel,
  decodePostings,
  decodeTermBlock,
  encodePostings,
  maxInlinePostings,
  TermBlockWriter,
} from "../../../../src/core/pieces/term-block.ts";
import { decodeTexts, encodeTexts } from "../../../../src/core/pieces/text-block.ts";
import { decodeTokens, encodeTokens } from "../../../../src/core/pieces/token-block.ts";
import { utf8 } from "../../../../worker/utf8.ts";

const name = fc.stringMatching(/^[0-9a-f]{12}$/);
const text = fc.string({ unit: "grapheme", maxLength: 30 });
const keys = fc.uniqueArray(text, { minLength: 1, maxLength: 60 }).map((all) => all.sort(compareKeys));

/** A posting list with ascending passages. */
const postings = fc.uniqueArray(fc.nat(1_000_000), { minLength: 1, maxLength: 2000 }).chain((passages) =>
  fc.array(fc.nat(127), { minLength: passages.length, maxLength: passages.length }).map((levels) => ({
    passages: Uint32Array.from(passages.sort((a, b) => a - b)),
    levels: Uint8Array.from(levels),
  })),
);

describe("lists of keys", () => {
  test("come back as they were, and find the block of every key and beginning", () => {
    fc.assert(
      fc.property(keys, fc.array(name, { minLength: 60, maxLength: 60 }), text, (all, names, wanted) => {
        const list = { keys: all, names: names.slice(0, all.length) };
        const read = readKeyList(new PayloadReader(encodeKeyList(list, utf8), utf8));
        expect(read).toEqual(list);
        const last = all.findLastIndex((key) => compareKeys(key, wanted) <= 0);
        expect(placeOf(all, wanted)).toBe(Math.max(0, last));
        const [start, end] = placesOf(all, wanted);
        // What begins with the text stands at or after the last key that is not greater, and before the first that is past it.
        all.forEach((key, i) => key.startsWith(wanted) && expect(i >= start && i < end).toBe(true));
      }),
    );
  });
});

describe("postings", () => {
  test("all parts together are the list, and none of a later part has a higher level", () => {
    fc.assert(
      fc.property(postings, (list) => {
        const parts = cutByLevel(list).map((part) => decodePostings(encodePostings(part, utf8), utf8));
        const joined = parts.flatMap((part) => Array.from(part.passages, (each, i) => [each, part.levels[i]!]));
        expect(joined.sort((a, b) => a[0]! - b[0]!)).toEqual(
          Array.from(list.passages, (each, i) => [each, list.levels[i]!]),
        );
        parts.slice(1).forEach((part, i) => {
          expect(Math.max(...part.levels)).toBeLessThanOrEqual(Math.min(...parts[i]!.levels));
        });
        expect(parts.length > 1).toBe(list.passages.length > maxInlinePostings);
      }),
      { numRuns: 30 },
    );
  });

  test("a block of the dictionary gives its terms back", () => {
    fc.assert(
      fc.property(keys, postings, name, (terms, list, tier) => {
        const writer = new TermBlockWriter(utf8);
        const entries = terms.map((term, i) => ({
          term,
          frequency: 5 + i,
          head: list,
          tiers: i % 3 === 0 ? [{ count: 7, name: tier }] : [],
        }));
        for (const entry of entries) writer.add(entry);
        expect(writer.first).toBe(terms[0]);
        expect(decodeTermBlock(writer.finish(utf8), utf8)).toEqual(entries);
      }),
      { numRuns: 30 },
    );
  });

  test("a level is within 4 % of the frequency it stands for", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.03, max: 700, noNaN: true }), (frequency) => {
        expect(Math.abs(frequencyOfLevel[levelOf(frequency)]! / frequency - 1)).toBeLessThan(0.042);
      }),
    );
  });
});

describe("vectors", () => {
  const dim = 64;
  const rowsOf = (seed: number, count: number): Float32Array => {
    let state = seed;
    const next = (): number => ((state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31) * 2 - 1;
    const rows = Float32Array.from({ length: count * dim }, next);
    for (let row = 0; row < count; row++) {
      const vector = rows.subarray(row * dim, (row + 1) * dim);
      const length = Math.hypot(...vector);
      vector.forEach((value, i) => (vector[i] = value / length));
    }
    return rows;
  };
  const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

  test.each([
    { bits: 4, bound: 0.07 },
    { bits: 2, bound: 0.25 },
    { bits: 1, bound: 0.5 },
  ] as const)(
    "a leaf of $bits bits scores its passages nearly as the vectors would, each as 1 for itself, and knows which have none",
    ({ bits, bound }) => {
      fc.assert(
        fc.property(fc.nat(10_000), fc.integer({ min: 1, max: 24 }), (seed, count) => {
          const rows = rowsOf(seed + 1, count + 1);
          rows.fill(0, count * dim);
          const query = rowsOf(seed + 7, 1);
          const leaf = decodeLeaf(encodeLeaf(rows, dim, bits, utf8), dim, utf8);
          const scores = scoreLeaf(leaf, query);
          for (let i = 0; i < count; i++) {
            const row = rows.subarray(i * dim, (i + 1) * dim);
            expect(Math.abs(scores[i]! - dot(query, row))).toBeLessThan(bound);
            expect(Math.abs(scoreLeaf(leaf, row)[i]! - 1)).toBeLessThan(0.25);
          }
          expect(scores[count]).toBe(-1);
        }),
        { numRuns: 30 },
      );
    },
  );

  test("a leaf whose numbers have other bits is refused", () => {
    const payload = encodeLeaf(rowsOf(1, 3), dim, 4, utf8);
    payload[1] = 3;
    expect(() => decodeLeaf(payload, dim, utf8)).toThrow("3 bits");
  });

  test("an index has finer vectors where its passages are few", () => {
    expect([10, 10_000, 10_001, 60_000, 60_001, 1_000_000].map(rowBitsOf)).toEqual([4, 4, 2, 2, 1, 1]);
  });

  test("centroids tell near from far", () => {
    const rows = rowsOf(3, 40);
    const centroids = Array.from({ length: 40 }, (_, i) => rows.slice(i * dim, (i + 1) * dim));
    const read = decodeCentroids(encodeCentroids(centroids, 32, utf8), utf8);
    centroids.forEach((each, i) => {
      const scores = scoreCentroids(read, each);
      expect(scores.indexOf(Math.max(...scores))).toBe(i);
    });
  });

  test("documents of one kind come to stand side by side, whatever their order was", () => {
    const rows = rowsOf(11, 2);
    const kinds = Array.from({ length: 60 }, (_, i) => (i * 7) % 2);
    const vectors = new Float32Array(60 * dim);
    kinds.forEach((kind, i) =>
      vectors.set(
        rows.subarray(kind * dim, (kind + 1) * dim).map((value, at) => value + 0.01 * Math.sin(i * at)),
        i * dim,
      ),
    );
    const ordered = Array.from(orderDocuments(vectors, dim), (document) => kinds[document]);
    expect(ordered.filter((kind, i) => i > 0 && kind !== ordered[i - 1])).toHaveLength(1);
    expect([...orderDocuments(new Float32Array(), dim)]).toEqual([]);
    expect(Array.from(orderDocuments(new Float32Array(9 * dim), dim)).sort((a, b) => a - b)).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8,
    ]);
  });
});

describe("texts, places, documents and tokens", () => {
  test("texts come back with their documents and sections", () => {
    const a = { document: 4, url: "/a", title: "A", attributes: "" };
    const b = { document: 5, url: "/b", title: "", attributes: '{"n":1}' };
    const passages = [
      { ...a, path: ["x"], anchor: "x", lang: "en", continues: false, text: "one" },
      { ...a, path: ["x"], anchor: "x", lang: "en", continues: true, text: "two 🐝" },
      { ...a, path: ["x", "y"], anchor: "", lang: "fr", continues: false, text: "" },
      { ...b, path: [], anchor: "b", lang: "", continues: false, text: "z" },
    ];
    for (const some of [passages, passages.slice(1), passages.slice(3)])
      expect(decodeTexts(encodeTexts(some, utf8), utf8)).toEqual(some);
    const unspoken = passages.map((passage) => ({ ...passage, lang: "" }));
    expect(decodeTexts(encodeTexts(unspoken, utf8), utf8)).toEqual(unspoken);
    // Earlier versions wrote what is there without a language, and read no further than that.
    const [bare, whole] = [encodeTexts(unspoken, utf8), encodeTexts(passages, utf8)];
    expect(whole.subarray(0, bare.length)).toEqual(bare);
  });

  test("places and documents count on from where they begin", () => {
    const names = ["00112233aabb", "ffeeddccbbaa", "0123456789ab"];
    const leaves = [
      { continues: [false, true, false, false, true, true, true], texts: names.slice(0, 2), vectors: names[2]! },
      { continues: [false], texts: [names[1]!], vectors: names[0]! },
    ];
    const read = decodePlaces(encodePlaces(leaves, utf8), 100, utf8);
    expect(read.map(({ first, count, texts, vectors }) => [first, count, texts, vectors])).toEqual([
      [100, 7, names.slice(0, 2), names[2]],
      [107, 1, [names[1]], names[0]],
    ]);
    expect(leaves[0]!.continues.map((_, i) => read[0]!.continues(i))).toEqual(leaves[0]!.continues);
    const counts = [3, 0, 5];
    const weights = new Map([[2, 1.5]]);
    const sectionWeights = new Map([
      [1, 0.25],
      [2, 0.25],
      [7, 10],
    ]);
    const list = decodeDocuments(encodeDocuments({ counts, weights, sectionWeights }, utf8), 50, utf8);
    expect([[...list.starts], [...list.weights]]).toEqual([[50, 53, 53, 58], [[2, 1.5]]]);
    expect([...list.sectionWeights]).toEqual([
      [51, 0.25],
      [52, 0.25],
      [57, 10],
    ]);
    // Earlier versions wrote no weights of sections.
    const bare = encodeDocuments({ counts, weights, sectionWeights: new Map() }, utf8);
    expect(encodeDocuments({ counts, weights, sectionWeights }, utf8).subarray(0, bare.length)).toEqual(bare);
    expect(decodeDocuments(bare, 50, utf8).sectionWeights.size).toBe(0);
  });

  test("tokens come back with their rows to the bit", () => {
    const rows = ["#", "##ing", "play", "played"].map((token, i) => ({
      token,
      codes: Uint8Array.of(i, 255 - i),
      scale: Math.fround(0.1 * i),
    }));
    const block = { beginnings: ["p", "pl"], rows };
    expect(decodeTokens(encodeTokens(block, utf8), utf8)).toEqual(block);
  });

  test("bits and names", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean()), (bits) => {
        const packed = packBits(bits);
        expect(bits.map((_, i) => bitAt(packed, i))).toEqual(bits);
      }),
    );
    const bytes = Uint8Array.of(1, 2, 3);
    expect(pieceName(bytes)).toMatch(/^[0-9a-f]{12}$/);
    expect(pieceName(bytes)).not.toBe(pieceName(Uint8Array.of(1, 2, 4)));
    expect(piecePath("0123456789ab")).toBe("pieces/01/23456789ab.bin");
  });
});

describe("hostile bytes", () => {
  test("end in index/format, never in another error, and soon", () => {
    const decoders: ((payload: Uint8Array) => unknown)[] = [
      (payload) => decodeTermBlock(payload, utf8),
      (payload) => decodePostings(payload, utf8),
      (payload) => decodeTexts(payload, utf8),
      (payload) => decodePlaces(payload, 0, utf8),
      (payload) => decodeDocuments(payload, 0, utf8),
      (payload) => decodeTokens(payload, utf8),
      (payload) => decodeLeaf(payload, 256, utf8),
      (payload) => decodeCentroids(payload, utf8),
      (payload) => readKeyList(new PayloadReader(payload, utf8)),
    ];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(decoders.length - 1), (payload, which) => {
        try {
          decoders[which]!(payload);
        } catch (error) {
          expect((error as { code?: string }).code, String(error)).toBe("index/format");
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("a writer's numbers, texts and names are read back in order", () => {
    const writer = new PayloadWriter(utf8);
    writer.number(2 ** 32 - 1);
    writer.text("ü");
    writer.name("0a0b0c0d0e0f");
    const reader = new PayloadReader(writer.finish(), utf8);
    expect([reader.number(), reader.text(), reader.name(), reader.rest().length]).toEqual([
      2 ** 32 - 1,
      "ü",
      "0a0b0c0d0e0f",
      0,
    ]);
  });
});
