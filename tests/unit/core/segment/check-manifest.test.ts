import { describe, expect, test } from "vitest";
import { IndexFormatError } from "../../../../src/errors.ts";
import { blocksOf, checkManifest, emptyManifest } from "../../../../src/core/segment/check-manifest.ts";
import type { Manifest } from "../../../../src/core/segment/manifest.ts";

const block = (name: string): object => ({ name, bytes: 8, checksum: 1 });

function makeManifest(): Record<string, unknown> {
  return {
    format: 1,
    analysis: emptyManifest.analysis,
    generation: 4,
    segments: [
      {
        id: "a",
        documents: 1,
        passages: 2,
        fieldLengths: [1, 0, 9],
        blocks: {
          documents: block("a/documents"),
          passages: block("a/passages"),
          terms: block("a/terms"),
          postings: block("a/postings"),
          text: [block("a/text-0"), block("a/text-1")],
        },
        vectors: { model: "m@1/8", block: block("a/vectors") },
        tombstones: block("a/tombstones"),
        otherVectors: [{ model: "n@1/4", block: block("a/vectors-3") }],
        partialVectors: { model: "o@1/4", passages: 1, blocks: [block("a/part-4")] },
      },
    ],
  };
}

/** Every way to a value inside, as keys. */
function paths(value: unknown, at: readonly string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [[...at, key], ...paths(inner, [...at, key])]);
}

function withValue(path: readonly string[], change: (owner: Record<string, unknown>, key: string) => void): unknown {
  const manifest = makeManifest();
  let owner = manifest;
  for (const key of path.slice(0, -1)) owner = owner[key] as Record<string, unknown>;
  change(owner, path.at(-1)!);
  return manifest;
}

function codeOf(stored: unknown): string {
  try {
    checkManifest(stored);
    return "accepted";
  } catch (error) {
    return error instanceof IndexFormatError ? error.code : `crash: ${String(error)}`;
  }
}

test("a whole manifest is accepted as it is, without vectors or tombstones, too", () => {
  expect(checkManifest(makeManifest())).toEqual(makeManifest());
  expect(codeOf(withValue(["segments", "0", "vectors"], (owner, key) => (owner[key] = null)))).toBe("accepted");
  expect(codeOf(withValue(["segments", "0", "tombstones"], (owner, key) => (owner[key] = null)))).toBe("accepted");
  expect(codeOf(withValue(["segments", "0", "otherVectors"], (owner, key) => delete owner[key]))).toBe("accepted");
  expect(codeOf(withValue(["segments", "0", "partialVectors"], (owner, key) => delete owner[key]))).toBe("accepted");
});

test("where nothing is stored, the manifest is empty", () => {
  expect(checkManifest(undefined)).toEqual(emptyManifest);
});

test("all blocks of a segment are listed, each once", () => {
  const [segment] = (makeManifest() as unknown as Manifest).segments;
  expect(
    blocksOf(segment!)
      .map(({ name }) => name.slice(2))
      .toSorted(),
  ).toEqual([
    "documents",
    "part-4",
    "passages",
    "postings",
    "terms",
    "text-0",
    "text-1",
    "tombstones",
    "vectors",
    "vectors-3",
  ]);
});

describe("damage is named index/format and never a crash", () => {
  const optional = new Set([
    "segments.0",
    "segments.0.blocks.text.0",
    "segments.0.blocks.text.1",
    "segments.0.otherVectors",
    "segments.0.otherVectors.0",
    "segments.0.partialVectors",
    "segments.0.partialVectors.blocks.0",
  ]);
  const absent = new Set(["segments.0.otherVectors", "segments.0.partialVectors"]);
  const lists = new Set(["segments", "text", "otherVectors", "blocks"]);
  for (const path of paths(makeManifest())) {
    const name = path.join(".");
    if (!optional.has(name))
      test(`${name} is missing`, () => {
        expect(codeOf(withValue(path, (owner, key) => delete owner[key]))).toBe("index/format");
      });

    test(`${name} is something else`, () => {
      const isText =
        typeof path.reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], makeManifest()) ===
        "string";
      const isNullable = name === "segments.0.vectors" || name === "segments.0.tombstones";
      for (const wrong of [undefined, null, -1, 1.5, Number.NaN, true, [], {}, "text"]) {
        if ((wrong === "text" && isText) || (wrong === null && isNullable)) continue;
        if (wrong === undefined && absent.has(name)) continue;
        if (Array.isArray(wrong) && lists.has(path.at(-1)!) && name !== "segments.0.blocks") continue;
        expect(codeOf(withValue(path, (owner, key) => (owner[key] = wrong))), JSON.stringify(wrong)).toBe(
          "index/format",
        );
      }
    });
  }

  for (const stored of [null, 1, "text", [], true, {}, { format: 1 }, { segments: [] }]) {
    test(`${JSON.stringify(stored)} instead of a manifest`, () => expect(codeOf(stored)).toBe("index/format"));
  }
});

test("a newer format or newer analysis is refused as newer, whatever else is in it", () => {
  expect(codeOf({ format: 2, analysis: 1 })).toBe("index/newer-format");
  expect(codeOf({ ...makeManifest(), format: 2, segments: "of another kind" })).toBe("index/newer-format");
  expect(codeOf({ ...makeManifest(), analysis: emptyManifest.analysis + 1 })).toBe("index/newer-format");
});

test("an older analysis cannot be searched", () => {
  expect(codeOf({ ...makeManifest(), analysis: emptyManifest.analysis - 1 })).toBe("index/format");
});
