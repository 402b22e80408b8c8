import type { Page } from "playwright";
import { describe, expect, test } from "vitest";
import type * as Library from "../../src/index.ts";
import { crashPage, waitForValue } from "./harness/browser.ts";
import {
  crawl,
  find,
  give,
  openApp,
  pathsAsked,
  site,
  sitemap,
  useSite,
  type PageState,
} from "./harness/crawled-site.ts";
import { prose } from "./harness/site.ts";

useSite();

describe("a crawl that is interrupted", () => {
  const paths = Array.from({ length: 80 }, (_, i) => `/n${i}`);

  function giveMany(): void {
    give({
      "/sitemap.xml": sitemap(...paths),
      ...Object.fromEntries(paths.map((path) => [path, prose(path, `Text of ${path.slice(1)}.`)])),
    });
  }

  async function untilStored(page: Page, least: number): Promise<void> {
    await page.evaluate(async (count) => {
      const { search } = window as PageState;
      while ((await search!.status()).documents < count) await new Promise((done) => setTimeout(done, 20));
    }, least);
  }

  test("by a tab that dies goes on where it was", async () => {
    giveMany();
    const page = await openApp();
    await page.evaluate(() => void (window as PageState).search!.addSite(undefined, { delayMs: 40 }).catch(() => {}));
    // Why so many: the first twenty are noted when the next twenty are put in.
    await untilStored(page, 40);
    await crashPage(page);
    const asked = new Set(pathsAsked().filter((path) => path.startsWith("/n"))).size;
    expect(asked).toBeLessThan(80);
    site.requests.length = 0;
    const next = await openApp();
    const result = await crawl(next);
    expect(result).toMatchObject({ state: "done", pages: 80 });
    expect((await next.evaluate(() => (window as PageState).search!.status())).documents).toBe(80);
    const again = pathsAsked().filter((path) => path.startsWith("/n")).length;
    expect(again).toBeLessThanOrEqual(60);
    // Once it is done, the next one looks at every page.
    site.requests.length = 0;
    await crawl(next);
    expect(pathsAsked().filter((path) => path.startsWith("/n"))).toHaveLength(80);
  });

  test("by its signal rejects with the reason, asks for nothing more, and keeps what it has", async () => {
    giveMany();
    const page = await openApp();
    const reason = await page.evaluate(async () => {
      const controller = new AbortController();
      const { search } = window as PageState;
      const crawling = search!.addSite(undefined, { delayMs: 40, signal: controller.signal }).then(
        () => "done",
        (error: Error) => error.message,
      );
      while ((await search!.status()).documents < 20) await new Promise((done) => setTimeout(done, 20));
      controller.abort(new Error("enough"));
      return crawling;
    });
    expect(reason).toBe("enough");
    const asked = pathsAsked().length;
    await page.waitForTimeout(300);
    expect(pathsAsked().length).toBeLessThanOrEqual(asked + 1);
    expect((await page.evaluate(() => (window as PageState).search!.status())).documents).toBeGreaterThanOrEqual(20);
  });

  test("by close() rejects as closed", async () => {
    giveMany();
    const page = await openApp();
    const code = await page.evaluate(async () => {
      const { search } = window as PageState;
      const crawling = search!.addSite(undefined, { delayMs: 50 }).catch((error: { code: string }) => error.code);
      await new Promise((done) => setTimeout(done, 300));
      await search!.close();
      return crawling;
    });
    expect(code).toBe("search/closed");
  });
});

describe("two tabs", () => {
  test("do not do the same work twice", async () => {
    const paths = Array.from({ length: 15 }, (_, i) => `/t${i}`);
    give({
      "/sitemap.xml": sitemap(...paths),
      ...Object.fromEntries(paths.map((path) => [path, prose(path, "Text.")])),
    });
    const [first, second] = [await openApp(), await openApp()];
    const results = await Promise.all([
      crawl(first, undefined, { delayMs: 30 }),
      crawl(second, undefined, { delayMs: 30 }),
    ]);
    expect(results.map(({ state }) => state).sort()).toEqual(["done", "elsewhere"]);
    expect(pathsAsked().filter((path) => path.startsWith("/t"))).toHaveLength(15);
    // Why polled: the other tab hears of what was stored a moment later.
    await expect.poll(() => find(second, "text")).toHaveLength(10);
  });
});

describe("a visitor who saves data", () => {
  test("has nothing crawled, and the result says so", async () => {
    give({ "/a": prose("A", "Text.") });
    const page = await openApp();
    await page.evaluate(() => Object.defineProperty(navigator, "connection", { value: { saveData: true } }));
    expect(await crawl(page, ["/a"])).toMatchObject({ state: "withheld", pages: 0, requests: 0 });
    expect(pathsAsked()).toEqual([]);
  });
});

describe("a page that goes into the back/forward cache", () => {
  test("crawls on when it comes back", async () => {
    const paths = Array.from({ length: 40 }, (_, i) => `/b${i}`);
    give({
      "/sitemap.xml": sitemap(...paths),
      "/other": prose("Other", "Another page."),
      ...Object.fromEntries(paths.map((path) => [path, prose(path, "Text.")])),
    });
    const page = await openApp();
    await page.evaluate(() => {
      const state = window as PageState;
      void state.search!.addSite(undefined, { delayMs: 30 }).then((result) => (state.outcome = result));
    });
    await waitForValue(page, async () => (await (window as PageState).search!.status()).documents > 0);
    // Why sent by hand: a driven browser keeps no pages in that cache.
    await page.evaluate(() => dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true })));
    await page.waitForTimeout(200);
    const asked = pathsAsked().length;
    await page.waitForTimeout(300);
    expect(pathsAsked()).toHaveLength(asked);
    await page.evaluate(() => dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));
    const outcome = (await waitForValue(page, () => (window as PageState).outcome)) as Library.SiteResult;
    expect(outcome).toMatchObject({ state: "done", pages: 40 });
    expect((await page.evaluate(() => (window as PageState).search!.status())).documents).toBe(40);
  });
});
