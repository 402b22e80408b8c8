// Takes pictures of the search element: its main states in three widths and two themes, for the tests to compare with, and a few
// of the guide, for the README. `npx tsx scripts/screenshots.mjs`; with `--guide`, those of the guide alone; with `--element`, the
// others alone.
import { mkdir, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright";
import { buildLibrary, buildSite, siteFolder } from "../demo/build.mjs";
import { serveFolder } from "../demo/server.mjs";
import { readSurroundings, serveStates, takePictures, themes, widths } from "../tests/browser/element/screenshots.ts";
import { findBrowser } from "./lib/browser.mjs";

const stored = new URL("../tests/fixtures/screenshots/", import.meta.url);
const images = new URL("../docs/images/", import.meta.url);
const question = "does what my readers type get sent anywhere?";

async function storeStates(browser) {
  const server = await serveStates();
  await rm(stored, { recursive: true, force: true });
  await mkdir(stored, { recursive: true });
  for (const width of widths) {
    for (const theme of themes) {
      for (const { name, bytes } of await takePictures(browser, server.origin, width, theme))
        await writeFile(new URL(`${name}.jpg`, stored), bytes);
    }
  }
  await writeFile(new URL("surroundings.txt", stored), `${await readSurroundings(browser)}\n`);
  await server.close();
}

/** Asks the guide, and leaves the dialog with the answer open. */
async function askGuide(page, url) {
  await page.goto(url);
  await page.locator('#index-status[data-state="ready"]').waitFor({ state: "attached" });
  await page.keyboard.press("/");
  await page.getByRole("dialog").getByRole("combobox").fill(question);
  await page.locator("[part=note]").filter({ hasText: "meaning" }).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.mouse.move(0, 0);
}

/** Opens the passage that is chosen, and waits until it is highlighted. */
async function landInGuide(page) {
  await page.keyboard.press("Enter");
  await page.waitForURL(/privacy/);
  // Why in the page: it may navigate until it is loaded, and a policy forbids what `waitForFunction` does.
  await page.locator("html").evaluate(async () => {
    while (!CSS.highlights.has("inkling-passage")) await new Promise(requestAnimationFrame);
  });
}

async function storeGuide(browser) {
  await buildSite();
  const server = await serveFolder(siteFolder);
  await mkdir(images, { recursive: true });
  const visit = (width, height, colorScheme) =>
    browser.newPage({ viewport: { width, height }, colorScheme, reducedMotion: "reduce" });
  const take = (page, name) =>
    page.screenshot({ path: fileURLToPath(new URL(`${name}.png`, images)), animations: "disabled", caret: "hide" });

  const wide = await visit(1000, 640, "light");
  await askGuide(wide, server.url);
  await take(wide, "answer");
  await landInGuide(wide);
  await take(wide, "landing");
  const narrow = await visit(390, 640, "dark");
  await askGuide(narrow, server.url);
  await take(narrow, "answer-narrow-dark");
  await server.close();
}

await buildLibrary();
const wanted = process.argv.slice(2);
// Why: Chromium refuses to sandbox a process that is root, as it is in most containers.
const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
const browser = await chromium.launch({ executablePath: findBrowser()?.path, args });
try {
  if (!wanted.includes("--guide")) await storeStates(browser);
  if (!wanted.includes("--element")) await storeGuide(browser);
} finally {
  await browser.close();
}
