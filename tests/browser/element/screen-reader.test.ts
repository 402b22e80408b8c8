import type { Locator, Page } from "playwright";
import { describe, expect, test } from "vitest";
import { useBrowser } from "../harness/use-browser.ts";
import { ask, giveSearch, htmlOf, openDialog, serveWith, waitUntilFilled } from "./harness.ts";

const parts = '<inkling-filters for="box"></inkling-filters><inkling-results for="box"></inkling-results>';
const main = "<main><h1>Start</h1><p>Text.</p></main>";

const withSearch = (element: string): string => htmlOf(`${element}${main}${giveSearch}`);
const pages = {
  "/search.html": withSearch('<inkling-search facets="topic"></inkling-search>'),
  "/box.html": withSearch('<inkling-box facets="topic"></inkling-box>'),
  "/parts.html": withSearch(`<inkling-box id="box" facets="topic"></inkling-box>${parts}`),
  "/broken.html": htmlOf(`<inkling-search worker-url="/missing.js"></inkling-search>${main}`),
};

const here = useBrowser(() => serveWith(pages));

/** Opens a page whose search has all articles. */
async function open(path: string): Promise<Page> {
  const { page } = await here.open(path);
  await waitUntilFilled(page);
  return page;
}

/** The same with the dialog open. */
async function openWithDialog(): Promise<Page> {
  const page = await open("/search.html");
  await openDialog(page);
  return page;
}

const field = (page: Page): Locator => page.getByRole("combobox");

/** The tree of the dialog as a screen reader gets it, once its live region says something. */
async function readDialog(page: Page, said: RegExp): Promise<string> {
  await page.getByRole("status").filter({ hasText: said }).waitFor();
  return page.getByRole("dialog").ariaSnapshot();
}

describe("a screen reader's tree", () => {
  test("of an open dialog has the field, the list by pages, and what was found, in words", async () => {
    const page = await openWithDialog();
    await ask(field(page), "compost heap");
    await page.keyboard.press("ArrowDown");
    const tree = await readDialog(page, /pages? · by words and meaning/);
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

  test("of a dialog without a question has the hint, and a list of recent searches where there are some", async () => {
    const page = await openWithDialog();
    const tree = await page.getByRole("dialog").ariaSnapshot();
    expect(tree).toContain('- combobox "Search"');
    expect(tree).not.toContain("expanded");
    expect(tree).toContain("A word, a name, or a whole question.");
    await page.keyboard.press("Escape");
    await page.evaluate(() => localStorage.setItem("inkling:recent:inkling", '["one","two"]'));
    await openDialog(page);
    await page.getByRole("option", { name: "two" }).waitFor();
    await page.keyboard.press("ArrowDown");
    const recent = await page.getByRole("dialog").ariaSnapshot();
    expect(recent).toMatch(/- text: Recent searches\n\s+- button "Forget these"/);
    expect(recent).toMatch(/- listbox "Results":\n\s+- option "one" \[selected\]\n\s+- option "two"/);
  });

  test("says that nothing was found, and what may help", async () => {
    const page = await openWithDialog();
    await page.evaluate(async () =>
      (await (window as unknown as { search: Promise<{ clear(): Promise<void> }> }).search).clear(),
    );
    await field(page).fill("zxqv");
    const tree = await readDialog(page, /zxqv/);
    expect(tree).toContain("- status: Nothing found for “zxqv” Other words may help, or a whole question.");
    expect(tree).not.toContain("listbox");
    expect(tree).not.toContain("[expanded]");
  });

  test("says that the search is starting, until it has", async () => {
    const page = await openWithDialog();
    await page.evaluate(() => {
      const { search } = window as unknown as { search: unknown };
      const started = new Promise((resolve) => Object.assign(window, { start: () => resolve(search) }));
      Object.assign(document.querySelector("inkling-search")!, { search: started });
    });
    await field(page).fill("compost");
    expect(await readDialog(page, /Starting the search/)).toContain("- status: Starting the search…");
    await page.evaluate(() => (window as unknown as { start(): void }).start());
    expect(await readDialog(page, /pages? · by/)).toContain("- listbox");
  });

  test("says why there is no search", async () => {
    const { page } = await here.open("/broken.html");
    await openDialog(page);
    await field(page).fill("tea");
    const tree = await readDialog(page, /cannot run/);
    expect(tree).toContain("- status: Search cannot run in this browser, or the site does not allow it to.");
    expect(tree).toContain('- button "Close"');
  });

  test("says which filter is pressed", async () => {
    const page = await openWithDialog();
    await ask(field(page), "water");
    for (let press = 0; press < 2; press++) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { pressed: true }).waitFor();
    expect(await readDialog(page, /^1 page ·|^2 pages ·/)).toMatch(
      /- group "topic":\n\s+- button "(?:outdoors|household) \d" \[pressed\]/,
    );
  });

  test("of a box has a search landmark with the field, and the list after it", async () => {
    const page = await open("/box.html");
    await ask(field(page), "compost heap");
    await page.keyboard.press("ArrowDown");
    await page
      .getByRole("status")
      .filter({ hasText: /pages? · by/ })
      .waitFor();
    const tree = await page.locator("inkling-box").ariaSnapshot();
    expect(tree).toMatch(/- search:\n\s+- combobox "Search" \[expanded\]: compost heap/);
    expect(tree).toMatch(/- listbox "Results":\n\s+- group "The garden in spring":\n\s+- option .* \[selected\]/);
    await page.keyboard.press("Escape");
    expect(await page.locator("inkling-box").ariaSnapshot()).not.toContain("listbox");
  });

  test("of results elsewhere has links, and a live region that counts them", async () => {
    const page = await open("/parts.html");
    await field(page).fill("compost heap");
    await page
      .getByRole("status")
      .filter({ hasText: /pages? · by words and meaning/ })
      .waitFor();
    const results = await page.locator("inkling-results").ariaSnapshot();
    expect(results).toMatch(/^- status: \d pages? · by words and meaning\n/);
    expect(results).toMatch(/- link "The garden in spring compost Turn the compost heap/);
    expect(await page.locator("inkling-filters").ariaSnapshot()).toMatch(/- group "Filters":\n\s+- group "topic":/);
    expect(await page.locator("inkling-box").ariaSnapshot()).not.toContain("listbox");
  });

  test("of an open dialog hides the page behind", async () => {
    const page = await openWithDialog();
    const isInert = await page.evaluate(() => {
      const heading = document.querySelector("h1")!;
      heading.tabIndex = 0;
      heading.focus();
      return document.activeElement !== heading;
    });
    expect(isInert).toBe(true);
  });
});

describe("a live region", () => {
  /** All that it says from now on. */
  const listen = (page: Page) =>
    page.getByRole("status").evaluateHandle((region) => {
      const texts: string[] = [];
      new MutationObserver(() => texts.push(region.textContent ?? "")).observe(region, {
        childList: true,
        characterData: true,
      });
      return texts;
    });

  test("says one polite sentence after typing has stopped, not one for each letter", async () => {
    const page = await openWithDialog();
    const said = await listen(page);
    // Why in the page: on a busy machine keys that are sent from outside come more than half a second apart.
    await field(page).evaluate(async (input: HTMLInputElement) => {
      for (const letter of "compost heap") {
        input.value += letter;
        input.dispatchEvent(new InputEvent("input", { bubbles: true }));
        await new Promise(requestAnimationFrame);
      }
    });
    await page
      .getByRole("status")
      .filter({ hasText: /pages? · by/ })
      .waitFor();
    expect((await said.jsonValue()).filter(Boolean)).toHaveLength(1);
  });

  test("says what was found also while better answers keep coming", async () => {
    const page = await openWithDialog();
    await ask(field(page), "compost heap");
    const said = await page.evaluate(async () => {
      const element = document.querySelector<HTMLElement & { refresh(): void }>("inkling-search")!;
      const region = element.shadowRoot!.querySelector("[role=status]")!;
      const timer = setInterval(() => element.refresh(), 20);
      while (region.textContent === "") await new Promise(requestAnimationFrame);
      clearInterval(timer);
      return region.textContent;
    });
    expect(said).toMatch(/pages? · by/);
  });
});
