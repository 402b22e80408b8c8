import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { siteFolder } from "../../demo/build.mjs";
import type { Document } from "../../src/types.ts";
import { launchBrowser } from "../browser/harness/browser.ts";
import type { TestServer } from "../browser/harness/server.ts";
import { serveSite, waitUntilReady } from "./site.ts";

let server: TestServer;
let browser: Browser;
let page: Page;
let files: string[];

beforeAll(async () => {
  server = await serveSite();
  browser = await launchBrowser();
  page = await browser.newPage({ reducedMotion: "reduce" });
  files = (await readdir(siteFolder)).filter((name) => name.endsWith(".html"));
  expect(files.length).toBeGreaterThan(5);
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

async function readDocuments(): Promise<Document[]> {
  const name = (await readdir(join(siteFolder, "assets"))).find((file) => file.startsWith("content-"))!;
  return JSON.parse(await readFile(join(siteFolder, "assets", name), "utf8")) as Document[];
}

/** Text and background colours of every element with text of its own, and the ratio of their luminances. */
function findFaintText(): string[] {
  const parse = (color: string): number[] => (color.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (color: readonly number[]): number => {
    const [r = 0, g = 0, b = 0] = color.map((value) => {
      const share = value / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const backgroundOf = (element: Element | null): number[] => {
    if (!element) return [255, 255, 255];
    const color = parse(getComputedStyle(element).backgroundColor);
    return color.length === 3 || color[3] === 1 ? color.slice(0, 3) : backgroundOf(element.parentElement);
  };
  const hasText = (element: Element): boolean =>
    [...element.childNodes].some((node) => node instanceof Text && node.data.trim() !== "");
  return [...document.body.querySelectorAll<HTMLElement>("*")]
    .filter((element) => hasText(element) && element.checkVisibility({ opacityProperty: true }))
    .flatMap((element) => {
      const [a, b] = [luminance(parse(getComputedStyle(element).color)), luminance(backgroundOf(element))] as const;
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      return ratio < 4.5 ? [`${element.outerHTML.slice(0, 80)}: ${ratio.toFixed(2)}`] : [];
    });
}

describe("the pages of the guide", () => {
  test("are there, one for each document, under the address that results link to", async () => {
    const documents = await readDocuments();
    expect(documents.map(({ url }) => url).toSorted()).toEqual(files.toSorted());
    expect(documents.length).toBeGreaterThanOrEqual(6);
  });

  test("have every anchor that results link to", async () => {
    for (const document of await readDocuments()) {
      await page.goto(`${server.origin}/${document.url}`);
      const ids = await page.locator("article [id]").evaluateAll((elements) => elements.map(({ id }) => id));
      const anchors = (document.sections ?? []).flatMap(({ anchor }) => anchor ?? []);
      expect(anchors.length).toBeGreaterThan(1);
      expect(ids).toEqual(expect.arrayContaining(anchors));
    }
  });

  test("link only to pages and sections that are there", async () => {
    for (const file of files) {
      await page.goto(`${server.origin}/${file}`);
      const links = await page
        .locator("a[href]")
        .evaluateAll((all) => all.map((link) => (link as HTMLAnchorElement).href));
      const inside = links.filter((href) => href.startsWith(server.origin)).map((href) => new URL(href));
      expect(inside.length).toBeGreaterThan(files.length);
      for (const { pathname, hash } of inside) {
        const html = await readFile(join(siteFolder, pathname), "utf8");
        expect(html, `${file} links to ${pathname}${hash}`).toContain(
          hash ? `id="${decodeURIComponent(hash.slice(1))}"` : "<main",
        );
      }
    }
  });

  test("have a title, a language, one first heading, landmarks, and no id twice", async () => {
    const titles = new Set<string>();
    for (const file of files) {
      await page.goto(`${server.origin}/${file}`);
      titles.add(await page.title());
      expect(await page.locator("html").getAttribute("lang")).toBe("en");
      expect(await page.locator('meta[name="description"]').getAttribute("content")).toMatch(/.{30}/);
      expect(await page.locator("h1").count()).toBe(1);
      for (const landmark of ["banner", "search", "main", "contentinfo"] as const) {
        expect(await page.getByRole(landmark).count(), `${landmark} of ${file}`).toBe(1);
      }
      expect(await page.getByRole("navigation", { name: "Guide" }).locator('[aria-current="page"]').count()).toBe(1);
      const ids = await page.locator("[id]").evaluateAll((elements) => elements.map(({ id }) => id));
      expect(ids.filter((id, position) => ids.indexOf(id) !== position)).toEqual([]);
      const nameless = page.locator("a, button").filter({ hasNotText: /\S/ });
      expect(await nameless.evaluateAll((all) => all.filter((element) => !element.ariaLabel).length)).toBe(0);
    }
    expect(titles.size).toBe(files.length);
  });

  test("never skip a level of headings", async () => {
    for (const file of files) {
      await page.goto(`${server.origin}/${file}`);
      const levels = await page
        .locator("article :is(h1, h2, h3, h4, h5, h6)")
        .evaluateAll((all) => all.map(({ tagName }) => Number(tagName[1])));
      levels.forEach((level, position) => expect(level - (levels[position - 1] ?? 0)).toBeLessThanOrEqual(1));
    }
  });

  test.each(["light", "dark"] as const)("have text that can be read in %s colours", async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    for (const file of ["index.html", "errors.html"]) {
      await page.goto(`${server.origin}/${file}`);
      await waitUntilReady(page);
      expect(await page.evaluate(findFaintText)).toEqual([]);
    }
  });

  test.each([320, 360, 768, 1280])("fit into a window %i pixels wide", async (width) => {
    await page.setViewportSize({ width, height: 700 });
    for (const file of files) {
      await page.goto(`${server.origin}/${file}`);
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow, file).toBeLessThanOrEqual(0);
    }
  });

  test("show the list of pages on a narrow window when it is asked for, and close it with Escape", async () => {
    await page.setViewportSize({ width: 360, height: 700 });
    await page.goto(`${server.origin}/faq.html`);
    const button = page.getByRole("button", { name: "Pages" });
    const list = page.getByRole("navigation", { name: "Guide" });
    expect(await list.isVisible()).toBe(false);
    await button.click();
    expect(await list.isVisible()).toBe(true);
    expect(await button.getAttribute("aria-expanded")).toBe("true");
    await list.getByRole("link").first().focus();
    await page.keyboard.press("Escape");
    expect(await list.isVisible()).toBe(false);
    expect(await button.evaluate((element) => element === document.activeElement)).toBe(true);
  });
});
