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
/** What each page of the site is made of, by its file. */
const facts = new Map<string, Facts>();

const widths = [320, 360, 768, 1280] as const;
const landmarks = ["banner", "search", "main", "contentinfo"] as const;

interface Facts {
  readonly title: string;
  readonly lang: string;
  readonly description: string;
  readonly ids: readonly string[];
  readonly articleIds: readonly string[];
  readonly links: readonly string[];
  /** Levels of the headings of the article, in order. */
  readonly levels: readonly number[];
  readonly namelessControls: number;
  readonly currentPages: number;
  readonly landmarks: Readonly<Record<string, number>>;
  /** Pixels by which the page is wider than the window, by the window's width. */
  readonly overflow: Readonly<Record<number, number>>;
}

beforeAll(async () => {
  server = await serveSite();
  browser = await launchBrowser();
  page = await browser.newPage({ reducedMotion: "reduce" });
  const files = (await readdir(siteFolder)).filter((name) => name.endsWith(".html"));
  expect(files.length).toBeGreaterThan(5);
  // Why: a page that saves data opens no index until somebody searches, and is there at once.
  const quiet = await browser.newPage({ reducedMotion: "reduce" });
  await quiet.addInitScript(() => Object.defineProperty(navigator, "connection", { value: { saveData: true } }));
  for (const file of files) facts.set(file, await readFacts(quiet, file));
  await quiet.close();
  // Why longer than others: it opens every page of the site.
}, 300_000);

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

async function readFacts(tab: Page, file: string): Promise<Facts> {
  await tab.goto(`${server.origin}/${file}`);
  const read = await tab.evaluate(() => {
    const all = <Kind extends Element>(selector: string) => [...document.querySelectorAll<Kind>(selector)];
    return {
      title: document.title,
      lang: document.documentElement.lang,
      description: document.querySelector("meta[name=description]")?.getAttribute("content") ?? "",
      ids: all("[id]").map(({ id }) => id),
      articleIds: all("article [id]").map(({ id }) => id),
      links: all<HTMLAnchorElement>("a[href]").map(({ href }) => href),
      levels: all("article :is(h1, h2, h3, h4, h5, h6)").map(({ tagName }) => Number(tagName[1])),
      namelessControls: all("a, button").filter((each) => !each.textContent.trim() && !each.ariaLabel).length,
      currentPages: all('nav[aria-label="Guide"] [aria-current="page"]').length,
    };
  });
  const counts = await Promise.all(landmarks.map(async (role) => [role, await tab.getByRole(role).count()] as const));
  const overflow: Record<number, number> = {};
  for (const width of widths) {
    await tab.setViewportSize({ width, height: 700 });
    overflow[width] = await tab.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
  }
  return { ...read, landmarks: Object.fromEntries(counts), overflow };
}

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
    expect(documents.map(({ url }) => url).toSorted()).toEqual([...facts.keys()].toSorted());
    expect(documents.length).toBeGreaterThanOrEqual(6);
  });

  test("have every anchor that results link to", async () => {
    for (const document of await readDocuments()) {
      const anchors = (document.sections ?? []).flatMap(({ anchor }) => anchor ?? []);
      expect(anchors.length).toBeGreaterThan(1);
      expect(facts.get(document.url)!.articleIds).toEqual(expect.arrayContaining(anchors));
    }
  });

  test("link only to pages and sections that are there", () => {
    for (const [file, { links }] of facts) {
      const inside = links.filter((href) => href.startsWith(server.origin)).map((href) => new URL(href));
      expect(inside.length).toBeGreaterThan(facts.size);
      for (const { pathname, hash } of inside) {
        const target = facts.get(pathname.slice(1));
        const ids = target && ["", ...target.ids];
        expect(ids, `${file} links to ${pathname}${hash}`).toContain(decodeURIComponent(hash.slice(1)));
      }
    }
  });

  test("have a title, a language, one first heading, landmarks, and no id twice", () => {
    for (const [file, each] of facts) {
      expect(each.lang).toBe("en");
      expect(each.description).toMatch(/.{30}/);
      expect(each.levels.filter((level) => level === 1)).toHaveLength(1);
      expect(each.landmarks, file).toEqual(Object.fromEntries(landmarks.map((role) => [role, 1])));
      expect(each.currentPages).toBe(1);
      expect(each.ids.filter((id, position) => each.ids.indexOf(id) !== position)).toEqual([]);
      expect(each.namelessControls).toBe(0);
    }
    expect(new Set([...facts.values()].map(({ title }) => title)).size).toBe(facts.size);
  });

  test("never skip a level of headings", () => {
    for (const { levels } of facts.values()) {
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

  test.each(widths)("fit into a window %i pixels wide", (width) => {
    for (const [file, { overflow }] of facts) expect(overflow[width], file).toBeLessThanOrEqual(0);
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
