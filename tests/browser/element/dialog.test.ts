import type { Browser, BrowserContext, Page } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { launchBrowser } from "../harness/browser.ts";
import type { TestServer } from "../harness/server.ts";
import {
  ask,
  giveSearch,
  givingScript,
  htmlOf,
  openTab,
  readFocus,
  readLanding,
  serveArticles,
  servePage,
  waitUntilFilled,
} from "./harness.ts";

let server: TestServer;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let errors: readonly string[];

const body = `<a id="before" href="#x">Before</a> <inkling-search id="search"></inkling-search> <a id="after" href="#y">After</a>
<textarea id="notes"></textarea><div id="editable" contenteditable="true">Text</div>
<main><h1>Start</h1><p>A page with a search.</p></main>${giveSearch}`;

beforeAll(async () => {
  server = await serveArticles();
  servePage(server, "/start.html", htmlOf(body));
  browser = await launchBrowser();
});

beforeEach(async () => {
  context = await browser.newContext({ reducedMotion: "reduce" });
  ({ page, errors } = await openTab(context, `${server.origin}/start.html`));
  await waitUntilFilled(page);
});

afterEach(async () => {
  expect(errors).toEqual([]);
  await context.close();
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

const dialog = () => page.getByRole("dialog", { name: "Search" });
const field = () => dialog().getByRole("combobox", { name: "Search" });
const options = () => dialog().getByRole("option");
const trigger = () => page.getByRole("button", { name: /^Search/ });

async function open(): Promise<void> {
  await page.keyboard.press("/");
  await dialog().waitFor();
}

describe("the dialog opens", () => {
  test.each(["/", "Control+k", "Meta+k"])("at %s, with the focus in its field and nothing written", async (keys) => {
    await page.keyboard.press(keys);
    await dialog().waitFor();
    expect(await readFocus(page)).toBe("input");
    expect(await field().inputValue()).toBe("");
  });

  test("at a click on the button, and at Enter on it", async () => {
    await trigger().click();
    await dialog().waitFor();
    await page.keyboard.press("Escape");
    await dialog().waitFor({ state: "hidden" });
    await page.locator("#before").focus();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await dialog().waitFor();
  });

  test("not at a slash that is written somewhere", async () => {
    for (const place of ["#notes", "#editable"]) {
      await page.locator(place).focus();
      await page.keyboard.press("/");
    }
    expect(await page.locator("#notes").inputValue()).toBe("/");
    expect(await page.locator("#editable").textContent()).toContain("/");
    expect(await dialog().count()).toBe(0);
  });

  test("not where the page took the key, nor from an element that is not displayed", async () => {
    await page.evaluate(() =>
      addEventListener("keydown", (event) => event.preventDefault(), { capture: true, once: true }),
    );
    await page.keyboard.press("/");
    await page.locator("#search").evaluate((element) => (element.parentElement!.style.display = "none"));
    await page.keyboard.press("/");
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 100)));
    expect(
      await page.locator("#search").evaluate((element) => element.shadowRoot!.querySelector("dialog[open]")),
    ).toBeNull();
  });

  test("at other shortcuts where the attribute says so, and at none", async () => {
    const set = (value: string) =>
      page.locator("#search").evaluate((element, text) => element.setAttribute("shortcut", text), value);
    await set("mod+j ?");
    await page.keyboard.press("/");
    await page.keyboard.press("Control+j");
    await dialog().waitFor();
    await page.keyboard.press("Control+j");
    await dialog().waitFor({ state: "hidden" });
    expect(await trigger().textContent()).toMatch(/^Search(Ctrl J|⌘J)$/);
    await set("none");
    await page.keyboard.press("Control+j");
    expect(await trigger().textContent()).toBe("Search");
    expect(await dialog().count()).toBe(0);
  });

  test("with what was typed while it was loading", async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const restore = server.alter(/element-panel/, { until: gate });
    await page.goto(`${server.origin}/start.html`);
    await page.keyboard.type("/brakes");
    release();
    await dialog().waitFor();
    restore();
    expect(await field().inputValue()).toBe("brakes");
    await options().first().waitFor();
  });
});

describe("answers", () => {
  test("come while typing, as pages with their passages, and name the page's section", async () => {
    await open();
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
    await open();
    const shown = await page.locator("#search").evaluateHandle((element) => {
      const seen: string[] = [];
      element.addEventListener("inkling-query", (event) =>
        seen.push((event as CustomEvent<{ query: string }>).detail.query),
      );
      return seen;
    });
    await page.keyboard.type("squealing brakes", { delay: 5 });
    await options().first().filter({ hasText: "squeal" }).waitFor();
    await page.waitForTimeout(700);
    const told = await shown.jsonValue();
    expect(told.at(-1)).toBe("squealing brakes");
    expect(told).toEqual(told.toSorted((a, b) => a.length - b.length));
  });

  test("say in plain words that there are none, and fire an event", async () => {
    await open();
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
    await open();
    await ask(field(), "hostile <b>markup</b>");
    const option = options().filter({ hasText: "onerror" }).first();
    expect(await option.getAttribute("href")).toBeNull();
    await option.click();
    expect(await dialog().locator("img, b").count()).toBe(0);
    expect(await page.title()).toBe("Test");
  });

  test("do not move while the pointer goes for one of them, and come to rest after it", async () => {
    await open();
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

describe("with the keyboard alone", () => {
  test("arrow keys choose options and go round, while the focus stays in the field", async () => {
    await open();
    await ask(field(), "water");
    await dialog()
      .getByText(/by words and meaning/)
      .first()
      .waitFor();
    const count = await options().count();
    expect(count).toBeGreaterThan(2);
    expect(await field().getAttribute("aria-activedescendant")).toBeNull();
    for (let position = 0; position <= count; position++) {
      await page.keyboard.press("ArrowDown");
      const chosen = dialog().getByRole("option", { selected: true });
      expect(await chosen.count()).toBe(1);
      expect(await field().getAttribute("aria-activedescendant")).toBe(await chosen.getAttribute("id"));
      expect(
        await options()
          .nth(position % count)
          .getAttribute("aria-selected"),
      ).toBe("true");
    }
    await page.keyboard.press("ArrowUp");
    expect(await field().getAttribute("aria-activedescendant")).toBeNull();
    await page.keyboard.press("ArrowUp");
    expect(await options().last().getAttribute("aria-selected")).toBe("true");
    expect(await readFocus(page)).toBe("input");
  });

  test("Enter goes to the passage on its page, which is highlighted without a change of its markup", async () => {
    await open();
    await ask(field(), "how do I find the hole in the tube");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.pathname === "/bicycle.html");
    expect(await readLanding(page)).toContain("glue a patch on it");
    expect(await page.evaluate(() => location.hash)).toBe("#puncture");
    expect(await page.locator("main mark, main span").count()).toBe(0);
    const top = await page.locator("#puncture").evaluate((heading) => heading.getBoundingClientRect().top);
    expect(top).toBeGreaterThan(-50);
    expect(top).toBeLessThan(720);
    await page.keyboard.press("Escape");
    expect(await page.evaluate(() => CSS.highlights.size)).toBe(0);
  });

  test("Enter before there is an answer opens its first hit", async () => {
    await open();
    await field().evaluate((input: HTMLInputElement) => {
      input.value = "squealing brakes";
      input.dispatchEvent(new InputEvent("input", { bubbles: true }));
      input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, composed: true }));
    });
    await page.waitForURL((url) => url.pathname === "/bicycle.html");
    expect(await readLanding(page)).toContain("squeal");
  });

  test("Enter on a passage of this page goes there without loading it again", async () => {
    await page.goto(`${server.origin}/bicycle.html`);
    await page.addScriptTag({ type: "module", content: givingScript });
    await waitUntilFilled(page);
    await page.evaluate(() => (document.body.dataset["same"] = ""));
    await open();
    await ask(field(), "put a drop of oil on the chain");
    await page.keyboard.press("Enter");
    expect(await readLanding(page)).toContain("drop of oil");
    expect(await page.locator("body[data-same]").count()).toBe(1);
    expect(await dialog().count()).toBe(0);
    expect(new URL(page.url()).hash).toBe("#chain");
  });

  test.each(["Control+Enter", "Meta+Enter"])("%s opens a tab, and the dialog stays", async (keys) => {
    await open();
    await ask(field(), "compost");
    const opened = context.waitForEvent("page");
    await page.keyboard.press(keys);
    const tab = await opened;
    await tab.waitForLoadState();
    expect(new URL(tab.url()).pathname).toBe("/garden.html");
    expect(new URL(page.url()).pathname).toBe("/start.html");
    expect(await dialog().isVisible()).toBe(true);
  });

  test("Escape closes it, keeps the question, and gives the focus back", async () => {
    await page.locator("#after").focus();
    await open();
    await ask(field(), "compost");
    await page.keyboard.press("Escape");
    await dialog().waitFor({ state: "hidden" });
    expect(await readFocus(page)).toBe("#after");
    await open();
    expect(await field().inputValue()).toBe("compost");
    await options().first().waitFor();
    await page.keyboard.type("tea");
    expect(await field().inputValue()).toBe("tea");
  });

  test("Tab stays inside, and Ctrl+K closes what it has opened", async () => {
    await page.keyboard.press("Control+k");
    await dialog().waitFor();
    const seen = new Set<string>();
    for (let press = 0; press < 6; press++) {
      seen.add(await readFocus(page));
      await page.keyboard.press("Tab");
    }
    expect([...seen].filter((name) => name.startsWith("#"))).toEqual([]);
    expect(seen).toContain("input");
    expect(seen).toContain("button");
    await page.keyboard.press("Control+k");
    await dialog().waitFor({ state: "hidden" });
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
    await open();
    await ask(field(), "compost heap");
    await options().first().click();
    expect(await chosen).toEqual(["compost heap", "/garden.html", "The garden in spring", "compost"]);
    expect(new URL(page.url()).pathname).toBe("/start.html");
    await dialog().waitFor({ state: "hidden" });
  });

  test("makes its question a recent search, which can be asked again and forgotten", async () => {
    await open();
    await ask(field(), "compost heap");
    await options().first().click();
    await page.waitForURL((url) => url.pathname === "/garden.html");
    await page.goto(`${server.origin}/start.html`);
    await open();
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

describe("with a pointer", () => {
  test("a click beside the dialog closes it, marking the text of its field does not", async () => {
    await open();
    await field().fill("some words");
    const box = (await field().boundingBox())!;
    await page.mouse.move(box.x + 5, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(5, 5);
    await page.mouse.up();
    expect(await dialog().isVisible()).toBe(true);
    await page.mouse.click(5, 5);
    await dialog().waitFor({ state: "hidden" });
  });

  test("the page behind cannot be reached", async () => {
    await open();
    const above = await page.locator("#after").evaluate((link) => {
      const { x, y } = link.getBoundingClientRect();
      return document.elementFromPoint(x + 2, y + 2)?.localName;
    });
    expect(above).toBe("inkling-search");
  });

  test("a trigger of the page's own takes the place of the button", async () => {
    await page.locator("#search").evaluate((element) => {
      const link = Object.assign(document.createElement("a"), {
        slot: "trigger",
        href: "/search",
        textContent: "Find it",
      });
      element.append(link);
    });
    await page.getByRole("link", { name: "Find it" }).click();
    await dialog().waitFor();
    expect(new URL(page.url()).pathname).toBe("/start.html");
  });
});
