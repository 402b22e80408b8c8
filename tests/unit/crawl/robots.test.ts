import { describe, expect, test } from "vitest";
import { parseRobots } from "../../../crawl/robots.ts";

const lines = (...text: string[]): string => text.join("\n");

describe("robots.txt", () => {
  test.each([
    ["nothing forbids nothing", "", "/a", true],
    ["an empty rule forbids nothing", lines("User-agent: *", "Disallow:"), "/a", true],
    ["a path forbids what begins with it", lines("User-agent: *", "Disallow: /private"), "/private/a", false],
    ["and nothing else", lines("User-agent: *", "Disallow: /private"), "/public", true],
    ["the longest rule decides", lines("User-agent: *", "Disallow: /a", "Allow: /a/b"), "/a/b/c", true],
    ["of equal rules, the one that allows", lines("User-agent: *", "Disallow: /a", "Allow: /a"), "/a", true],
    ["a star stands for anything", lines("User-agent: *", "Disallow: /*/print"), "/guide/print", false],
    ["a dollar for the end", lines("User-agent: *", "Disallow: /*.pdf$"), "/a.pdf", false],
    ["so that more lets it pass", lines("User-agent: *", "Disallow: /*.pdf$"), "/a.pdf?page=1", true],
    ["a dollar alone forbids the start page", lines("User-agent: *", "Disallow: /$"), "/", false],
    ["and no other", lines("User-agent: *", "Disallow: /$"), "/a", true],
    ["the query counts", lines("User-agent: *", "Disallow: /*?sort="), "/list?sort=name", false],
    ["letters are compared however they are written", lines("User-agent: *", "Disallow: /café"), "/caf%c3%a9/1", false],
    ["and the other way round", lines("User-agent: *", "Disallow: /%7Ejoe"), "/~joe", false],
    [
      "our group is the one that counts",
      lines("User-agent: *", "Disallow: /", "User-agent: Inkling", "Disallow: /x"),
      "/a",
      true,
    ],
    ["another's does not", lines("User-agent: other", "Disallow: /"), "/a", true],
    ["one group may name several", lines("User-agent: other", "User-agent: inkling/1.0", "Disallow: /"), "/a", false],
    [
      "groups of one name count together",
      lines("User-agent: *", "Disallow: /a", "", "User-agent: *", "Disallow: /b"),
      "/b",
      false,
    ],
    ["comments are passed over", lines("User-agent: * # all", "Disallow: /a # not this"), "/a", false],
    ["rules before any name are nobody's", lines("Disallow: /", "User-agent: *", "Disallow: /b"), "/a", true],
  ])("%s", (_, text, path, expected) => {
    expect(parseRobots(text).isAllowed(path)).toBe(expected);
  });

  test("gives the delay in ms, and no longer one than a minute", () => {
    expect(parseRobots("User-agent: *\nCrawl-delay: 1.5").delayMs).toBe(1500);
    expect(parseRobots("User-agent: *\nCrawl-delay: 86400").delayMs).toBe(60_000);
    expect(parseRobots("User-agent: *\nCrawl-delay: soon").delayMs).toBe(0);
  });

  test("names sitemaps wherever they stand", () => {
    const text = lines(
      "Sitemap: /a.xml",
      "User-agent: other",
      "Disallow: /",
      "sitemap: https://example.org/b.xml.gz # all",
    );
    expect(parseRobots(text).sitemaps).toEqual(["/a.xml", "https://example.org/b.xml.gz"]);
  });

  test("compares a hostile pattern, which work that goes back and tries again would not finish", () => {
    const robots = parseRobots(`User-agent: *\nDisallow: /${"*a".repeat(10_000)}b`);
    expect(robots.isAllowed(`/${"a".repeat(100_000)}`)).toBe(true);
  });

  test("reads no more than half a megabyte", () => {
    expect(parseRobots(`User-agent: *\n${"#\n".repeat(300_000)}Disallow: /`).isAllowed("/a")).toBe(true);
  });
});
