import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readTable } from "../../src/core/filter/attribute-table.ts";
import { hasBit } from "../../src/core/filter/bitset.ts";
import { filterSegments, planFilter } from "../../src/core/filter/filter-segments.ts";
import type { Attributes, AttributeScalar, Document, SearchMode, Where } from "../../src/types.ts";
import type { Engine } from "../../worker/engine.ts";
import { makeEngine } from "../unit/worker/engine-kit.ts";
import { makeReader } from "./make-reader.ts";

/** What a condition means, said once more without columns, codes or bits. */
function holds(where: Where, attributes: Attributes): boolean {
  return Object.entries(where).every(([name, wanted]) => {
    if (name === "and") return (wanted as Where[]).every((part) => holds(part, attributes));
    if (name === "or") return (wanted as Where[]).some((part) => holds(part, attributes));
    if (name === "not") return !holds(wanted as Where, attributes);
    const values = [attributes[name] ?? []].flat() as AttributeScalar[];
    if (typeof wanted !== "object") return values.includes(wanted as AttributeScalar);
    const {
      in: list,
      gte = -Infinity,
      lt = Infinity,
    } = wanted as { in?: AttributeScalar[]; gte?: number; lt?: number };
    if (list !== undefined) return values.some((value) => list.includes(value));
    return values.some((value) => (value as number) >= gte && (value as number) < lt);
  });
}

const tag = fc.constantFrom("a", "b", "c", "ß", "constructor");
const attributes = fc.record(
  {
    tag,
    tags: fc.array(tag, { maxLength: 3 }),
    size: fc.integer({ min: -3, max: 3 }),
    sizes: fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 3 }),
    isNew: fc.boolean(),
  },
  { requiredKeys: [] },
);
const range = fc.record(
  { gte: fc.integer({ min: -4, max: 4 }), lt: fc.integer({ min: -4, max: 4 }) },
  { requiredKeys: ["gte"] },
);
const leaf: fc.Arbitrary<Where> = fc.oneof(
  fc.record({ tag: fc.oneof(tag, fc.record({ in: fc.array(tag, { maxLength: 3 }) })) }),
  fc.record({ tags: tag, isNew: fc.boolean() }),
  fc.record({ size: fc.oneof(range, fc.integer({ min: -3, max: 3 })) }),
  fc.record({ sizes: range }),
);
const where = fc.letrec<{ tree: Where }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.record({ and: fc.array(tie("tree"), { maxLength: 3 }) }),
    fc.record({ or: fc.array(tie("tree"), { maxLength: 3 }) }),
    fc.record({ not: tie("tree") }),
  ) as fc.Arbitrary<Where>,
})).tree;

/** Has every attribute, so that no condition names one that is not there. */
const full: Attributes = { tag: "z", tags: ["z"], size: 99, sizes: [99], isNew: true };

test("documents that fit are those of the plain definition, however they are spread over segments", () => {
  fc.assert(
    fc.property(fc.array(attributes, { maxLength: 40 }), where, fc.nat(), (list, condition, seed) => {
      const all = [full, ...list];
      const documents = all.map((each, i): Document => ({ url: `${i}`, text: "x", attributes: each as Attributes }));
      const cut = 1 + (seed % documents.length);
      const parts = [documents.slice(0, cut), documents.slice(cut)].filter((part) => part.length > 0);
      const { allowed } = filterSegments(
        planFilter({ where: condition }),
        parts.map((part) => readTable(makeReader(part))),
      );
      const found = parts.flatMap((part, i) => part.filter((_, document) => hasBit(allowed![i]!, document)));
      const expected = documents.filter((document) => holds(condition, document.attributes!));
      expect(found.map(({ url }) => url)).toEqual(expected.map(({ url }) => url));
    }),
    { numRuns: 300 },
  );
});

describe("under a filter", () => {
  const folder = fileURLToPath(new URL("../../docs/", import.meta.url));
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".md"));
  const sentences = names
    .toSorted()
    .flatMap((name) => readFileSync(folder + name, "utf8").split(/(?<=[.?:])\s+|\n+/))
    .filter((sentence) => sentence.length > 20);
  const count = sentences.length;
  /** Scatters the sentences, so that a filter takes them from everywhere. */
  const rankOf = (i: number): number => (i * 7919) % count;
  const documents = sentences.map((text, i): Document => {
    const isLong = i % 11 === 0;
    const sections = [{ text }, { heading: "More", text: sentences[(i * 31 + 5) % count]! }];
    const attributes = { rank: rankOf(i), isLong };
    return { url: `s/${i}`, attributes, ...(isLong ? { sections } : { text }) };
  });
  const questions = [
    "how do I keep the index offline",
    "vectors of another model",
    "worker.js",
    "a date that does not exist",
    "the",
  ];
  let engine: Engine;

  beforeAll(async () => {
    engine = await makeEngine();
    await engine.add(documents);
    await engine.remove(documents.filter((_, i) => i % 50 === 7).map(({ url }) => url));
  }, 120_000);
  afterAll(() => engine?.close());

  const live = (i: number): boolean => i % 50 !== 7;

  test("there is enough text for one in a thousand", () => {
    expect(count).toBeGreaterThan(1000);
    expect(new Set(sentences.map((_, i) => rankOf(i))).size).toBe(count);
  });

  for (const mode of ["words", "dense", "hybrid"] as const satisfies readonly SearchMode[]) {
    test.each([0.001, 0.01, 0.1, 1])(
      `${mode} finds what is left of the whole ranking, at a share of %d`,
      async (share) => {
        const limit = Math.ceil(count * share);
        for (const question of questions) {
          const whole = await engine.query(question, { mode, limit: count });
          const expected = whole.hits.filter(({ attributes }) => (attributes["rank"] as number) < limit);
          const answer = await engine.query(question, {
            mode,
            limit: count,
            where: { rank: { lt: limit } },
            facets: ["isLong"],
          });
          expect(answer.hits.map(({ url, score }) => [url, score])).toEqual(
            expected.map(({ url, score }) => [url, score]),
          );
          const matching = documents.filter((_, i) => rankOf(i) < limit && live(i));
          const longOnes = matching.filter((_, i) => matching[i]!.attributes!["isLong"] === true).length;
          expect(answer.facets["isLong"]!.reduce((sum, each) => sum + each.count, 0)).toBe(matching.length);
          expect(answer.facets["isLong"]!.find(({ value }) => value === true)?.count ?? 0).toBe(longOnes);
        }
      },
    );

    test.each([0.001, 0.01, 0.1, 1])(
      `${mode} finds the same best ten as with all candidates, at a share of %d`,
      async (share) => {
        const isSimple = { isLong: false, rank: { lt: Math.ceil(count * share) } };
        for (const question of questions) {
          const all = await engine.query(question, { mode, where: isSimple, limit: count });
          const ten = await engine.query(question, { mode, where: isSimple });
          expect(ten.hits).toEqual(all.hits.slice(0, 10));
        }
      },
    );
  }
});
