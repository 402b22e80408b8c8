import type { Page } from "playwright";
import { beforeEach, describe, expect, test } from "vitest";
import { useBrowser } from "../harness/use-browser.ts";
import {
  ask,
  dialogOf,
  giveSearch,
  holdAnswers,
  htmlOf,
  openDialog,
  openStart,
  optionsOf,
  readFocus,
  servePage,
  serveWith,
} from "./harness.ts";

const body = `<inkling-search id="search"></inkling-search><main><h1>Start</h1><p>A page with a search.</p></main>${giveSearch}`;

const here = useBrowser(() => serveWith({ "/start.html": htmlOf(body) }), { isSilent: true });
let page: Page;

beforeEach(async () => {
  page = await openStart(here);
});

const dialog = () => dialogOf(page);
const field = () => dialog().getByRole("combobox", { name: "Search" });
const options = () => optionsOf(dialog());

describe("answers", () => {
  test("come while typing, as pages with their passages, and name the page's section", async () => {
    await openDialog(page);
    await page.keyboard.type("how do I find the hole in the tube");
    const group = dialog().getByRole("group", { name: "Bicycle repair" });
    await group.getByRole("option").first().waitFor();
    expect(await options().first().textContent()).toContain("puncture");
    expect(await field().getAttribute("aria-expanded")).toBe("true");
    await dialog()
      .getByText(/^\d pages? · by words and meaning$/)
      .first()
      .waitFor();
  });

  test("belong to the last letter typed", async () => {
    await openDialog(page);
    const shown = await page.locator("#search").evaluateHandle((element) => {
      const seen: string[] = [];
      element.addEventListener("inkling-query", (event) =>
        seen.push((event as CustomEvent<{ query: string }>).detail.query),
      );
      return seen;
    });
    await page.keyboard.type("squealing brakes", { delay: 5 });
    await options().first().filter({ hasText: "squeal" }).waitFor();
    await expect.poll(async () => (await shown.jsonValue()).at(-1)).toBe("squealing brakes");
    const told = await shown.jsonValue();
    expect(told).toEqual(told.toSorted((a, b) => a.length - b.length));
  });

  test("that come late are dropped, and what was asked for them is called off", async () => {
    await openDialog(page);
    const held = await holdAnswers(page, "compost");
    await field().fill("compost");
    await held.asked();
    await ask(field(), "squealing brakes");
    expect(await held.isCalledOff()).toBe(true);
    await held.release();
    expect(await dialog().getByRole("listbox").getAttribute("data-question")).toBe("squealing brakes");
    expect(await options().filter({ hasText: "fork" }).count()).toBe(0);
  });

  test("say in plain words that there are none, and fire an event", async () => {
    await openDialog(page);
    const fired = page
      .locator("#search")
      .evaluate(
        (element) =>
          new Promise((resolve) =>
            element.addEventListener("inkling-noresults", (event) =>
              resolve((event as CustomEvent<{ query: string }>).detail.query),
            ),
          ),
      );
    await page.evaluate(async () => {
      const search = await (window as unknown as { search: Promise<{ clear(): Promise<void> }> }).search;
      await search.clear();
    });
    await field().fill("zxqv");
    await dialog().getByText("Nothing found for “zxqv”", { exact: true }).waitFor();
    expect(await field().getAttribute("aria-expanded")).toBe("false");
    expect(await fired).toBe("zxqv");
  });

  test("are text, whatever a page or a visitor writes", async () => {
    await page.evaluate(async () => {
      const { search } = window as unknown as { search: Promise<{ add(documents: object[]): Promise<void> }> };
      const evil = '<img src=x onerror="document.title=1"><b>markup</b>';
      await (await search).add([{ url: "javascript:document.title=2", title: evil, text: `${evil} hostile words` }]);
    });
    await openDialog(page);
    await ask(field(), "hostile <b>markup</b>");
    const option = options().filter({ hasText: "onerror" }).first();
    expect(await option.getAttribute("href")).toBeNull();
    await option.click();
    expect(await dialog().locator("img, b").count()).toBe(0);
    expect(await page.title()).toBe("Test");
  });

  test("do not move while the pointer goes for one of them, and come to rest after it", async () => {
    await openDialog(page);
    await ask(field(), "tea");
    const first = await options().first().textContent();
    await options().first().hover();
    await page.evaluate(async () => {
      const { search } = window as unknown as { search: Promise<{ add(documents: object[]): Promise<void> }> };
      await (await search).add([{ url: "/more", title: "Tea tea tea", text: "Tea, tea and more tea. Tea!" }]);
      (document.querySelector("#search") as HTMLElement & { refresh(): void }).refresh();
    });
    await dialog()
      .getByText(/pages?/)
      .first()
      .waitFor();
    expect(await options().first().textContent()).toBe(first);
    await options().filter({ hasText: "more tea" }).first().waitFor();
  });
});

describe("a chosen passage", () => {
  test("is told to the page, which may go there by itself", async () => {
    const chosen = page.locator("#search").evaluate(
      (element) =>
        new Promise((resolve) =>
          element.addEventListener("inkling-select", (event) => {
            event.preventDefault();
            const { query, url, hit, passage } = (
              event as CustomEvent<{ query: string; url: string; hit: { title: string }; passage: { anchor: string } }>
            ).detail;
            resolve([query, new URL(url).pathname, hit.title, passage.anchor]);
          }),
        ),
    );
    await openDialog(page);
    await ask(field(), "compost heap");
    await options().first().click();
    expect(await chosen).toEqual(["compost heap", "/garden.html", "The garden in spring", "compost"]);
    expect(new URL(page.url()).pathname).toBe("/start.html");
    await dialog().waitFor({ state: "hidden" });
  });

  test("is scrolled to by the browser alone on a page without any script, and in a new tab", async () => {
    const filler = "<p>Filler.</p>".repeat(200);
    servePage(
      here.server,
      "/plain.html",
      htmlOf(`${filler}<p id="goal">A quokka smiles at everybody.</p>${filler}`, ""),
    );
    await page.evaluate(async () => {
      const { search } = window as unknown as { search: Promise<{ add(documents: object[]): Promise<void> }> };
      await (await search).add([{ url: "plain.html", title: "Animals", text: "A quokka smiles at everybody." }]);
    });
    await openDialog(page);
    await ask(field(), "quokka");
    expect(await options().first().getAttribute("href")).toBe(
      `${here.server.origin}/plain.html#:~:text=A%20quokka%20smiles%20at%20everybody.`,
    );
    const opened = here.context.waitForEvent("page");
    await page.keyboard.press("Control+Enter");
    const tab = await opened;
    const readTop = (where: Page): Promise<number> =>
      where.locator("#goal").evaluate((goal) => goal.getBoundingClientRect().top);
    await expect.poll(() => readTop(tab)).toBeLessThan(800);
    await page.bringToFront();
    await page.keyboard.press("Enter");
    await page.waitForURL(/plain/);
    await expect.poll(() => readTop(page)).toBeLessThan(800);
  });

  test("makes no recent search where the attribute says so", async () => {
    await page.locator("#search").evaluate((element) => element.setAttribute("recent", "none"));
    await openDialog(page);
    await ask(field(), "compost heap");
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.pathname === "/garden.html");
    expect(await page.evaluate(() => Object.keys(localStorage))).toEqual([]);
  });

  test("makes its question a recent search, which can be asked again and forgotten", async () => {
    await openDialog(page);
    await ask(field(), "compost heap");
    await options().first().click();
    await page.waitForURL((url) => url.pathname === "/garden.html");
    await page.goto(`${here.server.origin}/start.html`);
    await openDialog(page);
    const recent = dialog().getByRole("option", { name: "compost heap" });
    await recent.waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    expect(await field().inputValue()).toBe("compost heap");
    await options().filter({ hasText: "fork" }).first().waitFor();
    await field().fill("");
    await dialog().getByRole("button", { name: "Forget these" }).click();
    await dialog().getByText("A word, a name, or a whole question.").waitFor();
    expect(await readFocus(page)).toBe("input");
    expect(await page.evaluate(() => Object.keys(localStorage))).toEqual([]);
  });
});
