import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { matchesShortcut, parseShortcuts, showShortcut } from "../../../src/element/shortcut.ts";

describe("parseShortcuts", () => {
  test.each<[string | null, { key: string; mod: boolean }[]]>([
    [
      null,
      [
        { key: "k", mod: true },
        { key: "/", mod: false },
      ],
    ],
    ["mod+j", [{ key: "j", mod: true }]],
    [
      "MOD+K, ?",
      [
        { key: "k", mod: true },
        { key: "?", mod: false },
      ],
    ],
    ["none", []],
    ["", []],
    ["mod+", []],
    ["ctrl+shift+f escape", []],
    ["é", [{ key: "é", mod: false }]],
  ])("of %j are %j", (text, expected) => {
    expect(parseShortcuts(text)).toEqual(expected);
  });
});

describe("showShortcut", () => {
  afterEach(() => vi.unstubAllGlobals());

  test.each([
    ["MacIntel", "⌘K"],
    ["iPad", "⌘K"],
    ["Win32", "Ctrl K"],
    ["Linux x86_64", "Ctrl K"],
  ])("on %s is %s", (platform, shown) => {
    vi.stubGlobal("navigator", { platform });
    expect(showShortcut({ key: "k", mod: true })).toBe(shown);
    expect(showShortcut({ key: "/", mod: false })).toBe("/");
  });
});

describe("matchesShortcut", () => {
  class FakeElement {
    readonly #isField: boolean;
    constructor(isField: boolean) {
      this.#isField = isField;
    }
    closest(): FakeElement | null {
      return this.#isField ? this : null;
    }
  }

  beforeEach(() => vi.stubGlobal("Element", FakeElement));
  afterEach(() => vi.unstubAllGlobals());

  const press = (key: string, more: Partial<KeyboardEvent> = {}, isField = false): boolean => {
    const event = { key, defaultPrevented: false, isComposing: false, altKey: false, ctrlKey: false, metaKey: false };
    const path = { composedPath: () => [new FakeElement(isField)] };
    return matchesShortcut({ ...event, ...path, ...more } as unknown as KeyboardEvent, parseShortcuts(null));
  };

  test.each<[string, boolean, Parameters<typeof press>]>([
    ["a plain slash", true, ["/"]],
    ["a slash that needs Shift", true, ["/", { shiftKey: true }]],
    ["a slash in a field", false, ["/", {}, true]],
    ["a slash with Ctrl", false, ["/", { ctrlKey: true }]],
    ["a slash that writes with another key", false, ["/", { isComposing: true }]],
    ["a slash the page has taken", false, ["/", { defaultPrevented: true }]],
    ["K alone", false, ["k"]],
  ])("%s: %s", (_, expected, pressed) => {
    expect(press(...pressed)).toBe(expected);
  });

  test("Ctrl+K and Cmd+K match in a field too, Alt+K nowhere", () => {
    expect(press("k", { ctrlKey: true }, true)).toBe(true);
    expect(press("K", { metaKey: true })).toBe(true);
    expect(press("k", { ctrlKey: true, altKey: true })).toBe(false);
  });
});
