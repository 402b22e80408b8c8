import { readFile } from "node:fs/promises";
import type { Browser, BrowserContext } from "playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { analyze } from "../../src/core/text/analyzer.ts";
import { stem } from "../../src/core/text/stem.ts";
import { stopWords } from "../../src/core/text/stop-words.ts";
import { launchBrowser } from "../browser/harness/browser.ts";
import type { TestServer } from "../browser/harness/server.ts";
import { questions } from "./questions.ts";
import { ask, readLanding, serveSite, visit, waitUntilReady } from "./site.ts";

let server: TestServer;
let browser: Browser;
let context: BrowserContext;

beforeAll(async () => {
  server = await serveSite();
  browser = await launchBrowser();
  // Why one context: the index is made once, as for one visitor.
  context = await browser.newContext({ reducedMotion: "reduce" });
  const { page } = await visit(context, server.origin);
  await waitUntilReady(page);
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

/** Text without what the page shows as layout: white space, and the borders of table cells. */
const squeeze = (text: string): string => text.replace(/[\s|]+/g, "");

/** Stems of the words that carry meaning. */
function contentStems(text: string): Set<string> {
  const words = analyze(text).map(({ term }) => term);
  return new Set(words.filter((word) => !stopWords.has(word)).map(stem));
}

async function readTitles(file: string): Promise<string> {
  const source = await readFile(new URL(`../../docs/guide/${file.replace(/\.html$/, ".md")}`, import.meta.url), "utf8");
  const title = /^title: (.+)$/m.exec(source)![1]!;
  const heading = /^# (.+)$/m.exec(source)![1]!;
  return `${title} ${heading}`;
}

describe("questions that share no word with the title of their page", () => {
  test("are at least ten", () => {
    expect(new Set(questions.map(({ question }) => question)).size).toBeGreaterThanOrEqual(10);
  });

  test.each(questions)("$question · shares none", async ({ question, page }) => {
    const asked = contentStems(question);
    expect(asked.size).toBeGreaterThan(1);
    const shared = [...contentStems(await readTitles(page))].filter((word) => asked.has(word));
    expect(shared).toEqual([]);
  });

  test.each(questions)("$question · the first result answers, and lands on the passage", async (expected) => {
    const { page, errors } = await visit(context, server.origin);
    await waitUntilReady(page);
    const [first] = await ask(page, expected.question);
    expect(first?.href).toBe(`./${expected.page}#${expected.anchor}`);

    await page.getByRole("option").first().click();
    await page.waitForURL((url) => url.pathname === `/${expected.page}`);
    const landing = await readLanding(page);
    expect(landing.section).toBe(expected.anchor);
    expect(squeeze(landing.text)).toBe(squeeze(first!.excerpt));
    expect(landing.words).toEqual(first!.marked);
    expect(landing.top).toBeGreaterThan(64);
    expect(landing.top).toBeLessThan(landing.windowHeight - 20);
    expect(errors).toEqual([]);
    await page.close();
  });
});

test("a passage far below the heading of its section is landed on, not the heading", async () => {
  const { page } = await visit(context, server.origin);
  await page.setViewportSize({ width: 800, height: 500 });
  await waitUntilReady(page);
  const [first] = await ask(page, '"search/closed"');
  expect(first?.href).toBe("./errors.html#mistakes-in-a-call");
  await page.getByRole("option").first().click();
  await page.waitForURL(/#mistakes-in-a-call/);
  const landing = await readLanding(page);
  expect(landing.text).toContain("search/closed");
  const heading = await page
    .locator("#mistakes-in-a-call")
    .evaluate((element) => element.getBoundingClientRect().bottom);
  expect(heading).toBeLessThan(0);
  expect(landing.top).toBeGreaterThan(64);
  expect(landing.top).toBeLessThan(landing.windowHeight - 20);
  await page.close();
});

test("an exact name is found as it is written", async () => {
  const { page } = await visit(context, server.origin);
  await waitUntilReady(page);
  for (const [query, href] of [
    ["argument/duplicate-url", "./errors.html#mistakes-in-a-call"],
    ["worker/lost", "./errors.html#the-worker"],
    ["clearHighlight", "./showing-results.html#take-the-colour-away-again"],
  ] as const) {
    expect((await ask(page, query))[0]?.href).toContain(href);
  }
  await page.close();
});
