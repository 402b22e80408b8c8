// How long after a key press its answer is on the screen, in the guide, and what the page's thread is kept busy with.
// `npx tsx bench/key-press.ts`
import { chromium, type Page } from "playwright";
import { buildLibrary, buildSite, siteFolder } from "../demo/build.mjs";
import { serveFolder } from "../demo/server.mjs";
import { findBrowser } from "../scripts/lib/browser.mjs";

const questions = [
  "does what my readers type get sent anywhere",
  "how much disk space will the stored text take",
  "why did the second visit not compute anything",
  "private windows and forbidden storage",
];

interface Measured {
  /** From each key press to the frame that shows its answer, in ms; key presses that were overtaken have none. */
  readonly delays: readonly number[];
  /** Tasks of the page's thread over 50 ms, in ms, since the page began to load. */
  readonly longTasks: readonly number[];
}

/** Notes, in the page, when a key was pressed and when its answer was drawn. */
function watch(): void {
  const delays: number[] = [];
  const longTasks: number[] = [];
  Object.assign(window, { measured: { delays, longTasks } });
  new PerformanceObserver((list) => longTasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
    type: "longtask",
    buffered: true,
  });
  const root = document.querySelector("inkling-search")!.shadowRoot!;
  const list = root.querySelector<HTMLElement>("[part=list]")!;
  const pressed = new Map<string, number>();
  root.addEventListener(
    "input",
    ({ target, timeStamp }) => pressed.set((target as HTMLInputElement).value.trim(), timeStamp),
    { capture: true },
  );
  new MutationObserver(() => {
    const time = pressed.get(list.dataset["question"] ?? "");
    pressed.delete(list.dataset["question"] ?? "");
    if (time === undefined) return;
    // Why a message: it comes after the frame that the callback stands before has been drawn.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => delays.push(performance.now() - time);
    requestAnimationFrame(() => port2.postMessage(null));
  }).observe(list, { attributeFilter: ["data-question"] });
}

async function measure(page: Page, url: string): Promise<Measured> {
  await page.goto(url);
  await page.locator('#index-status[data-state="ready"]').waitFor({ state: "attached" });
  await page.keyboard.press("/");
  await page.getByRole("combobox").waitFor();
  await page.evaluate(watch);
  for (const question of questions) {
    await page.getByRole("combobox").fill("");
    await page.keyboard.type(question, { delay: 120 });
    await page.locator(`[part=list][data-question=${JSON.stringify(question)}]`).waitFor();
  }
  await page.waitForTimeout(200);
  return page.evaluate(() => (window as unknown as { measured: Measured }).measured);
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

await buildLibrary();
await buildSite();
const server = await serveFolder(siteFolder);
// Why: Chromium refuses to sandbox a process that is root, as it is in most containers.
const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
const browser = await chromium.launch({ executablePath: findBrowser()!.path, args });
try {
  const page = await browser.newPage({ reducedMotion: "reduce" });
  const { delays, longTasks } = await measure(page, server.url);
  const shown = [0.5, 0.95, 1].map((share) => percentile(delays, share).toFixed(1));
  console.log(
    `${delays.length} key presses with an answer: p50 ${shown[0]} ms, p95 ${shown[1]} ms, longest ${shown[2]} ms`,
  );
  const over = longTasks.map((duration) => `${duration.toFixed(0)} ms`).join(", ") || "none";
  console.log(`tasks of the page's thread over 50 ms, from loading on: ${over}`);
} finally {
  await browser.close();
  await server.close();
}
