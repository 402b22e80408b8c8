import { describe, expect, test } from "vitest";
import { parseSitemap } from "../../../crawl/sitemap.ts";

describe("a sitemap", () => {
  test("names pages, not their pictures", () => {
    const xml = `<?xml version="1.0"?><!-- made by hand -->
      <urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
        <url><loc> https://example.org/a?x=1&amp;y=2 </loc><lastmod>2026-01-01</lastmod>
          <image:image><image:loc>https://example.org/a.png</image:loc></image:image></url>
        <url><loc><![CDATA[https://example.org/b]]></loc></url>
        <url><loc></loc></url>
      </urlset>`;
    expect(parseSitemap(xml)).toEqual({
      pages: ["https://example.org/a?x=1&y=2", "https://example.org/b"],
      sitemaps: [],
    });
  });

  test("may name further sitemaps", () => {
    const xml =
      "<sitemapindex><sitemap><loc>/one.xml</loc></sitemap><sitemap><loc>/two.xml.gz</loc></sitemap></sitemapindex>";
    expect(parseSitemap(xml)).toEqual({ pages: [], sitemaps: ["/one.xml", "/two.xml.gz"] });
  });

  test("may be a text with an address a line", () => {
    expect(parseSitemap("https://example.org/a\r\n\r\nhttps://example.org/b\n")?.pages).toEqual([
      "https://example.org/a",
      "https://example.org/b",
    ]);
  });

  test.each(["", "<!doctype html><title>App</title>", "Not here", "https://example.org/a and more", "{}"])(
    "is not %j",
    (text) => expect(parseSitemap(text)).toBeNull(),
  );

  test("that breaks off gives what it has", () => {
    expect(parseSitemap("<urlset><url><loc>/a</loc></url><url><loc>/b</loc>")?.pages).toEqual(["/a", "/b"]);
  });
});
