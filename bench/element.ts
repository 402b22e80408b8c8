// What the search element costs a page: bytes, the page's thread, movement, and the time from a key press to its answer.
// `npx tsx bench/element.ts`; with `--json`, what was measured as JSON.
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright";
import { buildLibrary, buildSite, siteFolder } from "../demo/build.mjs";
import { serveFolder } from "../demo/server.mjs";
import { findBrowser } from "../scripts/lib/browser.mjs";
import { serveSite } from "./element/pages.ts";
import { type Seen, watchKeys, watchPage } from "./element/watch.ts";
import { formatTable, type Row } from "./report.ts";
import { sizeOf } from "./sizes.ts";
import { percentile } from "./statistics.ts";

const dist = fileURLToPath(new URL("../dist", import.meta.url));
const sitePages = 1000;
const keyEveryMs = 120;
const longTaskMs = 50;

const questions = [
  "does what my readers type get sent anywhere",
  "how much disk space will the stored text take",
  "why did the second visit not compute anything",
  "private windows and forbidden storage",
];

/** Tasks of a page's thread that a visitor can feel, in ms. */
interface Busy {
  readonly longest: number;
  /** The parts of long tasks beyond 50 ms, added up. */
  readonly blocking: number;
}

function readBusy({ longTasks }: Seen, since = 0): Busy {
  const durations = longTasks.filter(({ start }) => start >= since).map(({ duration }) => duration);
  const blocking = durations.reduce((sum, duration) => sum + duration - longTaskMs, 0);
  return { longest: Math.max(0, ...durations), blocking };
}

const see = (page: Page): Promise<Seen> =>
  page.evaluate(() => (globalThis as unknown as { readSeen(): Seen }).readSeen());

/** Opens a page in a context of its own, as on a first visit, and watches it from its first moment on. */
async function visit(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage({ reducedMotion: "reduce" });
  await page.addInitScript(watchPage);
  await page.goto(url, { waitUntil: "load" });
  return page;
}

async function openDialog(page: Page): Promise<void> {
  await page.keyboard.press("/");
  await page.getByRole("dialog").getByRole("combobox").waitFor();
}

interface GuideResult {
  readonly load: Busy;
  readonly layoutShift: number;
  readonly delays: readonly number[];
  readonly typing: Busy;
}

/** Loads the guide for the first time, lets it be indexed, and types questions. */
async function measureGuide(browser: Browser): Promise<GuideResult> {
  await buildSite();
  const server = await serveFolder(siteFolder);
  const page = await visit(browser, server.url);
  await page.locator('#index-status[data-state="ready"]').waitFor({ state: "attached" });
  const loaded = await see(page);
  await openDialog(page);
  await page.evaluate(watchKeys);
  for (const question of questions) {
    await page.getByRole("dialog").getByRole("combobox").fill("");
    await page.keyboard.type(question, { delay: keyEveryMs });
    await page.locator(`[part=list][data-question=${JSON.stringify(question)}]`).waitFor();
  }
  const keys = questions.reduce((sum, question) => sum + question.replaceAll(" ", "").length, 0);
  const delays = await page.evaluate(
    () =>
      new Promise<number[]>((done) =>
        setTimeout(() => done((globalThis as unknown as { delays: number[] }).delays), 200),
      ),
  );
  const typed = await see(page);
  if (delays.length < keys / 2) throw new Error(`Only ${delays.length} of ${keys} letters got an answer.`);
  await page.close();
  await server.close();
  return { load: readBusy(loaded), layoutShift: typed.layoutShift, delays, typing: readBusy(typed, loaded.now) };
}

interface IndexingResult {
  readonly busy: Busy;
  readonly pages: number;
  readonly seconds: number;
}

/** Crawls a site into the index of an element whose dialog is open, showing how far it is. */
async function measureIndexing(browser: Browser): Promise<IndexingResult> {
  const site = await serveSite(sitePages);
  const page = await visit(browser, `${site.origin}/start.html`);
  await openDialog(page);
  const before = await see(page);
  const added = await page.evaluate(async (limit) => {
    type Search = { addSite(url: string, options: object): Promise<{ added: number }> };
    const search = await (globalThis as unknown as { search: Promise<Search> }).search;
    const element = document.querySelector("inkling-search") as HTMLElement & { refresh(): void };
    return (
      await search.addSite("/sitemap.xml", {
        limit,
        delayMs: 0,
        onProgress() {
          element.refresh();
        },
      })
    ).added;
  }, sitePages);
  const after = await see(page);
  await page.close();
  await site.close();
  return { busy: readBusy(after, before.now), pages: added, seconds: (after.now - before.now) / 1000 };
}

await buildLibrary();
const first = await sizeOf([join(dist, "inkling.js")]);
const all = await sizeOf(["inkling.js", "element-panel.js", "index.js"].map((name) => join(dist, name)));
// Why: Chromium refuses to sandbox a process that is root, as it is in most containers.
const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
const browser = await chromium.launch({ executablePath: findBrowser()!.path, args });
try {
  const guide = await measureGuide(browser);
  const indexing = await measureIndexing(browser);
  const machine = `${cpus().length} x ${cpus()[0]!.model}, Chromium ${browser.version()}`;
  if (process.argv.includes("--json")) console.log(JSON.stringify({ machine, first, all, guide, indexing }, null, 1));
  else {
    const rows: Row[] = [
      { what: "script until a visitor comes to the search, compressed", value: first.gz, unit: "bytes" },
      { what: "the same with panel and library", value: all.gz, unit: "bytes" },
      {
        what: "guide, first visit, until it is indexed: longest task of the page's thread over 50 ms",
        value: guide.load.longest,
        unit: "ms",
      },
      { what: "total blocking time", value: guide.load.blocking, unit: "ms" },
      { what: "layout shift, from loading to the last answer", value: guide.layoutShift, unit: "" },
      {
        what: `key press to its answer on the screen, ${guide.delays.length} letters: median`,
        value: percentile(guide.delays, 0.5),
        unit: "ms",
      },
      { what: "95th percentile", value: percentile(guide.delays, 0.95), unit: "ms" },
      { what: "longest task over 50 ms meanwhile", value: guide.typing.longest, unit: "ms" },
      { what: `${indexing.pages} pages of a site, read and indexed`, value: indexing.seconds, unit: "s" },
      { what: "longest task over 50 ms meanwhile", value: indexing.busy.longest, unit: "ms" },
    ];
    console.log(`${machine}\n\n${formatTable(rows)}`);
  }
} finally {
  await browser.close();
}
