import { describe, expect, test } from "vitest";
import { asSendError, sendLength, toPlainDocuments } from "../../src/plain-document.ts";
import type { Document } from "../../src/types.ts";

/** As frameworks wrap state: every object that is read out of a proxy is a proxy itself. */
function wrapDeep<Value extends object>(value: Value): Value {
  return new Proxy(value, {
    get: (target, name) => {
      const found: unknown = Reflect.get(target, name);
      return typeof found === "object" && found !== null ? wrapDeep(found) : found;
    },
  });
}

const page: Document = {
  url: "/a",
  title: "A",
  attributes: { tags: ["x", "y"], count: 2 },
  sections: [{ heading: "H", level: 2, anchor: "h", weight: 0.5, lang: "fr", text: "Text." }],
};

describe("plain copies of documents", () => {
  test("a document wrapped in proxies can be cloned, and says the same", () => {
    const wrapped = wrapDeep([page]);
    expect(() => structuredClone(wrapped)).toThrow();
    expect(structuredClone(toPlainDocuments(wrapped))).toEqual([page]);
  });

  test("fields that are not ours stay behind", () => {
    const [plain] = toPlainDocuments([{ url: "/a", text: "b", onClick: () => {} } as unknown as Document]);
    expect(plain).toEqual({ url: "/a", text: "b" });
  });

  test("values of a wrong type are kept for the worker to name", () => {
    const odd = [null, "x", { url: 3, text: "t" }, { url: "/a", sections: "x" }, { url: "/a", sections: [null, "y"] }];
    expect(toPlainDocuments(odd as unknown as Document[])).toEqual(odd);
  });

  test("an attribute named __proto__ is a name like any other", () => {
    const attributes = JSON.parse('{"__proto__": "p", "a": 1}') as Record<string, string>;
    const [plain] = toPlainDocuments([{ url: "/a", text: "b", attributes }]);
    expect(Object.entries(plain!.attributes!)).toEqual([
      ["__proto__", "p"],
      ["a", 1],
    ]);
  });

  test("what cannot be cloned becomes an error with a remedy", () => {
    const documents = toPlainDocuments([{ url: "/a", text: "b", attributes: { f: () => {} } } as unknown as Document]);
    let thrown: unknown;
    try {
      structuredClone(documents);
    } catch (error) {
      thrown = asSendError(error);
    }
    expect(thrown).toMatchObject({ name: "InvalidArgumentError", code: "argument/not-plain" });
    const other = new Error("other");
    expect(asSendError(other)).toBe(other);
  });

  test("the length of a document counts its text and something for each object", () => {
    expect(sendLength({ url: "/a", text: "x".repeat(1000) })).toBe(1200);
    expect(sendLength(page)).toBe(405);
    expect([null, 3, { url: "/a" }].map((odd) => sendLength(odd as unknown as Document))).toEqual([200, 200, 200]);
  });
});
