// Takes pictures of the guide's search: its main states, in three widths and two themes.
// `node scripts/screenshots.mjs <folder>`
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "playwright";
import { buildLibrary, buildSite, siteFolder } from "../demo/build.mjs";
import { serveFolder } from "../demo/server.mjs";
import { findBrowser } from "./lib/browser.mjs";

const widths = [390, 820, 1280];
const question = "does what my readers type get sent anywhere?";

/** Each state by name, and the way to it from the one before. */
const states = {
  button: async () => undefined,
  empty: async (page) => {
    await page.keyboard.press("/");
    await page.getByRole("combobox").waitFor();
  },
  answer: async (page) => {
    await page.getByRole("combobox").fill(question);
    await page.locator("[part=note]").filter({ hasText: "meaning" }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
  },
  nothing: async (page) => {
    await page.getByRole("combobox").fill("?!");
    await page.locator("[part=message] p").nth(1).waitFor();
  },
  landing: async (page) => {
    await page.getByRole("combobox").fill(question);
    await page.getByRole("option").first().click();
    await page.waitForURL(/privacy/);
    await page.waitForFunction(() => CSS.highlights.has("inkling-passage"));
  },
};

async function takeAll(browser, url, folder, width, colorScheme) {
  const viewport = { width, height: width < 600 ? 780 : 800 };
  const context = await browser.newContext({ viewport, colorScheme, reducedMotion: "reduce", bypassCSP: true });
  const page = await context.newPage();
  await page.goto(url);
  await page.locator('#index-status[data-state="ready"]').waitFor({ state: "attached" });
  for (const [name, reach] of Object.entries(states)) {
    await reach(page);
    await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), animations: "disabled" });
  }
  await context.close();
}

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("Name the folder for the pictures: node scripts/screenshots.mjs <folder>");
await mkdir(folder, { recursive: true });
await buildLibrary();
await buildSite();
const server = await serveFolder(siteFolder);
// Why: Chromium refuses to sandbox a process that is root, as it is in most containers.
const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
const browser = await chromium.launch({ executablePath: findBrowser()?.path, args });
try {
  for (const width of widths)
    for (const scheme of ["light", "dark"]) await takeAll(browser, server.url, folder, width, scheme);
  console.log(`${widths.length * 2 * Object.keys(states).length} pictures in ${folder}`);
} finally {
  await browser.close();
  await server.close();
}
