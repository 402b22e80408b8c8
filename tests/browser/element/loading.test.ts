import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import type { Page } from "playwright";
import { beforeEach, describe, expect, test } from "vitest";
import { holdBack, type TestServer } from "../harness/server.ts";
import { useBrowser } from "../harness/use-browser.ts";
import {
  ask,
  fieldOf,
  findXylophones,
  giveSearch,
  htmlOf,
  openDialog,
  openHtml,
  serveArticles,
  waitUntilFilled,
  xylophones,
} from "./harness.ts";

const dist = new URL("../../../dist/", import.meta.url);

const here = useBrowser(serveArticles);

/** A page in a language. */
const inLanguage = (language: string): string => htmlOf(xylophones("page"), undefined, language);

describe("what is loaded", () => {
  test("is one small file, until the visitor goes for the search", async () => {
    const { page, requests, errors } = await openHtml(here, htmlOf(`${xylophones()}<inkling-box></inkling-box>`));
    await page.evaluate(() => customElements.whenDefined("inkling-search"));
    await page.waitForLoadState("networkidle");
    expect(requests).toEqual(["/page.html", "/lib/inkling.js"]);
    await page.getByRole("button", { name: /Search/ }).hover();
    await expect.poll(() => requests).toContain("/lib/element-panel.js");
    expect(requests.filter((path) => /worker|model|inkling\//.test(path))).toEqual([]);
    expect(errors).toEqual([]);
  });

  test("comes when the button gets the focus, too", async () => {
    const { page, requests } = await openHtml(here, htmlOf(xylophones()));
    await page.keyboard.press("Tab");
    await expect.poll(() => requests).toContain("/lib/element-panel.js");
  });

  test.each([
    ["de-AT", "Suchen", "Schließen", "1 Seite · nach Wörtern und Bedeutung"],
    ["es", "Buscar", "Cerrar", "1 página · por palabras y significado"],
    ["fr-CA", "Rechercher", "Fermer", "1 page · par les mots et le sens"],
    ["en", "Search", "Close", "1 page · by words and meaning"],
    ["pt", "Search", "Close", "1 page · by words and meaning"],
  ])("is in the language of the page: %s", async (language, name, close, found) => {
    const { page, requests } = await openHtml(here, inLanguage(language));
    await page.getByRole("button", { name: new RegExp(`^${name}`) }).click();
    await ask(page.getByRole("dialog", { name }).getByRole("combobox", { name }), "xylophones");
    await page.getByRole("button", { name: close, exact: true }).waitFor();
    await page.locator("[part=note]").filter({ hasText: found }).waitFor();
    const files = requests.filter((path) => /element-(?!panel)/.test(path));
    expect(files).toEqual(
      ["de", "es", "fr"].includes(language.slice(0, 2)) ? [`/lib/element-${language.slice(0, 2)}.js`] : [],
    );
  });
});

describe("the page", () => {
  /** Opens a page, asks in its elements, and adds up how much of the page itself was moved, by the browser's measure. */
  async function readShifts(style: string): Promise<{ readonly atOnce: number; readonly later: number }> {
    await here.context.addInitScript(() => {
      const shifts: { time: number; value: number }[] = [];
      const note = (entries: readonly PerformanceEntry[]): void => {
        for (const entry of entries as readonly (PerformanceEntry & {
          value: number;
          sources: { node: Node | null }[];
        })[]) {
          // Why not null: inside of the elements, a list that grows moves what is below it.
          if (entry.sources.some(({ node }) => node)) shifts.push({ time: entry.startTime, value: entry.value });
        }
      };
      const observer = new PerformanceObserver((list) => note(list.getEntries()));
      observer.observe({ type: "layout-shift", buffered: true });
      Object.assign(window, {
        readShifts: () => {
          note(observer.takeRecords());
          return shifts;
        },
      });
    });
    const head = `<script type="module" src="/lib/inkling.js"></script><style>${style}</style>`;
    const header = `<header><inkling-search></inkling-search></header><inkling-box label="Box"></inkling-box>`;
    const { page } = await openHtml(
      here,
      htmlOf(`${header}<main><h1>Start</h1><p>Text.</p></main>${giveSearch}`, head),
    );
    await waitUntilFilled(page);
    const drawn = await drawTwice(page);
    await openDialog(page);
    await ask(fieldOf(page), "water");
    await page.keyboard.press("Escape");
    await ask(page.getByRole("combobox", { name: "Box" }), "water");
    await page.keyboard.press("Escape");
    await drawTwice(page);
    const shifts = await page.evaluate(() =>
      (window as unknown as { readShifts(): { time: number; value: number }[] }).readShifts(),
    );
    const sum = (isLater: boolean): number =>
      shifts.reduce((total, { time, value }) => (time > drawn === isLater ? total + value : total), 0);
    return { atOnce: sum(false), later: sum(true) };
  }

  /** Waits for two frames. @returns the time, in ms, as the page counts it. */
  const drawTwice = (page: Page): Promise<number> =>
    page.evaluate(async () => {
      for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
      return performance.now();
    });

  test("does not move at all with the lines of style that the guide has", async () => {
    const guide = await readFile(new URL("../../../docs/guide/drop-in.md", import.meta.url), "utf8");
    const style = /```css\n([^`]*:not\(:defined\)[^`]*)\n```/.exec(guide)![1]!;
    expect(await readShifts(style)).toEqual({ atOnce: 0, later: 0 });
  });

  test("does not move without them either, once its elements are there", async () => {
    expect((await readShifts("")).later).toBe(0);
  });

  test("keeps the keys that are meant for a field of its own while the rest is loading", async () => {
    const letCome = holdBack(here.server, /element-panel/);
    const { page } = await openHtml(here, htmlOf(`${xylophones("page")}<textarea></textarea>`));
    await page.keyboard.type("/xylo");
    await page.locator("textarea").focus();
    await page.keyboard.type("mine");
    expect(await page.locator("textarea").inputValue()).toBe("mine");
    letCome();
    await fieldOf(page).waitFor();
    expect(await fieldOf(page).inputValue()).toBe("xylo");
  });
});

describe("when the rest cannot be loaded", () => {
  let restore: () => void;

  const failWith = (path: RegExp): void => void (restore = here.server.alter(path, { status: 404 }));
  beforeEach(() => () => restore());

  test("the visitor reads so, in the language of the page, and once, however often it is tried", async () => {
    failWith(/element-panel/);
    const { page, errors } = await openHtml(here, inLanguage("fr"));
    await page.getByRole("button").click();
    await page.getByRole("alert").filter({ hasText: "La recherche n’a pas pu être chargée." }).waitFor();
    expect(errors.join()).toContain("Failed to fetch dynamically imported module");
    await page.getByRole("button").click();
    expect(await page.getByRole("alert").count()).toBe(1);
  });

  test("a language that is missing is replaced by English", async () => {
    failWith(/element-es/);
    const { page } = await openHtml(here, inLanguage("es"));
    await openDialog(page);
    await page.getByRole("button", { name: "Close" }).waitFor();
  });
});

describe("from another origin", () => {
  let other: TestServer;
  const head = (): string => `<script type="module" src="${other.origin}/lib/inkling.js"></script>`;

  beforeEach(async () => {
    other = await serveArticles({ cors: true });
    return () => other.close();
  });

  /** Opens a page and expects that it searches by meaning, with no error. */
  async function expectSearches(html: string, headers?: Readonly<Record<string, string>>): Promise<Page> {
    const { page, errors } = await openHtml(here, html, headers);
    await findXylophones(page);
    await page.locator("[part=note]").filter({ hasText: "by words and meaning" }).waitFor();
    expect(errors).toEqual([]);
    return page;
  }

  test("one tag searches the page, with worker and model of the other host", async () => {
    await expectSearches(htmlOf(xylophones("page"), head()));
  });

  test("under the strictest policy that the guide names", async () => {
    const guide = await readFile(new URL("../../../docs/guide/drop-in.md", import.meta.url), "utf8");
    const policy = /```\n(default-src[^`]*)\n```/.exec(guide)![1]!.replaceAll("https://cdn.example", other.origin);
    await expectSearches(htmlOf(xylophones("page"), head()), {
      "content-security-policy": `${policy}; img-src data:`,
    });
  });

  test("two copies of the script are as good as one", async () => {
    const both = `${head()}<script type="module" src="/lib/inkling.js"></script><script type="module" src="/lib/element.js"></script>`;
    const page = await expectSearches(htmlOf(xylophones("page"), both));
    expect(await page.getByRole("dialog").count()).toBe(1);
  });
});

describe("the scripts", () => {
  const sizeOf = async (name: string): Promise<number> =>
    gzipSync(await readFile(new URL(name, dist)), { level: 9 }).length;

  test("weigh 3 KB until the visitor comes, and 20 KB with the library", async () => {
    const [first, panel, library] = await Promise.all(["inkling.js", "element-panel.js", "index.js"].map(sizeOf));
    expect(first).toBeLessThanOrEqual(3 * 1024);
    expect(first! + panel! + library!).toBeLessThanOrEqual(20 * 1024);
    expect(await sizeOf("element.js")).toBeLessThanOrEqual(3 * 1024);
    for (const language of ["de", "es", "fr"]) expect(await sizeOf(`element-${language}.js`)).toBeLessThanOrEqual(1024);
  });

  test.each(["inkling.js", "element.js"])("%s does nothing where there is no browser", async (name) => {
    const code = `import(${JSON.stringify(new URL(name, dist).href)}).then((m) => console.log(Object.keys(m).join()))`;
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", code], {
      cwd: fileURLToPath(dist),
    });
    expect([stdout.trim(), stderr]).toEqual(["InklingBox,InklingSearch", ""]);
  });
});
