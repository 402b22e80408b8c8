import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import {
  countNotes,
  crawl,
  find,
  give,
  openApp,
  pathsAsked,
  reasons,
  site,
  sitemap,
  useSite,
  type PageState,
} from "./harness/crawled-site.ts";
import { prose, startSite } from "./harness/site.ts";

useSite();

describe("a site with a sitemap", () => {
  test("is found by robots.txt, by an index of sitemaps, packed by gzip", async () => {
    give({
      "/robots.txt": {
        headers: { "content-type": "text/plain" },
        body: "Sitemap: /maps/all.xml\nUser-agent: *\nDisallow: /private",
      },
      "/maps/all.xml": {
        headers: { "content-type": "application/xml" },
        body: `<sitemapindex><sitemap><loc>${site.origin}/maps/one.xml.gz</loc></sitemap></sitemapindex>`,
      },
      "/maps/one.xml.gz": {
        headers: { "content-type": "application/gzip" },
        body: gzipSync(String(sitemap("/tea", "/bike", "/private/diary").body)),
      },
      "/tea": prose("Tea", "Pour boiling water over the leaves.", ["/not-in-the-map"]),
      "/bike": prose("Bicycle", "Glue a patch on the inner tube."),
      "/private/diary": prose("Diary", "Nobody reads this."),
    });
    const page = await openApp();
    const result = await crawl(page);
    expect(result).toMatchObject({ state: "done", pages: 3, added: 2, replaced: 0, unchanged: 0, failed: [] });
    expect(reasons(result.skipped)).toEqual({ "/private/diary": "robots.txt forbids it" });
    expect(await find(page, "inner tube")).toEqual(["/bike"]);
    expect(pathsAsked()).toEqual(["/robots.txt", "/maps/all.xml", "/maps/one.xml.gz", "/tea", "/bike"]);
  });

  test("costs one conditional request for each page that did not change; changed ones are replaced, those gone removed", async () => {
    const pages = Object.fromEntries(
      Array.from({ length: 6 }, (_, i) => [
        `/page-${i}`,
        {
          headers: i % 2 === 0 ? { etag: `"e${i}"` } : { "last-modified": `Mon, 0${i} Jun 2026 10:00:00 GMT` },
          body: prose(`Page ${i}`, `Text number${i}.`),
        },
      ]),
    );
    give({ "/sitemap.xml": sitemap(...Object.keys(pages)), ...pages });
    const page = await openApp();
    expect(await crawl(page)).toMatchObject({ added: 6, unchanged: 0 });
    site.requests.length = 0;
    give({ "/page-1": { headers: { etag: '"new"' }, body: prose("Page 1", "Something else entirely.") } });
    site.pages.delete("/page-2");
    const again = await crawl(page);
    expect(again).toMatchObject({ state: "done", pages: 6, added: 0, replaced: 1, unchanged: 4, removed: 1 });
    expect(reasons(again.skipped)).toEqual({ "/page-2": "it is gone (HTTP 404)" });
    const statuses = site.requests
      .filter(({ path }) => path.startsWith("/page"))
      .map(({ path, status }) => `${path} ${status}`);
    expect(statuses.sort()).toEqual([
      "/page-0 304",
      "/page-1 200",
      "/page-2 404",
      "/page-3 304",
      "/page-4 304",
      "/page-5 304",
    ]);
    expect([await find(page, "number2"), await find(page, "entirely")]).toEqual([[], ["/page-1"]]);
  });

  test("is read anew where it was removed from the index meanwhile, whatever the notes say", async () => {
    give({ "/sitemap.xml": sitemap("/tea"), "/tea": { headers: { etag: '"1"' }, body: prose("Tea", "Leaves.") } });
    const page = await openApp();
    await crawl(page);
    await page.evaluate(() => (window as PageState).search!.remove([`${location.origin}/tea`]));
    expect(await crawl(page)).toMatchObject({ added: 1, unchanged: 0 });
  });

  test("leaves no notes behind when the index is cleared", async () => {
    give({ "/sitemap.xml": sitemap("/tea"), "/tea": { headers: { etag: '"1"' }, body: prose("Tea", "Leaves.") } });
    const page = await openApp();
    await crawl(page);
    expect(await countNotes(page)).toBe(2);
    await page.evaluate(() => (window as PageState).search!.clear());
    expect(await countNotes(page)).toBe(0);
    expect(await crawl(page)).toMatchObject({ added: 1 });
  });

  test("is read by what there is of a sitemap that breaks off, and not by a start page in its place", async () => {
    const whole = String(sitemap("/tea", "/bike").body);
    give({
      "/robots.txt": "<!doctype html><title>App</title><p>Disallow: /",
      "/sitemap.xml": {
        headers: { "content-type": "text/xml" },
        body: whole.slice(0, whole.lastIndexOf("<url>") + 10),
      },
      "/tea": prose("Tea", "Leaves."),
    });
    const page = await openApp();
    expect(await crawl(page)).toMatchObject({ state: "done", pages: 1, added: 1 });
    give({ "/sitemap.xml": "<!doctype html><title>App</title>" });
    expect(await crawl(page)).toMatchObject({
      state: "done",
      skipped: [{ url: `${site.origin}/app`, reason: "robots noindex" }],
    });
  });

  test("has 200 pages asked for where no limit is given", async () => {
    const paths = Array.from({ length: 205 }, (_, i) => `/page-${i}`);
    give({ "/sitemap.xml": sitemap(...paths) });
    for (const path of paths) give({ [path]: prose(path, `Text of ${path}.`) });
    const page = await openApp();
    expect(await crawl(page)).toMatchObject({ state: "limited", pages: 200, added: 200, failed: [] });
    expect(pathsAsked().filter((path) => path.startsWith("/page-"))).toHaveLength(200);
  });

  test("has no more pages asked for than the limit allows, and says so", async () => {
    const paths = Array.from({ length: 8 }, (_, i) => `/p${i}`);
    give({
      "/sitemap.xml": sitemap(...paths),
      ...Object.fromEntries(paths.map((path) => [path, prose(path, "Text.")])),
    });
    expect(await crawl(await openApp(), undefined, { limit: 3 })).toMatchObject({ state: "limited", pages: 3 });
    expect(pathsAsked().filter((path) => path.startsWith("/p"))).toHaveLength(3);
  });
});

describe("a site without a sitemap", () => {
  test("is read by its links, from the page that asks or another one, and never leaves its origin", async () => {
    const elsewhere = await startSite({ "/": prose("Elsewhere", "Another site.") });
    give({
      "/start": prose("Start", "Begin here.", [
        "guide/a?utm_source=x#part",
        `${elsewhere.origin}/`,
        "/file.pdf",
        "mailto:x@example.org",
        "/logout",
      ]),
      "/guide/a": prose("A", "First part.", ["b", "/start"]),
      "/guide/b": `<!doctype html><base href="/other/"><main><p>Second part.</p><a href="c">on</a><a rel="nofollow" href="d">not on</a></main>`,
      "/other/c": `<!doctype html><meta name="robots" content="nofollow"><main><p>Third part.</p><a href="/hidden">on</a></main>`,
    });
    const result = await crawl(await openApp(), "/start");
    expect(result).toMatchObject({ state: "done", added: 4, skipped: [], failed: [] });
    expect(pathsAsked()).toEqual(["/robots.txt", "/start", "/start", "/guide/a", "/guide/b", "/other/c"]);
    expect(elsewhere.requests).toEqual([]);
    await elsewhere.close();
  });

  test("ends although its calendar does not", async () => {
    for (let day = 0; day < 500; day++)
      give({ [`/day/${day}`]: prose(`Day ${day}`, `What happened on day ${day}.`, [`/day/${day + 1}`]) });
    const result = await crawl(await openApp(), "/day/0", { limit: 60 });
    expect(result).toMatchObject({ state: "done", pages: 30 + 1 });
  });

  test("unchanged pages lead on to the pages that their links named", async () => {
    give({
      "/a": { headers: { etag: '"a"' }, body: prose("A", "First.", ["/b"]) },
      "/b": { headers: { etag: '"b"' }, body: prose("B", "Second.", ["/c"]) },
      "/c": { headers: { etag: '"c"' }, body: prose("C", "Third.") },
    });
    const page = await openApp();
    await crawl(page, "/a");
    expect(await crawl(page, "/a")).toMatchObject({ pages: 3, unchanged: 3, added: 0, replaced: 0, removed: 0 });
  });
});

describe("pages that are not to be indexed", () => {
  test("are left out, each with its reason, and taken out where they were in", async () => {
    give({ "/later-private": { headers: { etag: '"1"' }, body: prose("Secret", "Soon to be private.") } });
    const page = await openApp();
    await crawl(page, ["/later-private"]);
    const noindex = (body: string): string => `<!doctype html><meta name="robots" content="noindex">${body}`;
    give({
      "/later-private": noindex("<p>Soon to be private.</p>"),
      "/header": { headers: { "x-robots-tag": "noindex, noarchive" }, body: prose("Header", "Text.") },
      "/picture": { headers: { "content-type": "image/png" }, body: "not text" },
      "/members": { status: 302, headers: { location: "/login?next=members" } },
      "/login?next=members": `<!doctype html><title>Log in</title><form><input type="password"></form><p>${"Welcome. ".repeat(500)}</p>`,
      "/account": `<!doctype html><title>Account</title><form><input type=password></form><p>Your password, please.</p>`,
      "/closed": { status: 403 },
      "/empty": "<!doctype html><title></title>",
      "/copy": prose("Copy", "The same.").replace("<title>", '<link rel="canonical" href="/original"><title>'),
      "/original": prose("Original", "The same."),
      "/moved": { status: 301, headers: { location: "/original" } },
      "/large": `<!doctype html><main>${"word ".repeat(4_000_000)}</main>`,
      "/away": { status: 302, headers: { location: "https://elsewhere.invalid/" } },
    });
    const paths = [...site.pages.keys()].filter((path) => !path.startsWith("/login"));
    const result = await crawl(page, [...paths, "https://elsewhere.invalid/page"], { concurrency: 1 });
    expect(reasons(result.skipped)).toEqual({
      "https://elsewhere.invalid/page": "on another site",
      "/later-private": "robots noindex",
      "/header": "robots noindex",
      "/picture": "no page of text (image/png)",
      "/members": "a login page",
      "/account": "a login page",
      "/closed": "not for everybody (HTTP 403)",
      "/empty": "no text",
      "/original": `the same page as ${site.origin}/copy`,
      "/moved": `the same page as ${site.origin}/copy`,
      "/large": "larger than 16777216 bytes",
    });
    expect(Object.keys(reasons(result.failed))).toEqual(["/away"]);
    expect([result.added, result.removed]).toEqual([1, 1]);
    expect(await find(page, "same")).toEqual(["/original"]);
  });

  test("are read in the encoding that their header, mark or meta names, else as UTF-8", async () => {
    const html = (word: string, head = ""): string => `<!doctype html>${head}<main>${word}</main>`;
    give({
      "/header": {
        headers: { "content-type": "text/html; charset=iso-8859-2" },
        body: Buffer.from(html("\xb1l"), "latin1"),
      },
      "/mark": { headers: { "content-type": "text/html" }, body: Buffer.from(`\ufeff${html("grün")}`, "utf16le") },
      "/meta": {
        headers: { "content-type": "text/html" },
        body: Buffer.from(html("fl\xfcgge", "<meta charset=windows-1252>"), "latin1"),
      },
      "/none": { headers: { "content-type": "text/html" }, body: html("straße") },
    });
    const page = await openApp();
    expect(await crawl(page, ["/header", "/mark", "/meta", "/none"])).toMatchObject({ added: 4 });
    const found = await Promise.all(["ąl", "grün", "flügge", "straße"].map((word) => find(page, word)));
    expect(found).toEqual([["/header"], ["/mark"], ["/meta"], ["/none"]]);
  });

  test("asking without the visitor's cookies, unless told otherwise", async () => {
    give({ "/page": prose("Page", "Text.") });
    const page = await openApp();
    await page.evaluate(() => void (document.cookie = "session=1"));
    await crawl(page, ["/page"]);
    await crawl(page, ["/page"], { credentials: "same-origin" });
    const cookies = site.requests.filter(({ path }) => path === "/page").map(({ headers }) => headers.cookie);
    expect(cookies).toEqual([undefined, "session=1"]);
  });
});

describe("a site that is slow or fails", () => {
  test("is asked again where it is busy, and not before it wants", async () => {
    let busy = 2;
    site.pages.set("/busy", () =>
      busy-- > 0 ? { status: 429, headers: { "retry-after": "1" } } : { body: prose("Busy", "At last.") },
    );
    site.pages.set("/broken", { status: 500, headers: { "retry-after": "0" } });
    const result = await crawl(await openApp(), ["/busy", "/broken"], { concurrency: 1 });
    expect(result).toMatchObject({ added: 1, pages: 2 });
    expect(reasons(result.failed)).toEqual({ "/broken": "HTTP 500" });
    const times = site.requests.filter(({ path }) => path === "/busy").map(({ at }) => at);
    expect(times).toHaveLength(3);
    expect(Math.min(times[1]! - times[0]!, times[2]! - times[1]!)).toBeGreaterThanOrEqual(990);
    expect(pathsAsked().filter((path) => path === "/broken")).toHaveLength(4);
  });

  test("is left alone where it asks to come back much later", async () => {
    give({
      "/a": { status: 503, headers: { "retry-after": "7200" } },
      "/b": prose("B", "Never asked for."),
    });
    const result = await crawl(await openApp(), ["/a", "/b"], { concurrency: 1 });
    expect(Object.values(reasons(result.failed))).toEqual(
      Array(2).fill("the server asks to come back in 7200 s (HTTP 503)"),
    );
    expect(pathsAsked()).toEqual(["/robots.txt", "/a"]);
  });

  test("is asked at the pace of its robots.txt", async () => {
    give({
      "/robots.txt": { headers: { "content-type": "text/plain" }, body: "User-agent: inkling\nCrawl-delay: 0.4" },
      ...Object.fromEntries(["/a", "/b", "/c"].map((path) => [path, prose(path, "Text.")])),
    });
    await crawl(await openApp(), ["/a", "/b", "/c"], { concurrency: 4 });
    const times = site.requests.filter(({ path }) => /^\/[abc]$/.test(path)).map(({ at }) => at);
    expect(times[2]! - times[0]!).toBeGreaterThanOrEqual(750);
  });

  test("gives an error where the address to begin with gives nothing, or the site forbids it", async () => {
    give({ "/robots.txt": { headers: { "content-type": "text/plain" }, body: "User-agent: *\nDisallow: /private" } });
    const page = await openApp();
    expect((await crawl(page, "/nowhere.xml")).error).toBe("site/unreachable");
    expect((await crawl(page, "/private/a")).error).toBe("site/refused");
    expect((await crawl(page, "https://elsewhere.invalid/")).error).toBe("site/refused");
    give({ "/robots.txt": { status: 500, headers: { "retry-after": "0" } } });
    expect((await crawl(page, ["/a"])).error).toBe("site/unreachable");
    expect((await crawl(page, "http://[")).error).toBe("argument/url");
    expect((await crawl(page, ["/a"], { limit: 0 })).error).toBe("argument/option");
    expect((await crawl(page, ["/a"], { concurrency: 1.5 })).error).toBe("argument/option");
  });
});
