import type { Page } from "playwright";
import { beforeEach, describe, expect, test } from "vitest";
import { holdBack } from "../harness/server.ts";
import { useBrowser } from "../harness/use-browser.ts";
import {
  ask,
  dialogOf,
  giveSearch,
  givingScript,
  htmlOf,
  openDialog,
  openStart,
  optionsOf,
  readFocus,
  readLanding,
  serveWith,
  waitUntilFilled,
} from "./harness.ts";

const body = `<a id="before" href="#x">Before</a> <inkling-search id="search"></inkling-search> <a id="after" href="#y">After</a>
<textarea id="notes"></textarea><div id="editable" contenteditable="true">Text</div>
<main><h1>Start</h1><p>A page with a search.</p></main>${giveSearch}`;

const here = useBrowser(() => serveWith({ "/start.html": htmlOf(body) }), { isSilent: true });
let page: Page;

beforeEach(async () => {
  page = await openStart(here);
});

const dialog = () => dialogOf(page);
const field = () => dialog().getByRole("combobox", { name: "Search" });
const options = () => optionsOf(dialog());
const trigger = () => page.getByRole("button", { name: /^Search/ });

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
    const opened = await page.evaluateHandle(() => {
      const times: number[] = [];
      addEventListener("inkling-open", ({ timeStamp }) => times.push(timeStamp), { capture: true });
      return times;
    });
    await page.keyboard.press("/");
    const setDisplay = (value: string) =>
      page.locator("#search").evaluate((element, display) => (element.parentElement!.style.display = display), value);
    await setDisplay("none");
    await page.keyboard.press("/");
    await setDisplay("");
    await openDialog(page);
    expect(await opened.jsonValue()).toHaveLength(1);
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

  test("again at once, however soon after it was closed", async () => {
    await openDialog(page);
    const isOpen = await page.locator("#search").evaluate(async (element) => {
      const root = element.shadowRoot!;
      const press = (target: EventTarget, key: string): boolean =>
        target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, composed: true, cancelable: true }));
      press(root.querySelector("input")!, "Escape");
      press(root.activeElement ?? document.body, "/");
      await new Promise((resolve) => root.querySelector("dialog")!.addEventListener("close", resolve, { once: true }));
      return root.querySelector("dialog")!.open;
    });
    expect(isOpen).toBe(true);
    await ask(field(), "compost");
  });

  test("with what was typed while it was loading", async () => {
    const letCome = holdBack(here.server, /element-panel/);
    await page.goto(`${here.server.origin}/start.html`);
    await page.keyboard.type("/brakes");
    letCome();
    await dialog().waitFor();
    expect(await field().inputValue()).toBe("brakes");
    await options().first().waitFor();
  });
});

describe("with the keyboard alone", () => {
  test("arrow keys choose options and go round, while the focus stays in the field", async () => {
    await openDialog(page);
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
    await openDialog(page);
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
    await openDialog(page);
    await field().evaluate((input: HTMLInputElement) => {
      input.value = "squealing brakes";
      input.dispatchEvent(new InputEvent("input", { bubbles: true }));
      input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, composed: true }));
    });
    await page.waitForURL((url) => url.pathname === "/bicycle.html");
    expect(await readLanding(page)).toContain("squeal");
  });

  test("Enter on a passage of this page goes there without loading it again", async () => {
    await page.goto(`${here.server.origin}/bicycle.html`);
    await page.addScriptTag({ type: "module", content: givingScript });
    await waitUntilFilled(page);
    await page.evaluate(() => (document.body.dataset["same"] = ""));
    await openDialog(page);
    await ask(field(), "put a drop of oil on the chain");
    await page.keyboard.press("Enter");
    expect(await readLanding(page)).toContain("drop of oil");
    expect(await page.locator("body[data-same]").count()).toBe(1);
    expect(await dialog().count()).toBe(0);
    expect(new URL(page.url()).hash).toBe("#chain");
  });

  test.each(["Control+Enter", "Meta+Enter"])("%s opens a tab, and the dialog stays", async (keys) => {
    await openDialog(page);
    await ask(field(), "compost");
    const opened = here.context.waitForEvent("page");
    await page.keyboard.press(keys);
    const tab = await opened;
    await tab.waitForLoadState();
    expect(new URL(tab.url()).pathname).toBe("/garden.html");
    expect(new URL(page.url()).pathname).toBe("/start.html");
    expect(await dialog().isVisible()).toBe(true);
  });

  test("Escape closes it, keeps the question, and gives the focus back", async () => {
    await page.locator("#after").focus();
    await openDialog(page);
    await ask(field(), "compost");
    await page.keyboard.press("Escape");
    await dialog().waitFor({ state: "hidden" });
    expect(await readFocus(page)).toBe("#after");
    await openDialog(page);
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

describe("with a pointer", () => {
  test("a click beside the dialog closes it, marking the text of its field does not", async () => {
    await openDialog(page);
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
    await openDialog(page);
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
