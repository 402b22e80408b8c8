import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { BrowserContext, Locator, Page } from "playwright";
import { siteFolder } from "../../demo/build.mjs";
import { collectErrors } from "../browser/harness/browser.ts";
import { startServer, type TestServer } from "../browser/harness/server.ts";

/** Serves the guide's site, which is built before the first test. */
export function serveSite(): Promise<TestServer> {
  return startServer({ folders: { "/": siteFolder } });
}

/** Writes files into a folder: path -> bytes, as characters of Latin-1. */
export async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text, "latin1");
  }
}

/** A tab on the demo, and what went wrong in it. */
export interface Visit {
  readonly page: Page;
  readonly errors: readonly string[];
  /** Addresses of all requests, those of the worker too. */
  readonly requests: readonly string[];
}

/** Opens a page of the demo in a new tab. */
export async function visit(context: BrowserContext, url: string): Promise<Visit> {
  const page = await context.newPage();
  const errors = collectErrors(page);
  const requests: string[] = [];
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(url);
  return { page, errors, requests };
}

/** What the page says of its index once it is up to date. */
export interface ReadyIndex {
  readonly passages: number;
  /** Passages that went through the model on this visit. */
  readonly embedded: number;
  readonly text: string;
}

/** Waits until the index holds the whole guide. */
export async function waitUntilReady(page: Page): Promise<ReadyIndex> {
  const status = page.locator('#index-status[data-state="ready"]');
  await status.waitFor();
  return {
    passages: Number(await status.getAttribute("data-passages")),
    embedded: Number(await status.getAttribute("data-embedded")),
    text: (await status.textContent()) ?? "",
  };
}

/** The dialog's field. */
export function fieldOf(page: Page): Locator {
  return page.getByRole("combobox", { name: "Search the guide" });
}

/** Opens the dialog as a visitor with a keyboard does, unless it is open. */
export async function openDialog(page: Page): Promise<void> {
  if (!(await fieldOf(page).isVisible())) await page.keyboard.press("/");
  await fieldOf(page).waitFor();
}

/** Waits until the list has the last answer to a question, even an empty one; that by words may have been there before. */
export async function waitForAnswer(page: Page, question: string): Promise<void> {
  const list = `[part=list][data-question=${JSON.stringify(question)}][data-settled]`;
  await page.locator(list).waitFor({ state: "attached" });
}

/** An option of the list. */
export interface ShownResult {
  readonly page: string;
  /** `./page.html#section` */
  readonly href: string;
  readonly excerpt: string;
  readonly marked: readonly string[];
}

/** Gives the options of the list, in order. */
export function readResults(page: Page): Promise<ShownResult[]> {
  return page.getByRole("option").evaluateAll((options) =>
    options.map((option) => {
      const { pathname, hash } = new URL((option as HTMLAnchorElement).href);
      return {
        page: option.closest("[role=group]")?.getAttribute("aria-label") ?? "",
        href: `.${pathname}${hash.replace(/:~:.*/, "").replace(/^#$/, "")}`,
        excerpt: option.querySelector(".excerpt")?.textContent ?? "",
        marked: [...option.querySelectorAll("mark")].map((mark) => mark.textContent ?? ""),
      };
    }),
  );
}

/** Asks as a visitor with a keyboard does, and gives the options. */
export async function ask(page: Page, question: string): Promise<ShownResult[]> {
  await openDialog(page);
  await fieldOf(page).fill(question);
  await waitForAnswer(page, question);
  return readResults(page);
}

/** The passage that is highlighted on the page. */
export interface Landing {
  readonly text: string;
  readonly words: readonly string[];
  /** Distance of its first line from the upper edge of the window, in CSS pixels. */
  readonly top: number;
  readonly windowHeight: number;
  /** `id` of the last heading before it. */
  readonly section: string;
}

/** Gives the highlighted passage, as soon as there is one and scrolling has come to rest. */
export async function readLanding(page: Page): Promise<Landing> {
  await page.locator("html").evaluate(async () => {
    for (let still = 0, last = -1; still < 5 || !CSS.highlights.has("inkling-passage"); last = scrollY) {
      still = scrollY === last ? still + 1 : 0;
      await new Promise(requestAnimationFrame);
    }
  });
  return page.locator("html").evaluate(() => {
    const rangesOf = (name: string) => [...(CSS.highlights.get(name) ?? [])] as Range[];
    const passage = rangesOf("inkling-passage")[0]!;
    const headings = [...document.querySelectorAll("article :is(h1, h2, h3, h4)[id]")];
    const before = headings.filter((heading) => passage.comparePoint(heading, 0) < 0);
    return {
      text: passage.toString(),
      words: rangesOf("inkling-match").map(String),
      top: passage.getClientRects()[0]!.top,
      windowHeight: innerHeight,
      section: before.at(-1)?.id ?? "",
    };
  });
}
