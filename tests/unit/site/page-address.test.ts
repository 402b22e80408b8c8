import { describe, expect, test } from "vitest";
import { ownAddress, pageAddress } from "../../../src/site/page-address.ts";

const site = "https://example.org";

describe("the address of a page", () => {
  test.each([
    ["/guide#install", "/guide"],
    ["/app#/settings", "/app#/settings"],
    ["/app#!/settings", "/app#!/settings"],
    ["/a?utm_source=mail&id=7&fbclid=x#top", "/a?id=7"],
    ["/a?keep", "/a?keep"],
  ])("%s is %s", (written, expected) => {
    expect(pageAddress(new URL(written, site))).toBe(site + expected);
  });
});

describe("the address that a page is known by", () => {
  test.each([
    ["the canonical one", "/a?print=1", "/a", "/a"],
    ["relative to the page", "/guide/b", "c", "/guide/c"],
    ["not one on another site", "/a", "https://elsewhere.org/a", "/a"],
    ["not the start page, if all pages name it", "/a", "/", "/a"],
    ["the start page of itself", "/index.html", "/", "/"],
    ["not what is no address", "/a", "http://[", "/a"],
    ["the route of an app", "/#/settings", "/", "/#/settings"],
  ])("is %s", (_, url, canonical, expected) => {
    expect(ownAddress(new URL(url, site), canonical)).toBe(site + expected);
  });
});
