import { describe, expect, test } from "vitest";
import { decodeFloat16 } from "../../../../src/core/model/float16.ts";
import { parseSafetensors, readNumbers } from "../../../../src/core/model/safetensors.ts";
import { bytesOf, writeFile, writeSafetensors } from "./safetensors-file.ts";

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const parse = (file: Uint8Array): ReturnType<typeof parseSafetensors> => parseSafetensors(file, decode);

const floats = { dtype: "F32", shape: [2], bytes: bytesOf(Float32Array.of(1.5, -2)) };
const halves = { dtype: "F16", shape: [3], bytes: bytesOf(Uint16Array.of(0x3c00, 0xc000, 0x7bff)) };
const small = { dtype: "I8", shape: [1, 3], bytes: bytesOf(Int8Array.of(-1, 0, 127)) };
const nibbles = { dtype: "U8", shape: [2, 1], bytes: Uint8Array.of(1, 255) };

test.each([1, 2, 8])("tensors are read in their dtype, with a header of a multiple of %i bytes", (align) => {
  const tensors = parse(writeSafetensors({ small, floats, halves, nibbles }, align));
  expect([...tensors.keys()]).toEqual(["small", "floats", "halves", "nibbles"]);
  expect(readNumbers(tensors.get("floats")!)).toEqual(Float32Array.of(1.5, -2));
  expect(readNumbers(tensors.get("halves")!)).toEqual(Float32Array.of(1, -2, 65504));
  expect(readNumbers(tensors.get("small")!)).toEqual(Int8Array.of(-1, 0, 127));
  expect(readNumbers(tensors.get("nibbles")!)).toEqual(Uint8Array.of(1, 255));
  expect(tensors.get("small")!.shape).toEqual([1, 3]);
});

test("a file within a larger buffer is read from where it begins", () => {
  const file = writeSafetensors({ floats });
  const buffer = new Uint8Array(file.length + 20);
  buffer.set(file, 3);
  const tensors = parse(buffer.subarray(3, 3 + file.length));
  expect(readNumbers(tensors.get("floats")!)).toEqual(Float32Array.of(1.5, -2));
});

test("an empty tensor and a file without tensors are read", () => {
  const none = { dtype: "F32", shape: [0, 4], bytes: new Uint8Array() };
  expect(parse(writeSafetensors({ none })).get("none")!.bytes.length).toBe(0);
  expect(parse(writeFile("{}")).size).toBe(0);
});

test("numbers of a dtype that is not read here are refused", () => {
  const doubles = { dtype: "F64", shape: [1], bytes: new Uint8Array(8) };
  const tensor = parse(writeSafetensors({ doubles })).get("doubles")!;
  expect(() => readNumbers(tensor)).toThrow(expect.objectContaining({ code: "model/format" }));
});

test("every half-precision number is decoded", () => {
  const cases: [bits: number, value: number][] = [
    [0x0000, 0],
    [0x8000, -0],
    [0x0001, 2 ** -24],
    [0x03ff, 1023 * 2 ** -24],
    [0x0400, 2 ** -14],
    [0x3555, 0.333251953125],
    [0x3c00, 1],
    [0xfbff, -65504],
    [0x7c00, Number.POSITIVE_INFINITY],
    [0xfc00, Number.NEGATIVE_INFINITY],
    [0x7e00, Number.NaN],
  ];
  expect([...decodeFloat16(Uint16Array.from(cases, ([bits]) => bits))]).toEqual(cases.map(([, value]) => value));
});

describe("a file cut short gives model/truncated", () => {
  const whole = writeSafetensors({ floats, small });
  test.each([0, 7, 8, 20, whole.length - 1])("after %i bytes", (length) => {
    expect(() => parse(whole.subarray(0, length))).toThrow(
      expect.objectContaining({
        name: "ModelError",
        code: "model/truncated",
        details: expect.objectContaining({ bytes: expect.any(Number) as number }) as object,
      }),
    );
  });
});

describe("a file that contradicts itself gives model/format", () => {
  const entry = '{"dtype":"U8","shape":[1],"data_offsets":[0,1]}';
  const long = writeFile("{}");
  new DataView(long.buffer).setUint32(4, 1, true);
  const { dtype, shape, bytes } = floats;
  test.each([
    ["a header of four gigabytes", long],
    ["an empty header", writeFile("")],
    ["a header that is no JSON", writeFile("{nope")],
    ["a header that is a list", writeFile("[1]")],
    ["a header that is null", writeFile("null")],
    ["bytes after the last tensor", writeFile(`{"a":${entry}}`, [new Uint8Array(2)])],
    ["the same name twice", writeFile(`{"a":${entry},"a":${entry}}`, [new Uint8Array(1)])],
    ["overlapping tensors", writeFile(`{"a":${entry},"b":${entry}}`, [new Uint8Array(1)])],
    ["a gap", writeSafetensors({ small, floats: { ...floats, offsets: [4, 12] } })],
    ["no description", writeFile('{"a":null}')],
    ["no offsets", writeFile('{"a":{"dtype":"U8","shape":[0]}}')],
    ["an unknown dtype", writeSafetensors({ floats: { ...floats, dtype: "F4" } })],
    ["a shape larger than its bytes", writeSafetensors({ floats: { dtype, bytes, shape: [3] } })],
    [
      "a shape whose product is beyond all numbers",
      writeSafetensors({ floats: { dtype, bytes, shape: [2 ** 52, 2 ** 52] } }),
    ],
    ["a negative length", writeSafetensors({ floats: { dtype, bytes, shape: [-2] } })],
    ["a length that is no integer", writeSafetensors({ floats: { dtype, bytes, shape: [0.5, 4] } })],
    ["offsets that run backwards", writeSafetensors({ floats: { dtype, shape, bytes, offsets: [8, 0] } })],
    ["offsets that are texts", writeSafetensors({ floats: { dtype, shape, bytes, offsets: ["0", "8"] } })],
  ])("%s", (_what, file) => {
    expect(() => parse(file)).toThrow(expect.objectContaining({ name: "ModelError", code: "model/format" }));
  });
});
