import { afterEach, describe, expect, test, vi } from "vitest";
import { loadPart } from "../../../src/promises.ts";
import { hashSha256 } from "../../../worker/sha256.ts";

afterEach(() => void vi.unstubAllGlobals());

/** Of FIPS 180-4's examples, and of nothing. */
const known: readonly [text: string, hash: string][] = [
  ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  ["a".repeat(1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"],
];

describe("SHA-256", () => {
  test.each([
    ["the platform's", globalThis.crypto],
    ["the library's, where a page of plain http has no crypto.subtle", {}],
    ["the library's, where there is no crypto at all", undefined],
  ])("is as the standard says: %s", async (_, crypto) => {
    vi.stubGlobal("crypto", crypto);
    for (const [text, hash] of known) expect(await hashSha256(new TextEncoder().encode(text))).toBe(hash);
  });

  test("is of a view's bytes alone, not of the memory around them", async () => {
    const bytes = new TextEncoder().encode("xxabcxx").subarray(2, 5);
    expect(await hashSha256(bytes)).toBe(known[1]![1]);
  });
});

test("a part of the worker that cannot be loaded is an error with a remedy", async () => {
  const failure = new TypeError("Failed to fetch dynamically imported module: https://example.org/worker-filter.js");
  await expect(loadPart(Promise.reject(failure))).rejects.toMatchObject({
    code: "library/part",
    cause: failure,
    message: expect.stringMatching(/Serve all files of its folder.*worker-filter\.js/) as string,
  });
});
