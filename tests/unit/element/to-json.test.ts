import { afterEach, expect, test } from "vitest";
import { toJson } from "../../../src/element/to-json.ts";

const prototype = Array.prototype as { toJSON?: unknown };

afterEach(() => {
  delete prototype.toJSON;
});

test("arrays are written as arrays, whatever an old library has made of them", () => {
  Object.defineProperty(Array.prototype, "toJSON", { value: () => "hostile", configurable: true });
  expect(toJson({ a: [1, ["b", { c: [] }]], d: new Date(0) })).toBe(
    '{"a":[1,["b",{"c":[]}]],"d":"1970-01-01T00:00:00.000Z"}',
  );
  expect(toJson(["x"])).toBe('["x"]');
});
