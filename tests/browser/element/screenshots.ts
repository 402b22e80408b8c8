import type { Browser, Page } from "playwright";
import type { TestServer } from "../harness/server.ts";
import { ask, fieldOf, giveSearch, htmlOf, openDialog, serveWith, waitUntilFilled } from "./harness.ts";

/** Widths of the window, in CSS pixels: a telephone, a tablet, a desk. */
export const widths: readonly number[] = [390, 820, 1280];

/** Colours that the visitor's system asks for. */
export const themes = ["light", "dark"] as const;

const height = 560;
const head = `<script type="module" src="/lib/inkling.js"></script><meta name="color-scheme" content="light dark">
<style>html { font: 17px/1.5 system-ui, sans-serif } body { margin: 2rem } header { display: flex; justify-content: space-between }</style>`;
const body = `<header><b>Handbook</b><inkling-search facets="topic"></inkling-search></header>
<main><h1>Start</h1><p>What everybody should know about tea, bicycles and gardens.</p></main>`;

const question = "how warm may the water be";

/** The main states of the element: name -> the way there from the one before. */
export const states: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  button: async () => undefined,
  empty: openDialog,
  recent: async (page) => {
    await page.evaluate(() => localStorage.setItem("inkling:recent:inkling", '["green tea","squealing brakes"]'));
    await page.keyboard.press("Escape");
    await openDialog(page);
    await page.getByRole("option", { name: "green tea" }).waitFor();
  },
  answer: async (page) => {
    await ask(fieldOf(page), question);
    await waitForNote(page, /meaning/);
    await page.keyboard.press("ArrowDown");
  },
  filtered: async (page) => {
    await page.getByRole("button", { name: /^outdoors/ }).click();
    await waitForNote(page, /^1 page · .*meaning/);
  },
  nothing: async (page) => {
    await page.getByRole("button", { name: /^outdoors/ }).click();
    await fieldOf(page).fill("?!");
    await page.locator("[part=message]").filter({ hasText: "?!" }).waitFor();
  },
};

/** Waits for the line below the list. */
const waitForNote = (page: Page, text: RegExp): Promise<void> =>
  page.locator("[part=note]").filter({ hasText: text }).waitFor();

/** Serves the page that the pictures are taken of. */
export function serveStates(): Promise<TestServer> {
  return serveWith({ "/start.html": htmlOf(`${body}${giveSearch}`, head) });
}

/** A picture of a state, as a JPEG: a third of the bytes, and the same pixels give the same bytes. */
export interface Picture {
  /** `<state>-<width>-<theme>` */
  readonly name: string;
  readonly bytes: Buffer;
}

/** Takes a picture of each state, in one width and theme. */
export async function takePictures(
  browser: Browser,
  origin: string,
  width: number,
  colorScheme: (typeof themes)[number],
): Promise<Picture[]> {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, reducedMotion: "reduce" });
  const page = await context.newPage();
  await page.goto(`${origin}/start.html`);
  await waitUntilFilled(page);
  const pictures: Picture[] = [];
  for (const [state, reach] of Object.entries(states)) {
    await reach(page);
    // Why off: a caret blinks, and a pointer that stands somewhere makes what is below it look chosen.
    await page.mouse.move(0, 0);
    pictures.push({
      name: `${state}-${width}-${colorScheme}`,
      bytes: await page.screenshot({ type: "jpeg", quality: 70, animations: "disabled", caret: "hide" }),
    });
  }
  await context.close();
  return pictures;
}

/** What a picture depends on beside the element: the browser, and how wide its fonts run. */
export async function readSurroundings(browser: Browser): Promise<string> {
  const page = await browser.newPage();
  const text = await page.evaluate(() => {
    const context = document.createElement("canvas").getContext("2d")!;
    return ["system-ui", "sans-serif"].map((family) => {
      context.font = `40px ${family}`;
      return context.measureText("Quick brown fox 0123456789 “é” ↑↵").width.toFixed(2);
    });
  });
  await page.close();
  return `Chromium ${browser.version().split(".", 1)[0]}, fonts ${text.join(" ")}`;
}
