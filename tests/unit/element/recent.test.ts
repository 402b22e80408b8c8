import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { RecentSearches } from "../../../src/element/recent.ts";

const stored = new Map<string, string>();

beforeEach(() => {
  stored.clear();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => stored.set(key, value),
    removeItem: (key: string) => stored.delete(key),
  });
});

afterEach(() => vi.unstubAllGlobals());

describe("recent searches", () => {
  test("are the last five, newest first, each once", () => {
    const recent = new RecentSearches("docs");
    for (const text of ["a", "b", "c", "d", "B", "e", "f"]) recent.add(text);
    expect(recent.read()).toEqual(["f", "e", "B", "d", "c"]);
    expect(new RecentSearches("other").read()).toEqual([]);
  });

  test("are forgotten when asked", () => {
    const recent = new RecentSearches("docs");
    recent.add("a");
    recent.clear();
    expect(recent.read()).toEqual([]);
    expect(stored.size).toBe(0);
  });

  test.each(["not json", '{"a":1}', "null", '[1, null, "a"]'])("are read from %s without an error", (text) => {
    stored.set("inkling:recent:docs", text);
    expect(new RecentSearches("docs").read()).toEqual(text.includes('"a"]') ? ["a"] : []);
  });

  test("are none where storage is forbidden", () => {
    vi.stubGlobal("localStorage", undefined);
    const recent = new RecentSearches("docs");
    recent.add("a");
    recent.clear();
    expect(recent.read()).toEqual([]);
  });
});
