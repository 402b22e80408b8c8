import type { Browser, BrowserContext, Page } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { launchBrowser } from "../browser/harness/browser.ts";
import type { TestServer } from "../browser/harness/server.ts";
import {
  ask,
  fieldOf,
  openDialog,
  readLanding,
  readResults,
  serveSite,
  visit,
  waitForAnswer,
  waitUntilReady,
} from "./site.ts";

let server: TestServer;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let errors: readonly string[];

beforeAll(async () => {
  server = await serveSite();
  browser = await launchBrowser();
  context = await browser.newContext({ reducedMotion: "reduce" });
});

beforeEach(async () => {
  ({ page, errors } = await visit(context, `${server.origin}/querying.html`));
  await waitUntilReady(page);
});

afterEach(async () => {
  expect(errors).toEqual([]);
  await page.close();
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

/** Presses ArrowDown until the option at a position is chosen. */
async function choose(position: number): Promise<void> {
  for (let press = 0; press <= position; press++) await page.keyboard.press("ArrowDown");
}

describe("with the keyboard alone", () => {
  test("Enter opens the chosen option, on another page, and its section is read on from", async () => {
    const results = await ask(page, "what leaves the browser");
    const position = results.findIndex(({ href }) => !href.startsWith("./querying.html"));
    await choose(position);
    await page.keyboard.press("Enter");
    const [file, anchor] = results[position]!.href.slice(2).split("#");
    await page.waitForURL((url) => url.pathname === `/${file}`);
    expect((await readLanding(page)).section).toBe(anchor);
    expect(await page.evaluate(() => location.hash)).toBe(`#${anchor}`);
  });

  test("Enter opens a passage of the same page without loading it again; the next Tab goes on from there", async () => {
    await page.evaluate(() => document.body.setAttribute("data-same", ""));
    const results = await ask(page, "number of results limit");
    const position = results.findIndex(({ href }) => href.startsWith("./querying.html#"));
    expect(position).toBeGreaterThanOrEqual(0);
    await choose(position);
    await page.keyboard.press("Enter");
    const landing = await readLanding(page);
    expect(landing.section).toBe(results[position]!.href.split("#")[1]);
    expect(await page.locator("body[data-same]").count()).toBe(1);
    expect(await fieldOf(page).isVisible()).toBe(false);
    await page.keyboard.press("Tab");
    const isAfter = await page.evaluate(() => {
      const passage = [...CSS.highlights.get("inkling-passage")!][0] as Range;
      return passage.comparePoint(document.activeElement!, 0) >= 0;
    });
    expect(isAfter).toBe(true);
    await page.keyboard.press("Escape");
    expect(await page.evaluate(() => CSS.highlights.size)).toBe(0);
  });

  test("the first Tab on a page offers to skip to the text", async () => {
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");
  });
});

describe("an impatient visitor", () => {
  const question = "how much disk space will the stored text take";

  test("gets the answer to what was typed last", async () => {
    const calm = await ask(page, question);
    await fieldOf(page).fill("");
    await fieldOf(page).pressSequentially(question, { delay: 0 });
    await waitForAnswer(page, question);
    expect(await readResults(page)).toEqual(calm);
  });

  test("never sees an answer to an earlier question after one to a later", async () => {
    await openDialog(page);
    const shown = await page.locator("[part=list]").evaluateHandle((list: HTMLElement) => {
      const lengths: number[] = [];
      new MutationObserver(() => lengths.push(list.dataset["question"]!.length)).observe(list, {
        attributeFilter: ["data-question"],
      });
      return lengths;
    });
    await fieldOf(page).pressSequentially(question, { delay: 2 });
    await waitForAnswer(page, question);
    const lengths = await shown.jsonValue();
    expect(lengths.length).toBeGreaterThan(0);
    expect(lengths).toEqual(lengths.toSorted((a, b) => a - b));
  });

  test("may press Enter before there is an answer", async () => {
    const [first] = await ask(page, "which languages are understood");
    await page.reload();
    await openDialog(page);
    await page.keyboard.insertText("which languages are understood");
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.pathname === first!.href.slice(1).split("#")[0]);
    expect((await readLanding(page)).section).not.toBe("");
  });
});

describe("what the guide finds", () => {
  test("words of the question are marked where they occur", async () => {
    const [first] = await ask(page, "clearHighlight");
    expect(first!.marked).toContain("clearHighlight");
  });

  test("markup in a question or a page stays text", async () => {
    await ask(page, "<img src=x onerror=alert(1)> script tags");
    expect(await page.locator("inkling-search :is(img, script)").count()).toBe(0);
  });

  test("an example on the first page is asked when it is chosen", async () => {
    await page.goto(server.origin);
    const example = page.locator("[data-question]").first();
    const question = (await example.textContent())!;
    await example.click();
    await waitForAnswer(page, question);
    expect((await readResults(page)).length).toBeGreaterThan(0);
    expect(await fieldOf(page).inputValue()).toBe(question);
  });

  test("a click with Ctrl opens the section in a new tab and leaves this one alone", async () => {
    await ask(page, "private windows");
    const opened = context.waitForEvent("page");
    const option = page.getByRole("option").first();
    await option.click({ modifiers: ["ControlOrMeta"] });
    const tab = await opened;
    await tab.waitForLoadState();
    expect(new URL(tab.url()).pathname).toMatch(/\.html$/);
    expect(new URL(page.url()).pathname).toBe("/querying.html");
    await tab.close();
  });
});
