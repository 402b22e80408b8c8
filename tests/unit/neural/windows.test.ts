import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cutIntoWindows, findFrame, maxWindows, type Tokenizer } from "../../../neural/windows.ts";

/** One id per character, its code; 1 and 2 around a text; 0 for what is not ASCII. */
const characters: Tokenizer = {
  unknownId: 0,
  encode: (text, special) => {
    const ids = Array.from(text, (character) => (character.charCodeAt(0) < 128 ? character.charCodeAt(0) : 0));
    return special ? [1, ...ids, 2] : ids;
  },
};
const frame = findFrame(characters);
const textOf = (ids: readonly number[]): string => String.fromCharCode(...ids);

describe("the frame", () => {
  test("is what a tokenizer puts around a text", () => {
    expect(frame).toEqual({ prefix: [1], suffix: [2] });
    const onlyFirst: Tokenizer = { unknownId: -1, encode: (_, special) => (special ? [7, 5] : [5]) };
    expect(findFrame(onlyFirst)).toEqual({ prefix: [7], suffix: [] });
  });

  test.each([
    ["gives other ids with special tokens", (special: boolean) => (special ? [1, 9, 2] : [5])],
    ["gives nothing", () => []],
  ])("of a tokenizer that %s is an error", (_, ids) => {
    expect(() => findFrame({ unknownId: -1, encode: (_text, special) => ids(special) })).toThrow(/tokenizer/);
  });
});

describe("a text", () => {
  test("that fits is one window, with prompt and text as one string", () => {
    const { windows, coverage, truncated } = cutIntoWindows(characters, frame, "q: ", "hello", 32);
    expect(windows.map(({ ids, weight, head }) => [textOf(ids), weight, head])).toEqual([
      ["\u0001q: hello\u0002", 5, 4],
    ]);
    expect([coverage, truncated]).toEqual([1, false]);
  });

  test("without a token has no coverage, also behind a prompt", () => {
    expect(cutIntoWindows(characters, frame, "q: ", "", 32)).toMatchObject({ coverage: 0, truncated: false });
  });

  test("counts as covered by the share of known tokens, the prompt not counted", () => {
    expect(cutIntoWindows(characters, frame, "qqqq", "ab日本", 32).coverage).toBe(0.5);
  });

  test("that is too long has the prompt in each window, and the windows overlap", () => {
    const { windows, truncated } = cutIntoWindows(characters, frame, "q: ", "abcdefghijklmnopqrst", 15);
    expect(windows.map(({ ids }) => textOf(ids.slice(4, -1)))).toEqual(["abcdefghij", "jklmnopqrs", "klmnopqrst"]);
    expect(windows.every(({ ids }) => textOf(ids.slice(0, 4)) === "\u0001q: ")).toBe(true);
    expect(windows.map(({ weight }) => weight)).toEqual([10, 9, 1]);
    expect(truncated).toBe(false);
  });

  test("with a prompt longer than the model's limit keeps some of both", () => {
    const { windows } = cutIntoWindows(characters, frame, "p".repeat(100), "text", 10);
    expect(textOf(windows[0]!.ids)).toBe("\u0001ppppte".slice(0, 7).concat("xt", "\u0002").slice(0, 10));
  });

  test("that is endless is cut before it is tokenized, and not inside a character", () => {
    let longest = 0;
    const counting: Tokenizer = {
      unknownId: 0,
      encode: (text, special) => {
        longest = Math.max(longest, text.length);
        expect(text).not.toMatch(/[\uD800-\uDBFF]$/);
        return characters.encode(text, special);
      },
    };
    const { windows, truncated } = cutIntoWindows(counting, frame, "", `a${"🔍".repeat(1_000_000)}`, 16);
    expect(truncated).toBe(true);
    expect(windows).toHaveLength(maxWindows);
    expect(longest).toBeLessThan(10_000);
  });

  test("is in its windows whole and in order, unless it is cut; each token counts once", () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-z ]{0,200}$/),
        fc.stringMatching(/^[A-Z]{0,6}$/),
        fc.integer({ min: 6, max: 60 }),
        (text, prompt, limit) => {
          const { windows, truncated } = cutIntoWindows(characters, frame, prompt, text, limit);
          let rebuilt = "";
          for (const { ids, weight, head } of windows) {
            expect(ids.length).toBeLessThanOrEqual(limit);
            const part = textOf(ids.slice(head, -1));
            expect(text).toContain(part);
            if (text !== "") rebuilt += part.slice(part.length - weight);
          }
          expect(truncated ? text.startsWith(rebuilt) && rebuilt.length < text.length : rebuilt === text).toBe(true);
          expect(windows.length).toBeLessThanOrEqual(maxWindows);
        },
      ),
    );
  });
});
