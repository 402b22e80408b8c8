import type { BrowserContextOptions, Page } from "playwright";
import { describe, expect, test } from "vitest";
import { useBrowser } from "../harness/use-browser.ts";
import { ask, giveSearch, htmlOf, openDialog, serveArticles, servePage, waitUntilFilled } from "./harness.ts";

const here = useBrowser(serveArticles);

const script = '<script type="module" src="/lib/inkling.js"></script>';
const element = '<inkling-search facets="topic"></inkling-search>';

/** Opens a page with the dialog open and an answer in it. */
async function openAnswer(html: string, options: BrowserContextOptions = {}): Promise<Page> {
  servePage(here.server, "/page.html", html);
  const { page } = await here.open("/page.html", options);
  await waitUntilFilled(page);
  await openDialog(page);
  await ask(page.getByRole("combobox"), "water");
  return page;
}

const pageOf = (style = "", attributes = ""): string =>
  htmlOf(`<main>${element}<p>Text</p></main>${giveSearch}`, `${script}<style>${style}</style>`).replace(
    "<html",
    `<html ${attributes}`,
  );

const boxOf = async (page: Page, selector: string) => (await page.locator(selector).first().boundingBox())!;
const styleOf = (page: Page, selector: string, name: string) =>
  page
    .locator(selector)
    .first()
    .evaluate((found, property) => getComputedStyle(found).getPropertyValue(property), name);

describe("the dialog", () => {
  test("is a sheet over the whole of a small screen, without a wide line of hints", async () => {
    const page = await openAnswer(pageOf(), { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true });
    expect(await boxOf(page, "dialog")).toEqual({ x: 0, y: 0, width: 390, height: 780 });
    expect(await page.locator("[part=hints]").isVisible()).toBe(false);
    expect(Number.parseFloat(await styleOf(page, "dialog input", "font-size"))).toBeGreaterThanOrEqual(16);
    await page.getByRole("button", { name: "Close" }).tap();
    await page.locator("dialog").waitFor({ state: "hidden" });
  });

  test("can be used at 400 % of 1280 by 1024 pixels: nothing is cut off, results can be scrolled to", async () => {
    const page = await openAnswer(pageOf(), { viewport: { width: 320, height: 256 } });
    const overflow = await page.locator("dialog").evaluate((dialog) => dialog.scrollWidth - dialog.clientWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    expect((await boxOf(page, "[part=list]")).height).toBeGreaterThan(60);
    const count = await page.getByRole("option").count();
    for (let press = 0; press < count; press++) await page.keyboard.press("ArrowDown");
    const last = (await page.getByRole("option").last().boundingBox())!;
    expect(last.y).toBeLessThan(256);
    expect(last.y + last.height).toBeGreaterThan(0);
  });

  test("is mirrored on a page that is written from right to left", async () => {
    const page = await openAnswer(pageOf("", 'dir="rtl"'));
    const field = await boxOf(page, "dialog input");
    expect((await boxOf(page, "dialog .field svg")).x).toBeGreaterThan(field.x + field.width);
    expect((await boxOf(page, ".close")).x).toBeLessThan(field.x);
    expect(await styleOf(page, ".option", "direction")).toBe("rtl");
  });

  test("moves only where the visitor has nothing against it", async () => {
    const page = await openAnswer(pageOf());
    expect(await styleOf(page, "dialog", "animation-name")).toBe("none");
    await page.emulateMedia({ reducedMotion: "no-preference" });
    expect(await styleOf(page, "dialog", "animation-name")).toBe("enter");
  });

  test("shows the chosen option where the system chooses all colours", async () => {
    const page = await openAnswer(pageOf(), { forcedColors: "active" });
    await page.keyboard.press("ArrowDown");
    expect(await styleOf(page, ".option[aria-selected=true]", "outline-style")).toBe("solid");
  });

  test("is dark on a page that is, or where the attribute says so, and light on a page that never is", async () => {
    const background = async (page: Page): Promise<string> => styleOf(page, "dialog", "background-color");
    const page = await openAnswer(pageOf(), { colorScheme: "dark" });
    expect(await background(page)).toBe("rgb(255, 255, 255)");
    await page.locator("html").evaluate((html) => (html.style.colorScheme = "light dark"));
    expect(await background(page)).toBe("rgb(24, 27, 34)");
    await page.locator("inkling-search").evaluate((found) => found.setAttribute("theme", "light"));
    expect(await background(page)).toBe("rgb(255, 255, 255)");
  });
});

describe("styles", () => {
  const loud = `:not(inkling-search) { color: red !important; font-style: italic !important; letter-spacing: 9px; text-transform: uppercase }
    button, input, dialog, a, mark, p { background: lime !important; border: 9px solid red !important; padding: 40px !important }
    html { font-size: 62.5% } body { line-height: 4; text-align: center; word-spacing: 1em; text-indent: 3em }`;

  test("of the page do not reach into the element", async () => {
    const quiet = await openAnswer(pageOf());
    const selectors = ["dialog", "dialog input", ".option", ".title", ".excerpt", "mark", ".close"];
    const names = [
      "color",
      "background-color",
      "font-size",
      "font-style",
      "letter-spacing",
      "line-height",
      "padding",
      "text-align",
      "text-transform",
    ];
    const read = (page: Page) =>
      Promise.all(selectors.flatMap((selector) => names.map((name) => styleOf(page, selector, name))));
    // Why not the host: the page may style its own element.
    const expected = await read(quiet);
    const page = await openAnswer(pageOf(loud));
    expect(await read(page)).toEqual(expected);
  });

  test("of the page may use any names of properties, even for those of the element", async () => {
    const style = `:root { --accent: #a03c1e; --surface: #fffaf0; --ink: #222; --muted: #666; --rule: #ddd; --radius: 2px }
      inkling-search { --inkling-accent: var(--accent); --inkling-background: var(--surface); --inkling-radius: var(--radius) }`;
    const page = await openAnswer(pageOf(style));
    expect(await styleOf(page, "dialog", "background-color")).toBe("rgb(255, 250, 240)");
    expect(await styleOf(page, ".path", "color")).toBe("rgb(160, 60, 30)");
    const slotted = await page.locator("inkling-search").evaluate((host) => {
      const child = host.appendChild(document.createElement("span"));
      child.slot = "trigger";
      return getComputedStyle(child).getPropertyValue("--ink");
    });
    expect(slotted).toBe("#222");
  });

  test("of the element do not reach the page", async () => {
    const page = await openAnswer(pageOf());
    const sheets = await page.evaluate(() => document.adoptedStyleSheets.length + document.styleSheets.length);
    expect(sheets).toBe(1);
    expect(await styleOf(page, "main p", "margin-top")).not.toBe("0px");
  });

  test("of the page choose colours by properties, and all else by parts", async () => {
    const style = `inkling-search { --inkling-accent: rgb(1, 2, 3); --inkling-radius: 3px }
      inkling-search::part(title) { font-style: italic } inkling-search::part(close) { display: none }`;
    const page = await openAnswer(pageOf(style));
    expect(await styleOf(page, ".path", "color")).toBe("rgb(1, 2, 3)");
    expect(await styleOf(page, "dialog", "border-top-left-radius")).toBe("3px");
    expect(await styleOf(page, ".title", "font-style")).toBe("italic");
    expect(await page.getByRole("button", { name: "Close" }).count()).toBe(0);
  });
});

describe("words", () => {
  test("are those of the element's language, those of its owner go before, and both follow a change", async () => {
    const page = await openAnswer(pageOf());
    await page.locator("inkling-search").evaluate((found) => {
      (found as HTMLElement).lang = "es";
      (found as HTMLElement & { texts: object }).texts = { byMeaning: "con cabeza" };
    });
    await page
      .locator("[part=note]")
      .filter({ hasText: /^\d páginas? · con cabeza$/ })
      .waitFor();
    await page.getByRole("combobox", { name: "Buscar" }).waitFor();
    await page.locator("inkling-search").evaluate((found) => found.setAttribute("label", "Encontrar"));
    await page.getByRole("dialog", { name: "Encontrar" }).waitFor();
  });
});
