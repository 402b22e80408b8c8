import type { Page } from "playwright";
import { beforeEach, describe, expect, test } from "vitest";
import { useBrowser } from "../harness/use-browser.ts";
import { ask, giveSearch, holdAnswers, htmlOf, readFocus, serveWith, waitUntilFilled } from "./harness.ts";

const box = '<inkling-box id="box" label="Find" facets="topic wet"></inkling-box>';
const parts = '<inkling-filters for="box"></inkling-filters><inkling-results for="box"></inkling-results>';
const after = '<a id="after" href="#y">After</a>';

const pages = {
  "/box.html": htmlOf(`${box}${after}${giveSearch}`),
  "/parts.html": htmlOf(`${box}${parts}${after}${giveSearch}`),
};
const here = useBrowser(() => serveWith(pages), { isSilent: true });
let page: Page;

async function open(path: string): Promise<void> {
  ({ page } = await here.open(path));
  await waitUntilFilled(page);
}

const field = () => page.getByRole("combobox", { name: "Find" });
const chip = (name: string) => page.getByRole("button", { name });

describe("a box in the page", () => {
  beforeEach(() => open("/box.html"));

  test("has the focus after a slash, and lists what is found below", async () => {
    await page.keyboard.press("/");
    expect(await readFocus(page)).toBe("input");
    await page.keyboard.type("compost heap");
    await page.getByRole("listbox", { name: "Results" }).waitFor();
    const [above, below] = [await field().boundingBox(), await page.getByRole("listbox").boundingBox()];
    expect(below!.y).toBeGreaterThanOrEqual(above!.y + above!.height);
  });

  test("Escape closes the list, then empties the field; the focus stays", async () => {
    await ask(field(), "compost heap");
    await page.keyboard.press("Escape");
    expect(await page.getByRole("listbox").count()).toBe(0);
    expect(await field().inputValue()).toBe("compost heap");
    await page.keyboard.press("ArrowDown");
    await page.getByRole("listbox").waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    expect(await field().inputValue()).toBe("");
    expect(await readFocus(page)).toBe("input");
  });

  test("Tab leaves by the filters, and then the list is closed", async () => {
    await ask(field(), "water");
    await page.keyboard.press("Tab");
    expect(await page.getByRole("listbox").isVisible()).toBe(true);
    for (let press = 0; (await readFocus(page)) !== "#after"; press++) {
      expect(press).toBeLessThan(8);
      await page.keyboard.press("Tab");
    }
    expect(await page.getByRole("listbox").count()).toBe(0);
  });

  test("a click beside it closes the list", async () => {
    await ask(field(), "water");
    await page.mouse.click(400, 700);
    expect(await page.getByRole("listbox").count()).toBe(0);
  });

  test("the list ends above the lower edge of the window", async () => {
    await page.locator("#box").evaluate((element) => (element.style.marginTop = "200px"));
    await page.setViewportSize({ width: 800, height: 560 });
    await ask(field(), "water");
    const { y, height } = (await page.locator("#box .popup").boundingBox())!;
    expect(y + height).toBeLessThanOrEqual(560);
  });

  test("can be used at 400 % of 1280 by 1024 pixels: nothing is cut off at the side, the last option can be read", async () => {
    await page.setViewportSize({ width: 320, height: 256 });
    await ask(field(), "water");
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    await page.keyboard.press("ArrowUp");
    const last = page.getByRole("option").last();
    expect(await last.getAttribute("aria-selected")).toBe("true");
    const { y, height } = (await last.boundingBox())!;
    expect(y + height).toBeGreaterThan(0);
    expect(y).toBeLessThan(256);
  });

  test("chips have counts, narrow the answer down, and can be pressed again", async () => {
    await ask(field(), "water");
    const outdoors = chip("outdoors 1");
    expect(await outdoors.getAttribute("aria-pressed")).toBe("false");
    expect(await chip("household 2").count()).toBe(1);
    await outdoors.focus();
    await page.keyboard.press("Enter");
    await page.getByRole("option").first().filter({ hasText: "The garden in spring" }).waitFor();
    expect(await page.getByRole("group", { name: "Making tea" }).count()).toBe(0);
    expect(await outdoors.getAttribute("aria-pressed")).toBe("true");
    expect(await outdoors.evaluate((button) => (button.getRootNode() as ShadowRoot).activeElement === button)).toBe(
      true,
    );
    expect(await chip("household 2").count()).toBe(1);
    await page.keyboard.press("Enter");
    await page.getByRole("group", { name: "Making tea" }).waitFor();
  });

  test("an element that is taken away while a query runs says nothing, and works when it is put back", async () => {
    const held = await holdAnswers(page, "water");
    await field().fill("water");
    await held.asked();
    await page.evaluate(() => document.querySelector("#box")!.remove());
    expect(await held.isCalledOff()).toBe(true);
    await held.release();
    await page.evaluate(() => {
      const fresh = document.createElement("inkling-box");
      fresh.setAttribute("label", "Find");
      (fresh as HTMLElement & { search: unknown }).search = (window as unknown as { search: unknown }).search;
      document.body.prepend(fresh);
    });
    await ask(field(), "compost");
  });

  test("an element that is moved keeps its list and its question", async () => {
    await ask(field(), "compost");
    await page.evaluate(() => document.body.append(document.querySelector("#box")!));
    expect(await field().inputValue()).toBe("compost");
    await ask(field(), "tomatoes");
    expect(await page.locator("#box .popup").count()).toBe(1);
  });
});

describe("a box with results elsewhere", () => {
  beforeEach(() => open("/parts.html"));

  test("shows a list of links there, and none below itself", async () => {
    await field().fill("compost heap");
    const link = page.getByRole("link", { name: /The garden in spring/ }).first();
    await link.waitFor();
    expect(await page.getByRole("listbox").count()).toBe(0);
    expect(
      await page
        .getByRole("status")
        .filter({ hasText: /pages? · by/ })
        .count(),
    ).toBe(1);
    await link.click();
    await page.waitForURL((url) => url.pathname === "/garden.html");
  });

  test("has its filters there as well", async () => {
    await field().fill("water");
    await chip("outdoors 1").click();
    await page
      .getByRole("status")
      .filter({ hasText: /^1 page ·/ })
      .waitFor();
    await field().fill("");
    await page
      .getByRole("link", { name: /garden/ })
      .first()
      .waitFor({ state: "detached" });
  });

  test("takes the place of the list back when they are gone", async () => {
    await field().fill("water");
    await page.getByRole("link", { name: /tea/ }).first().waitFor();
    await page.evaluate(() => document.querySelector("inkling-results")!.remove());
    await ask(field(), "compost");
  });
});
