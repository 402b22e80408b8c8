import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { addressOf, isThisPage, linkTo, textDirective } from "../../../src/element/landing.ts";

const base = "https://example.org/docs/";

const passage = (excerpt: string, anchor = ""): Parameters<typeof linkTo>[1] => ({
  section: "",
  path: [],
  anchor,
  excerpt,
  ranges: [],
  score: 1,
});

const decode = (excerpt: string): string => decodeURIComponent(textDirective({ excerpt }));

describe("textDirective", () => {
  test.each([
    ["A short line.", ":~:text=A short line."],
    [
      "One two three four five six seven eight.",
      ":~:text=One two three four five six,three four five six seven eight.",
    ],
    ["First block here\nand the last block", ":~:text=First block here,and the last block"],
    ["code | cause | remedy", ":~:text=code,remedy"],
    ["  — \nwords", ":~:text=words"],
    ["", ""],
    ["?!", ""],
  ])("of %j is %j", (excerpt, expected) => {
    expect(decode(excerpt)).toBe(expected);
  });

  test("of a script without spaces is its first and last characters", () => {
    const line = "日本語の文章には単語の間に空白がありませんので最初と最後の文字を使います";
    expect(decode(line)).toBe(`:~:text=${line.slice(0, 16)},${line.slice(-16)}`);
  });

  test("escapes what has a meaning in a directive", () => {
    expect(textDirective({ excerpt: "a-b, c&d" })).toBe(":~:text=a%2Db%2C%20c%26d");
  });
});

describe("linkTo", () => {
  beforeEach(() => vi.stubGlobal("location", { protocol: "https:", href: "https://example.org/docs/a.html?x=1#top" }));
  afterEach(() => vi.unstubAllGlobals());

  test("has the anchor before the directive, and a # where there is no anchor", () => {
    const there = passage("Two words", "größe");
    expect(linkTo(addressOf("b.html", there, base)!, there)).toBe(
      "https://example.org/docs/b.html#gr%C3%B6%C3%9Fe:~:text=Two%20words",
    );
    const plain = passage("Two words");
    expect(linkTo(addressOf("/b", plain, base)!, plain)).toBe("https://example.org/b#:~:text=Two%20words");
    expect(linkTo(addressOf("/b", passage(""), base)!, passage(""))).toBe("https://example.org/b");
  });

  test.each([
    "javascript:alert(1)",
    "JAVASCRIPT:alert(1)",
    " javascript:alert(1)",
    "data:text/html,x",
    "http://[",
    "file:///etc/passwd",
  ])("%j is no address a page may lead to", (url) => {
    expect(addressOf(url, passage("x"), base)).toBeNull();
  });

  test.each<[string, boolean]>([
    ["a.html?x=1", true],
    ["a?x=1", true],
    ["a/?x=1#other", true],
    ["a/index.html?x=1", true],
    ["a.html", false],
    ["b.html?x=1", false],
    ["https://example.com/docs/a.html?x=1", false],
  ])("%s is this page: %s", (url, expected) => {
    expect(isThisPage(new URL(url, base))).toBe(expected);
  });
});
