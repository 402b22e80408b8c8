import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser } from "../harness/browser.ts";
import type { TestServer } from "../harness/server.ts";
import { ask, giveSearch, htmlOf, openTab, serveArticles, servePage, waitUntilFilled } from "./harness.ts";

let server: TestServer;
let browser: Browser;
let axe: string;

const head =
  '<script type="module" src="/lib/inkling.js"></script><meta name="color-scheme" content="light dark"><style>html{background:Canvas;color:CanvasText}</style>';
const parts = '<inkling-filters for="box"></inkling-filters><inkling-results for="box"></inkling-results>';

/** A page with one kind of element. */
function pageOf(element: string): string {
  return htmlOf(`<header>${element}</header><main><h1>Start</h1><p>Text.</p></main>${giveSearch}`, head);
}

beforeAll(async () => {
  server = await serveArticles();
  servePage(server, "/search.html", pageOf('<inkling-search facets="topic"></inkling-search>'));
  servePage(server, "/box.html", pageOf('<inkling-box facets="topic"></inkling-box>'));
  servePage(server, "/parts.html", pageOf(`<inkling-box id="box" facets="topic"></inkling-box>${parts}`));
  servePage(
    server,
    "/broken.html",
    pageOf('<inkling-search worker-url="/missing.js"></inkling-search>').replace(giveSearch, ""),
  );
  browser = await launchBrowser();
  axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

/** What axe finds on the page as it is now, in words. */
async function audit(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => "axe" in window))) await page.addScriptTag({ content: axe });
  const { violations } = await page.evaluate(() =>
    (window as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  );
}

const open = async (page: Page): Promise<void> => {
  await page.keyboard.press("/");
  await page.getByRole("combobox").waitFor();
};
const inField = (page: Page) => page.getByRole("combobox");

/** Every state that looks different: path and the way there. */
const states: Readonly<Record<string, readonly [path: string, reach: (page: Page) => Promise<void>]>> = {
  "the button alone": ["/search.html", async () => undefined],
  "the empty dialog": ["/search.html", open],
  "the dialog with an answer": [
    "/search.html",
    async (page) => {
      await open(page);
      await ask(inField(page), "water");
      await page.keyboard.press("ArrowDown");
    },
  ],
  "the dialog with a pressed filter": [
    "/search.html",
    async (page) => {
      await open(page);
      await ask(inField(page), "water");
      await page.getByRole("button", { name: "outdoors 1" }).click();
      await page.getByRole("button", { name: "outdoors 1", pressed: true }).waitFor();
    },
  ],
  "the dialog without an answer": [
    "/search.html",
    async (page) => {
      await page.evaluate(async () =>
        (await (window as unknown as { search: Promise<{ clear(): Promise<void> }> }).search).clear(),
      );
      await open(page);
      await inField(page).fill("zxqv");
      await page.getByText("Nothing found for “zxqv”").first().waitFor();
    },
  ],
  "the dialog with recent searches": [
    "/search.html",
    async (page) => {
      await page.evaluate(() => localStorage.setItem("inkling:recent:inkling", '["one","two"]'));
      await open(page);
      await page.getByRole("option", { name: "two" }).waitFor();
    },
  ],
  "the dialog of a search that cannot start": [
    "/broken.html",
    async (page) => {
      await open(page);
      await page.getByText("Search cannot run in this browser").first().waitFor();
    },
  ],
  "the box": ["/box.html", async () => undefined],
  "the box with an answer": ["/box.html", (page) => ask(inField(page), "water")],
  "results and filters elsewhere": [
    "/parts.html",
    async (page) => {
      await inField(page).fill("water");
      await page.getByRole("link", { name: /tea/ }).first().waitFor();
    },
  ],
};

describe("axe finds nothing", () => {
  test.each(Object.entries(states))("in %s, in light and dark, wide and narrow", async (_, [path, reach]) => {
    const context = await browser.newContext({ reducedMotion: "reduce" });
    const { page } = await openTab(context, server.origin + path);
    if (path !== "/broken.html") await waitUntilFilled(page);
    await reach(page);
    const found: string[] = [];
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      for (const width of [1280, 390]) {
        await page.setViewportSize({ width, height: 800 });
        found.push(...(await audit(page)).map((violation) => `${colorScheme} ${width}: ${violation}`));
      }
    }
    await context.close();
    expect(found).toEqual([]);
  });

  test("because there is nothing to find, not because it does not look", async () => {
    const context = await browser.newContext();
    const { page } = await openTab(context, `${server.origin}/search.html`);
    await page.locator("inkling-search").evaluate((element) => {
      const root = element.shadowRoot!;
      root.append(Object.assign(document.createElement("input"), { style: "color:#ddd" }));
    });
    expect((await audit(page)).join()).toContain("label");
    await context.close();
  });
});

describe("a screen reader's tree", () => {
  test("of an open dialog has the field, the list by pages, and what was found, in words", async () => {
    const context = await browser.newContext({ reducedMotion: "reduce" });
    const { page } = await openTab(context, `${server.origin}/search.html`);
    await waitUntilFilled(page);
    await open(page);
    await ask(inField(page), "compost heap");
    await page
      .getByRole("status")
      .filter({ hasText: /pages? · by words and meaning/ })
      .waitFor();
    await page.keyboard.press("ArrowDown");
    const tree = await page.getByRole("dialog").ariaSnapshot();
    await context.close();
    expect(tree).toContain('- dialog "Search":');
    expect(tree).toContain('- combobox "Search" [expanded]: compost heap');
    expect(tree).toMatch(/- group "Filters":\n\s+- group "topic":/);
    expect(tree).toMatch(
      /- listbox "Results":\n\s+- group "The garden in spring":\n\s+- option "The garden in spring compost Turn the compost heap .*" \[selected\]/,
    );
    expect(tree).toMatch(/- status: \d pages? · by words and meaning/);
    // What keys do is drawn for the eye, and said by the combobox itself.
    expect(tree).not.toContain("↵");
  });

  test("of an open dialog hides the page behind", async () => {
    const context = await browser.newContext();
    const { page } = await openTab(context, `${server.origin}/search.html`);
    await open(page);
    expect(await page.getByRole("heading", { name: "Start" }).count()).toBe(1);
    const inert = await page.evaluate(() => {
      const heading = document.querySelector("h1")!;
      heading.tabIndex = 0;
      heading.focus();
      return document.activeElement !== heading;
    });
    await context.close();
    expect(inert).toBe(true);
  });

  test("says one polite sentence after typing has stopped, not one for each letter", async () => {
    const context = await browser.newContext({ reducedMotion: "reduce" });
    const { page } = await openTab(context, `${server.origin}/search.html`);
    await waitUntilFilled(page);
    await open(page);
    const said = await page.getByRole("status").evaluateHandle((region) => {
      const texts: string[] = [];
      new MutationObserver(() => texts.push(region.textContent ?? "")).observe(region, {
        childList: true,
        characterData: true,
      });
      return texts;
    });
    // Why in the page: on a busy machine keys that are sent from outside come more than half a second apart.
    await inField(page).evaluate(async (field) => {
      const input = field as HTMLInputElement;
      for (const letter of "compost heap") {
        input.value += letter;
        input.dispatchEvent(new InputEvent("input", { bubbles: true }));
        await new Promise(requestAnimationFrame);
      }
    });
    await page.getByRole("status").filter({ hasText: "pages" }).waitFor();
    expect((await said.jsonValue()).filter(Boolean)).toHaveLength(1);
    await context.close();
  });
});
