import type { Browser, BrowserContext, Page } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { launchBrowser } from "../browser/harness/browser.ts";
import type { TestServer } from "../browser/harness/server.ts";
import { ask, readLanding, readResults, serveSite, visit, waitForAnswer, waitUntilReady } from "./site.ts";

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

const focusedId = () => page.evaluate(() => document.activeElement?.id ?? "");

/** The option named by `aria-activedescendant`; it must be the one selected option of the list. */
async function readActive(): Promise<string | null> {
  const id = await page.locator("#query").getAttribute("aria-activedescendant");
  const selected = await page
    .locator("[role=option][aria-selected=true]")
    .evaluateAll((all) => all.map(({ id }) => id));
  expect(selected).toEqual(id === null ? [] : [id]);
  return id;
}

describe("with the keyboard alone", () => {
  test.each(["/", "Control+k", "Meta+k"])("%s goes to the search box", async (key) => {
    await page.keyboard.press(key);
    expect(await focusedId()).toBe("query");
    expect(await page.locator("#query").inputValue()).toBe("");
  });

  test("a slash in the box is a character like any other", async () => {
    await page.keyboard.press("/");
    await page.keyboard.type("storage/quota");
    expect(await page.locator("#query").inputValue()).toBe("storage/quota");
  });

  test("arrow keys walk through the options and round, while the focus stays in the box", async () => {
    await ask(page, "keep it private");
    const ids = await page.locator("[role=option]").evaluateAll((options) => options.map(({ id }) => id));
    expect(ids.length).toBeGreaterThan(2);
    expect(await readActive()).toBeNull();
    for (const id of [...ids, ids[0]]) {
      await page.keyboard.press("ArrowDown");
      expect(await readActive()).toBe(id);
      expect(await focusedId()).toBe("query");
    }
    await page.keyboard.press("ArrowUp");
    expect(await readActive()).toBeNull();
    await page.keyboard.press("ArrowUp");
    expect(await readActive()).toBe(ids.at(-1));
    await expect(page.locator(`#${ids.at(-1)}`).isVisible()).resolves.toBe(true);
  });

  test("Enter opens the chosen option, on another page, and the focus is in its section", async () => {
    const results = await ask(page, "what leaves the browser");
    const position = results.findIndex(({ href }) => !href.startsWith("./querying.html"));
    for (let i = 0; i <= position; i++) await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    const [file, anchor] = results[position]!.href.slice(2).split("#");
    await page.waitForURL((url) => url.pathname === `/${file}`);
    expect((await readLanding(page)).section).toBe(anchor);
    expect(await focusedId()).toBe(anchor);
    expect(new URL(page.url()).hash).toBe(`#${anchor}`);
  });

  test("Enter opens a passage of the same page without loading it again", async () => {
    await page.evaluate(() => document.body.setAttribute("data-same", ""));
    const results = await ask(page, "number of results limit");
    const position = results.findIndex(({ href }) => href.startsWith("./querying.html#"));
    expect(position).toBeGreaterThanOrEqual(0);
    for (let i = 0; i <= position; i++) await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    const landing = await readLanding(page);
    expect(landing.section).toBe(results[position]!.href.split("#")[1]);
    expect(await page.locator("body[data-same]").count()).toBe(1);
    expect(await page.locator(".panel").isVisible()).toBe(false);
    await page.keyboard.press("Escape");
    expect(await page.evaluate(() => CSS.highlights.size)).toBe(0);
  });

  test("Escape closes the list, then clears the box and gives the focus back", async () => {
    await page.locator(".brand").focus();
    await page.keyboard.press("/");
    await page.keyboard.type("privacy");
    await waitForAnswer(page, "privacy");
    await page.keyboard.press("Escape");
    expect(await page.locator("#results").isVisible()).toBe(false);
    expect(await page.locator("#query").getAttribute("aria-expanded")).toBe("false");
    expect(await page.locator("#query").inputValue()).toBe("privacy");
    expect(await focusedId()).toBe("query");
    await page.keyboard.press("Escape");
    expect(await page.locator("#query").inputValue()).toBe("");
    expect(await page.evaluate(() => document.activeElement?.className)).toBe("brand");
  });

  test("Tab leaves the box and closes the list", async () => {
    await ask(page, "privacy");
    await page.keyboard.press("Tab");
    expect(await page.locator("#results").isVisible()).toBe(false);
    expect(await focusedId()).not.toBe("query");
  });

  test("the first Tab on a page offers to skip to the text", async () => {
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    expect(await focusedId()).toBe("main");
  });
});

describe("an impatient visitor", () => {
  const question = "how much disk space will the stored text take";

  test("gets the answer to what was typed last", async () => {
    const calm = await ask(page, question);
    await page.locator("#query").fill("");
    await page.locator("#query").pressSequentially(question, { delay: 0 });
    await waitForAnswer(page, question);
    // Why once more: an answer that comes late would replace the last one now.
    await page.waitForTimeout(300);
    expect(await readResults(page)).toEqual(calm);
  });

  test("never sees an answer to an earlier question after one to a later", async () => {
    await page.locator("#query").evaluate((input: HTMLInputElement) => {
      const shown: number[] = [];
      Object.assign(window, { shown });
      new MutationObserver(() => shown.push(input.dataset["answered"]!.length)).observe(input, {
        attributeFilter: ["data-answered"],
      });
    });
    await page.locator("#query").pressSequentially(question, { delay: 2 });
    await waitForAnswer(page, question);
    const shown = await page.evaluate(() => (window as unknown as { shown: number[] }).shown);
    expect(shown).toEqual(shown.toSorted((a, b) => a - b));
  });

  test("may press Enter before there is an answer", async () => {
    const [first] = await ask(page, "which languages are understood");
    await page.reload();
    await page.keyboard.press("/");
    await page.keyboard.insertText("which languages are understood");
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.pathname === first!.href.slice(1).split("#")[0]);
    expect((await readLanding(page)).section).not.toBe("");
  });

  test("gets no list for a box that was emptied", async () => {
    await page.locator("#query").fill("privacy");
    await page.locator("#query").fill("");
    await page.waitForTimeout(300);
    expect(await page.locator(".panel").isVisible()).toBe(false);
  });
});

describe("what the box says", () => {
  test("roles, names and states are those of a combobox with a list of groups", async () => {
    const box = page.getByRole("combobox", { name: "Search the guide" });
    expect(await box.getAttribute("aria-expanded")).toBe("false");
    await ask(page, "what can go wrong");
    expect(await box.getAttribute("aria-expanded")).toBe("true");
    expect(await box.getAttribute("aria-controls")).toBe("results");
    const list = page.getByRole("listbox", { name: "Results" });
    expect(await list.getByRole("group").count()).toBeGreaterThan(1);
    for (const group of await list.getByRole("group").all()) {
      const title = await group.locator(".page-title").textContent();
      expect(await page.getByRole("group", { name: title!, exact: true }).count()).toBeGreaterThan(0);
      expect(await group.getByRole("option").count()).toBeGreaterThan(0);
    }
  });

  test("a polite live region tells the number of pages, a moment after typing has stopped", async () => {
    await ask(page, "privacy");
    const region = page.locator("#announcement[role=status]");
    await region.filter({ hasText: /^\d+ pages? by words and meaning, / }).waitFor();
  });

  test("markup in a question or a page stays text", async () => {
    await ask(page, "<img src=x onerror=alert(1)> script tags");
    expect(await page.locator(".panel :is(img, script)").count()).toBe(0);
  });

  test("words of the question are marked where they occur", async () => {
    const [first] = await ask(page, "persist");
    expect(first!.marked.map((word) => word.toLowerCase())).toContain("persist");
  });

  test("a question of nothing but signs gets an explanation", async () => {
    await page.locator("#query").fill("?!");
    await waitForAnswer(page, "?!");
    const shown = await readResults(page);
    const message = await page.locator(".message").textContent();
    expect(shown.length > 0 || /Nothing in the guide answers that/.test(message ?? "")).toBe(true);
    expect(await page.locator("#query").getAttribute("aria-expanded")).toBe(String(shown.length > 0));
  });

  test("an example on the first page is asked when it is chosen", async () => {
    await page.goto(server.origin);
    const example = page.locator("[data-question]").first();
    const question = (await example.textContent())!;
    await example.click();
    await waitForAnswer(page, question);
    expect((await readResults(page)).length).toBeGreaterThan(0);
    expect(await focusedId()).toBe("query");
  });

  test("a click with Ctrl opens the section in a new tab and leaves this one alone", async () => {
    await ask(page, "private windows");
    const opened = context.waitForEvent("page");
    await page
      .locator("[role=option]")
      .first()
      .click({ modifiers: ["ControlOrMeta"] });
    const tab = await opened;
    await tab.waitForLoadState();
    expect(new URL(tab.url()).pathname).toMatch(/\.html$/);
    expect(new URL(page.url()).pathname).toBe("/querying.html");
    await tab.close();
  });
});
