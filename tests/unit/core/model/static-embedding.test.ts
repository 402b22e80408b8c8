import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createEmbeddingTable, type EmbeddingTable } from "../../../../src/core/model/embedding-table.ts";
import { parseSafetensors } from "../../../../src/core/model/safetensors.ts";
import { createStaticEmbedding, PLAIN_WEIGHTS } from "../../../../src/core/model/static-embedding.ts";
import { bytesOf, type TensorToWrite, writeSafetensors } from "./safetensors-file.ts";

function tableOf(tensors: Record<string, TensorToWrite>): EmbeddingTable {
  return createEmbeddingTable(parseSafetensors(writeSafetensors(tensors), (bytes) => new TextDecoder().decode(bytes)));
}

function rowsOf(table: EmbeddingTable): number[][] {
  return Array.from({ length: table.rows }, (_value, row) => {
    const sum = new Float64Array(table.dim);
    table.addRow(row, sum);
    return [...sum];
  });
}

const nibbles = { dtype: "U8", shape: [2, 2], bytes: Uint8Array.of(0x10, 0x32, 0xfe, 0x08) };
const int8 = { dtype: "I8", shape: [2, 3], bytes: bytesOf(Int8Array.of(1, -2, 3, -128, 0, 127)) };
const f32 = { dtype: "F32", shape: [2, 2], bytes: bytesOf(Float32Array.of(0.5, -1, 2, 4)) };
const f16 = { dtype: "F16", shape: [1, 2], bytes: bytesOf(Uint16Array.of(0x3c00, 0xb800)) };
const scales16 = { dtype: "F16", shape: [2], bytes: bytesOf(Uint16Array.of(0x3800, 0x4000)) };
const scales32 = { dtype: "F32", shape: [2], bytes: bytesOf(Float32Array.of(10, 100)) };
const codebook = {
  dtype: "F32",
  shape: [16],
  bytes: bytesOf(Float32Array.from({ length: 16 }, (_value, code) => code * code)),
};

describe("every layout of the table is read", () => {
  const cases: [string, Record<string, TensorToWrite>, number[][]][] = [
    [
      "4-bit codes: low nibble first, code - 8",
      { embeddings: nibbles },
      [
        [-8, -7, -6, -5],
        [6, 7, 0, -8],
      ],
    ],
    [
      "4-bit codes with a codebook",
      { embeddings: nibbles, codebook },
      [
        [0, 1, 4, 9],
        [196, 225, 64, 0],
      ],
    ],
    [
      "4-bit codes with scales",
      { embeddings: nibbles, codebook, scales: scales16 },
      [
        [0, 0.5, 2, 4.5],
        [392, 450, 128, 0],
      ],
    ],
    [
      "8-bit codes",
      { embeddings: int8 },
      [
        [1, -2, 3],
        [-128, 0, 127],
      ],
    ],
    [
      "8-bit codes with scales",
      { embeddings: int8, scales: scales32 },
      [
        [10, -20, 30],
        [-12_800, 0, 12_700],
      ],
    ],
    [
      "floats",
      { embeddings: f32 },
      [
        [0.5, -1],
        [2, 4],
      ],
    ],
    [
      "floats with scales",
      { embeddings: f32, scales: scales16 },
      [
        [0.25, -0.5],
        [4, 8],
      ],
    ],
    ["half floats", { embeddings: f16 }, [[1, -0.5]]],
  ];
  test.each(cases)("%s", (_what, tensors, rows) => {
    expect(rowsOf(tableOf(tensors))).toEqual(rows);
  });
});

test("the table of a model2vec folder is read: 8-bit codes and nothing else", (context) => {
  const potion = new URL("../../../../../shared/peers/potion-base-4M-int8/model.safetensors", import.meta.url);
  if (!existsSync(potion)) context.skip("../shared/peers/potion-base-4M-int8 is not here");
  const tensors = parseSafetensors(readFileSync(potion), (bytes) => new TextDecoder().decode(bytes));
  const table = createEmbeddingTable(tensors);
  expect([table.rows, table.dim]).toEqual([29_528, 128]);
  const sum = new Float64Array(128);
  table.addRow(29_527, sum);
  expect(sum.every((value) => Number.isInteger(value) && Math.abs(value) <= 128) && sum.some(Boolean)).toBe(true);
});

describe("a table that would give wrong vectors is refused", () => {
  const floats = (shape: number[], ...numbers: number[]): TensorToWrite => {
    return { dtype: "F32", shape, bytes: bytesOf(Float32Array.from(numbers)) };
  };
  test.each<[string, Record<string, TensorToWrite>]>([
    ["no embeddings", { weights: f32 }],
    ["embeddings in one dimension", { embeddings: scales32 }],
    ["scales for fewer rows", { embeddings: f32, scales: floats([1], 1) }],
    ["scales in two dimensions", { embeddings: f32, scales: floats([2, 1], 1, 1) }],
    ["scales of integers", { embeddings: f32, scales: { dtype: "I8", shape: [2], bytes: new Uint8Array(2) } }],
    ["a scale that is no number", { embeddings: int8, scales: floats([2], 1, Number.NaN) }],
    ["an infinite scale", { embeddings: int8, scales: floats([2], Number.POSITIVE_INFINITY, 1) }],
    ["a number that is none", { embeddings: floats([1, 2], Number.NaN, 1) }],
    ["a codebook of eight", { embeddings: nibbles, codebook: floats([8], 0, 1, 2, 3, 4, 5, 6, 7) }],
  ])("%s", (_what, tensors) => {
    expect(() => tableOf(tensors)).toThrow(expect.objectContaining({ name: "ModelError", code: "model/format" }));
  });
});

describe("a static embedding", () => {
  const table = tableOf({ embeddings: int8 });

  function weightedRows(rows: readonly number[], shares: readonly number[]): number[] {
    const decoded = rowsOf(table);
    return decoded[0]!.map((_value, at) =>
      rows.reduce((sum, row, place) => sum + decoded[row]![at]! * shares[place]!, 0),
    );
  }

  function cosineOf(a: readonly number[], b: readonly number[]): number {
    return a.reduce((sum, value, at) => sum + value * b[at]!, 0) / (Math.hypot(...a) * Math.hypot(...b));
  }

  function expectUnit(found: Float32Array, direction: readonly number[]): void {
    const length = Math.hypot(...direction);
    direction.forEach((value, at) => expect(found[at]).toBeCloseTo(value / length, 5));
  }

  test("is the sum of the rows at length 1", () => {
    const into = new Float32Array(3);
    createStaticEmbedding(tableOf({ embeddings: f32 }), 2, new Set()).embed(Int32Array.of(0, 1, 1), "query", into, 1);
    const length = Math.hypot(4.5, 7);
    expect([...into]).toEqual([0, Math.fround(4.5 / length), Math.fround(7 / length)]);
  });

  test("of no token, or of silent ones only, is zero, whatever stood there", () => {
    const embedding = createStaticEmbedding(table, 3, new Set([1]));
    for (const ids of [[], [1], [1, 1]]) {
      const into = Float32Array.of(9, 9, 9);
      embedding.embed(Int32Array.from(ids), "query", into, 0);
      expect(into).toEqual(new Float32Array(3));
    }
  });

  test("of rows that cancel out is zero, not NaN", () => {
    const opposite = { dtype: "I8", shape: [2, 1], bytes: bytesOf(Int8Array.of(5, -5)) };
    const into = new Float32Array(1);
    createStaticEmbedding(tableOf({ embeddings: opposite }), 1, new Set()).embed(Int32Array.of(0, 1), "query", into, 0);
    expect(into).toEqual(new Float32Array(1));
  });

  test("does not read silent tokens", () => {
    const [with0, without0] = [new Float32Array(3), new Float32Array(3)];
    createStaticEmbedding(table, 3, new Set([1])).embed(Int32Array.of(0, 1), "query", with0, 0);
    createStaticEmbedding(table, 3, new Set()).embed(Int32Array.of(0), "query", without0, 0);
    expect(with0).toEqual(without0);
  });

  test("counts a token that stands n times as n to the power, whatever the order, and leaves the ids alone", () => {
    const [found, expected] = [new Float32Array(3), new Float32Array(3)];
    const ids = Int32Array.of(1, 0, 1, 1, 1);
    createStaticEmbedding(table, 3, new Set(), { ...PLAIN_WEIGHTS, frequencyPower: 0.5 }).embed(ids, "query", found, 0);
    createStaticEmbedding(table, 3, new Set()).embed(Int32Array.of(0, 1, 1), "query", expected, 0);
    expect(found).toEqual(expected);
    expect([...ids]).toEqual([1, 0, 1, 1, 1]);
  });

  test("lets the first tokens of a document count more, but not those of a query", () => {
    const weights = { ...PLAIN_WEIGHTS, leadWeight: 1, leadTokens: 2 };
    const embedding = createStaticEmbedding(table, 3, new Set(), weights);
    const [query, document, plain] = [new Float32Array(3), new Float32Array(3), new Float32Array(3)];
    embedding.embed(Int32Array.of(0, 1, 1), "query", query, 0);
    embedding.embed(Int32Array.of(0, 1, 1), "document", document, 0);
    createStaticEmbedding(table, 3, new Set()).embed(Int32Array.of(0, 1, 1), "document", plain, 0);
    expect(query).toEqual(plain);
    const shares = [2, 1 + Math.exp(-1 / 2) + 1 + Math.exp(-2 / 2)];
    expectUnit(document, weightedRows([0, 1], shares));
  });

  test("lets tokens that point where the text points count less", () => {
    const embedding = createStaticEmbedding(table, 3, new Set(), { ...PLAIN_WEIGHTS, contextDamping: 2 });
    const found = new Float32Array(3);
    embedding.embed(Int32Array.of(0, 0, 1), "query", found, 0);
    const context = weightedRows([0, 1], [2, 1]);
    const shares = [0, 1].map((row, at) => [2, 1][at]! * Math.exp(-2 * cosineOf(weightedRows([row], [1]), context)));
    expectUnit(found, weightedRows([0, 1], shares));
  });

  test("with damping, a prefix is the beginning of the whole vector at length 1", () => {
    const weights = { ...PLAIN_WEIGHTS, contextDamping: 1 };
    const [whole, prefix] = [new Float32Array(3), new Float32Array(2)];
    createStaticEmbedding(table, 3, new Set(), weights).embed(Int32Array.of(0, 1, 1), "query", whole, 0);
    createStaticEmbedding(table, 2, new Set(), weights).embed(Int32Array.of(0, 1, 1), "query", prefix, 0);
    expectUnit(prefix, [...whole.subarray(0, 2)]);
  });

  test("one text leaves nothing behind for the next", () => {
    const embedding = createStaticEmbedding(table, 3, new Set(), {
      ...PLAIN_WEIGHTS,
      frequencyPower: 0.5,
      contextDamping: 1,
    });
    const [first, again] = [new Float32Array(3), new Float32Array(3)];
    embedding.embed(Int32Array.of(0, 1, 1), "document", first, 0);
    embedding.embed(Int32Array.of(1, 1, 1), "document", again, 0);
    embedding.embed(Int32Array.of(0, 1, 1), "document", again, 0);
    expect(again).toEqual(first);
  });

  test("equals a plain sum over decoded rows, for any codes, dim and tokens", () => {
    const byte = fc.integer({ min: 0, max: 255 });
    const scenario = fc.record({
      codes: fc.array(byte, { minLength: 40, maxLength: 40 }),
      dim: fc.integer({ min: 1, max: 8 }),
      ids: fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 30 }),
    });
    fc.assert(
      fc.property(scenario, ({ codes, dim, ids }) => {
        const embeddings = { dtype: "U8", shape: [10, 4], bytes: Uint8Array.from(codes) };
        const into = new Float32Array(dim);
        createStaticEmbedding(tableOf({ embeddings, codebook }), dim, new Set()).embed(
          Int32Array.from(ids),
          "query",
          into,
          0,
        );
        const expected = naiveEmbedding(codes, dim, ids);
        expected.forEach((value, at) => expect(into[at]).toBeCloseTo(value, 6));
      }),
    );
  });
});

function naiveEmbedding(codes: readonly number[], dim: number, ids: readonly number[]): number[] {
  const sum = Array.from({ length: dim }, (_value, at) => {
    const values = ids.map((id) => {
      const byte = codes[id * 4 + Math.floor(at / 2)]!;
      return (at % 2 === 0 ? byte % 16 : Math.floor(byte / 16)) ** 2;
    });
    return values.reduce((total, value) => total + value, 0);
  });
  const length = Math.hypot(...sum);
  return sum.map((value) => (length === 0 ? 0 : value / length));
}
