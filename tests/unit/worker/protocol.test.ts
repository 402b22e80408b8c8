import { transferHandlers } from "comlink";
import { beforeAll, describe, expect, test } from "vitest";
import { errorClasses, SearchError } from "../../../src/errors.ts";
import { installErrorTransfer } from "../../../src/protocol.ts";

beforeAll(installErrorTransfer);

/** What the other side of a worker boundary gets of something thrown. */
function cross(value: unknown): Error & { code?: string; details?: object } {
  const handler = transferHandlers.get("throw")!;
  const thrown = { value, [[...Object.getOwnPropertySymbols(value as object)][0] ?? ""]: true };
  const [wire] = handler.serialize(thrown);
  try {
    handler.deserialize(structuredClone(wire));
  } catch (error) {
    return error as Error;
  }
  throw new Error("Nothing was thrown on the other side.");
}

describe("an error across the wire", () => {
  for (const [name, ErrorClass] of Object.entries(errorClasses)) {
    test(`${name} keeps class, code, message, details, cause and stack`, () => {
      const error = new ErrorClass(
        "storage/quota",
        "Full: ✗ найдено 5",
        { usage: 5, known: null },
        new TypeError("deep"),
      );
      const found = cross(error);
      expect(found).toBeInstanceOf(ErrorClass);
      expect(found).toMatchObject({
        name,
        code: "storage/quota",
        message: error.message,
        details: { usage: 5, known: null },
      });
      expect(found.cause).toMatchObject({ name: "TypeError", message: "deep" });
      expect(found.stack).toBe(error.stack);
    });
  }

  test("of a part of the worker, which has a class of its own, is one of ours by its name", () => {
    class InvalidArgumentError extends Error {
      override readonly name = "InvalidArgumentError";
      readonly code = "argument/where";
      readonly details = { attribute: "colour" };
    }
    const found = cross(new InvalidArgumentError("no such attribute"));
    expect(found).toBeInstanceOf(errorClasses["InvalidArgumentError"]);
    expect(found).toMatchObject({
      code: "argument/where",
      message: "no such attribute",
      details: { attribute: "colour" },
    });
    expect(cross(Object.assign(new Error("x"), { name: "ModelError" }))).not.toBeInstanceOf(SearchError);
  });

  test("of another kind keeps name and message and is no SearchError", () => {
    const found = cross(new DOMException("stop", "AbortError"));
    expect(found).toMatchObject({ name: "AbortError", message: "stop" });
    expect(found).not.toBeInstanceOf(SearchError);
  });

  test("that is no error at all becomes one, with its text", () => {
    for (const value of [Object("text"), { toString: () => "text" }]) expect(cross(value).message).toBe("text");
  });

  test("whose cause is no error keeps the cause's text", () => {
    expect(cross(new SearchError("search/closed", "x", {}, "because")).cause).toMatchObject({ message: "because" });
    expect(cross(new SearchError("search/closed", "x")).cause).toBeUndefined();
  });
});
