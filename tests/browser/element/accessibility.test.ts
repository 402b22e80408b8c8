import type { Page } from "playwright";
import { describe, expect, test } from "vitest";
import { audit } from "../harness/audit.ts";
import { useBrowser } from "../harness/use-browser.ts";
import { ask, giveSearch, htmlOf, openDialog, serveWith, waitUntilFilled } from "./harness.ts";

const head =
  '<script type="module" src="/lib/inkling.js"></script><meta name="color-scheme" content="light dark"><style>html{background:Canvas;color:CanvasText}</style>';
const parts = '<inkling-filters for="box"></inkling-filters><inkling-results for="box"></inkling-results>';

/** A page with one kind of element. */
function pageOf(element: string): string {
  return htmlOf(`<header>${element}</header><main><h1>Start</h1><p>Text.</p></main>${giveSearch}`, head);
}

const pages = {
  "/search.html": pageOf('<inkling-search facets="topic"></inkling-search>'),
  "/box.html": pageOf('<inkling-box facets="topic"></inkling-box>'),
  "/parts.html": pageOf(`<inkling-box id="box" facets="topic"></inkling-box>${parts}`),
  "/broken.html": pageOf('<inkling-search worker-url="/missing.js"></inkling-search>').replace(giveSearch, ""),
};

const here = useBrowser(() => serveWith(pages));

const inField = (page: Page) => page.getByRole("combobox");

/** Every state that looks different: path and the way there. */
const states: Readonly<Record<string, readonly [path: string, reach: (page: Page) => Promise<void>]>> = {
  "the button alone": ["/search.html", async () => undefined],
  "the empty dialog": ["/search.html", openDialog],
  "the dialog with an answer": [
    "/search.html",
    async (page) => {
      await openDialog(page);
      await ask(inField(page), "water");
      await page.keyboard.press("ArrowDown");
    },
  ],
  "the dialog with a pressed filter": [
    "/search.html",
    async (page) => {
      await openDialog(page);
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
      await openDialog(page);
      await inField(page).fill("zxqv");
      await page.getByText("Nothing found for “zxqv”").first().waitFor();
    },
  ],
  "the dialog with recent searches": [
    "/search.html",
    async (page) => {
      await page.evaluate(() => localStorage.setItem("inkling:recent:inkling", '["one","two"]'));
      await openDialog(page);
      await page.getByRole("option", { name: "two" }).waitFor();
    },
  ],
  "the dialog of a search that cannot start": [
    "/broken.html",
    async (page) => {
      await openDialog(page);
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
    const { page } = await here.open(path);
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
    expect(found).toEqual([]);
  });

  test("because there is nothing to find, not because it does not look", async () => {
    const { page } = await here.open("/search.html");
    await page.locator("inkling-search").evaluate((element) => {
      const root = element.shadowRoot!;
      root.append(Object.assign(document.createElement("input"), { style: "color:#ddd" }));
    });
    expect((await audit(page)).join()).toContain("label");
  });
});
