import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright";
import { build } from "vite";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { PassageQuote } from "../../src/highlight.ts";
import { launchBrowser } from "../browser/harness/browser.ts";

let browser: Browser;
let page: Page;
let script: string;

/** Bundles `src/highlight.ts` alone, so that a page without worker and index can be tested. */
async function bundle(): Promise<string> {
  const entry = fileURLToPath(new URL("../../src/highlight.ts", import.meta.url));
  const output = await build({
    configFile: false,
    logLevel: "error",
    build: { write: false, lib: { entry, formats: ["iife"], name: "inkling" } },
  });
  const [first] = [output].flat() as { output: { code: string }[] }[];
  return first!.output[0]!.code;
}

beforeAll(async () => {
  [browser, script] = await Promise.all([launchBrowser(), bundle()]);
  page = await browser.newPage({ reducedMotion: "reduce", viewport: { width: 800, height: 600 } });
});

afterAll(() => browser?.close());

const filler = (lines: number): string => "<p>Lorem ipsum dolor sit amet.</p>".repeat(lines);

async function show(body: string): Promise<void> {
  await page.goto("about:blank");
  await page.setContent(`<!doctype html><body>${body}</body>`);
  await page.addScriptTag({ content: script });
}

interface Outcome {
  readonly found: string | null;
  readonly passage: string | null;
  readonly words: readonly string[];
  readonly top: number | null;
  readonly isUnchanged: boolean;
}

/** Highlights in the page, and says what came of it. */
function land(quote: PassageQuote, root?: string): Promise<Outcome> {
  return page.evaluate(
    ([passage, selector]) => {
      const { highlight } = (window as unknown as { inkling: typeof import("../../src/highlight.ts") }).inkling;
      const before = document.body.outerHTML.replace(/ open=""/g, "");
      const range = highlight(passage, selector ? document.querySelector(selector)! : document);
      const read = (name: string): string[] => [...(CSS.highlights.get(name) ?? [])].map(String);
      return {
        found: range && range.toString(),
        passage: read("inkling-passage")[0] ?? null,
        words: read("inkling-match"),
        top: range && range.getBoundingClientRect().top,
        isUnchanged: document.body.outerHTML.replace(/ open=""/g, "") === before,
      };
    },
    [quote, root] as const,
  );
}

describe("highlight", () => {
  beforeEach(() => show(`${filler(40)}<h2 id="there">There</h2><p>A <b>passage</b> with\n words.</p>${filler(40)}`));

  test("scrolls to the passage and highlights it with its words, without touching the markup", async () => {
    const outcome = await land({ anchor: "there", excerpt: "A passage with words.", ranges: [[2, 9]] });
    expect(outcome).toMatchObject({
      found: "A passage with\n words.",
      passage: "A passage with\n words.",
      words: ["passage"],
    });
    expect(outcome.isUnchanged).toBe(true);
    expect(outcome.top).toBeGreaterThan(0);
    expect(outcome.top).toBeLessThan(560);
  });

  test("gives null and scrolls to the heading where the passage is gone", async () => {
    expect(await land({ anchor: "there", excerpt: "This was rewritten.", ranges: [] })).toMatchObject({
      found: null,
      passage: null,
      words: [],
    });
    const top = await page.locator("#there").evaluate((heading) => heading.getBoundingClientRect().top);
    expect(top).toBeGreaterThan(0);
    expect(top).toBeLessThan(560);
  });

  test("gives null and stays where neither passage nor heading is there", async () => {
    expect(await land({ anchor: "nowhere", excerpt: "This was rewritten.", ranges: [] })).toMatchObject({
      found: null,
    });
    expect(await page.evaluate(() => scrollY)).toBe(0);
  });

  test("replaces the highlight before, and takes it away when there is nothing to find", async () => {
    await land({ anchor: "", excerpt: "A passage", ranges: [] });
    expect(await land({ anchor: "", excerpt: "with words", ranges: [] })).toMatchObject({ passage: "with\n words" });
    expect(await land({ anchor: "", excerpt: "not here", ranges: [] })).toMatchObject({ passage: null });
  });

  test("still scrolls in a browser without the Custom Highlight API", async () => {
    await page.evaluate(() => {
      Object.defineProperty(window, "Highlight", { value: undefined, configurable: true });
      Object.defineProperty(CSS, "highlights", { value: undefined, configurable: true });
    });
    const top = await page.evaluate(() => {
      const { clearHighlight, highlight } = (window as unknown as { inkling: typeof import("../../src/highlight.ts") })
        .inkling;
      const range = highlight({ anchor: "there", excerpt: "A passage with words.", ranges: [[2, 9]] });
      clearHighlight();
      return range!.getBoundingClientRect().top;
    });
    expect(top).toBeGreaterThan(0);
    expect(top).toBeLessThan(560);
  });

  test("scrolls smoothly, except for readers who asked for less motion", async () => {
    await page.emulateMedia({ reducedMotion: "no-preference" });
    const behaviors = () =>
      page.evaluate(() => {
        const seen: unknown[] = [];
        const original = window.scrollBy;
        window.scrollBy = ((options: ScrollToOptions) => seen.push(options.behavior)) as typeof window.scrollBy;
        const { highlight } = (window as unknown as { inkling: typeof import("../../src/highlight.ts") }).inkling;
        highlight({ anchor: "there", excerpt: "A passage", ranges: [] });
        window.scrollBy = original;
        return seen;
      });
    expect(await behaviors()).toEqual(["smooth"]);
    await page.emulateMedia({ reducedMotion: "reduce" });
    expect(await behaviors()).toEqual(["instant"]);
  });
});

describe("highlight finds the right one of several", () => {
  test("the one after the anchor, not the one before", async () => {
    await show(`<p>Same words.</p>${filler(40)}<h2 id="second">Second</h2><p>Same words.</p>`);
    expect((await land({ anchor: "second", excerpt: "Same words.", ranges: [] })).top).toBeGreaterThan(0);
    expect(await page.evaluate(() => scrollY)).toBeGreaterThan(500);
  });

  test("the one inside the given root, not a quotation in a list of results", async () => {
    await show(`<div>Same words.</div><main>${filler(40)}<p>Same words.</p></main>`);
    await land({ anchor: "", excerpt: "Same words.", ranges: [] }, "main");
    expect(await page.evaluate(() => scrollY)).toBeGreaterThan(500);
  });

  test("not one in a script, a style sheet or a hidden part", async () => {
    await show(
      `<script>"Same words."</script><style>/* Same words. */</style><div hidden>Same words.</div><p>Same words.</p>`,
    );
    expect(await land({ anchor: "", excerpt: "Same words.", ranges: [] })).toMatchObject({
      found: "Same words.",
      top: expect.any(Number),
    });
    expect(
      await page.evaluate(() =>
        [...CSS.highlights.get("inkling-passage")!].map(
          (range) => (range as Range).startContainer.parentElement?.tagName,
        ),
      ),
    ).toEqual(["P"]);
  });

  test("one whose anchor is an odd string", async () => {
    await show(`<h2 id='1 "odd"] #id'>Odd</h2><p>Same words.</p>`);
    expect(await land({ anchor: '1 "odd"] #id', excerpt: "Same words.", ranges: [] })).toMatchObject({
      found: "Same words.",
    });
  });
});

describe("highlight reaches places that are out of sight", () => {
  test("in a closed details element, which it opens", async () => {
    await show(
      `${filler(40)}<details><summary>More</summary><details><summary>Still more</summary><p>Deep inside.</p></details></details>`,
    );
    expect((await land({ anchor: "", excerpt: "Deep inside.", ranges: [] })).top).toBeGreaterThan(0);
    expect(await page.locator("details[open]").count()).toBe(2);
    expect(await page.getByText("Deep inside.").isVisible()).toBe(true);
  });

  test("in a scrolling box", async () => {
    await show(
      `${filler(40)}<div id="box" style="height: 200px; overflow: auto">${filler(40)}<p>Deep inside.</p></div>${filler(40)}`,
    );
    const { top } = await land({ anchor: "", excerpt: "Deep inside.", ranges: [] });
    expect(top).toBeGreaterThan(0);
    expect(top).toBeLessThan(580);
    expect(await page.locator("#box").evaluate((box) => box.scrollTop)).toBeGreaterThan(100);
  });

  test("in a passage taller than the window, whose beginning it shows", async () => {
    const long = "word ".repeat(4000);
    await show(`${filler(40)}<p>Beginning. ${long}</p>`);
    const { top } = await land({ anchor: "", excerpt: `Beginning. ${long}`, ranges: [] });
    expect(top).toBeGreaterThanOrEqual(0);
    expect(top).toBeLessThan(300);
  });

  test("in a shadow tree", async () => {
    await show(`<div id="host"></div>`);
    const found = await page.evaluate(() => {
      const root = document.querySelector("#host")!.attachShadow({ mode: "open" });
      root.append(Object.assign(document.createElement("p"), { textContent: "In the shadow." }));
      const { highlight } = (window as unknown as { inkling: typeof import("../../src/highlight.ts") }).inkling;
      return highlight({ anchor: "", excerpt: "In the shadow.", ranges: [] }, root)?.toString();
    });
    expect(found).toBe("In the shadow.");
  });
});

describe("the colour", () => {
  const colorOf = () =>
    page
      .locator("p")
      .last()
      .evaluate((p) => getComputedStyle(p, "::highlight(inkling-passage)").backgroundColor);

  test("is there without any style of the page", async () => {
    await show("<p>Some words.</p>");
    await land({ anchor: "", excerpt: "Some words.", ranges: [] });
    expect(await colorOf()).not.toBe("rgba(0, 0, 0, 0)");
  });

  test("is the page's own where it has a rule", async () => {
    await show("<style>::highlight(inkling-passage) { background-color: rgb(1, 2, 3) }</style><p>Some words.</p>");
    await land({ anchor: "", excerpt: "Some words.", ranges: [] });
    expect(await colorOf()).toBe("rgb(1, 2, 3)");
  });
});
