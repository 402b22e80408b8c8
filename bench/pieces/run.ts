// Measures an index in pieces in a real Chromium: what is transferred until the first answers, how long they take on a slow line,
// what each further query adds, and what it finds of that which the whole index finds. Prints a JSON object.
//
//   npx tsx bench/pieces/run.ts <folder of the index, built with --pieces> [<questions.tsv>] [<number of questions>]
//
// A line of the questions is the path of a page, a tab, and the question. Default: bench/pieces/site-questions.tsv, which is for the
// site that bench/pieces/make-debian-site.ts makes; its index: inkling build <folder>/pages --out <folder>/index --pieces.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright";
import { openEngine } from "../../cli/engine.ts";
import { root } from "../../scripts/lib/paths.mjs";
import type { QueryAnswer, Status } from "../../src/types.ts";
import { launchBrowser } from "../../tests/browser/harness/browser.ts";
import { openFileStore } from "../../worker/stores/files.ts";
import { percentile } from "../statistics.ts";
import { type ShapedServer, startShapedServer } from "./shaped-server.ts";

/** 10 Mbit/s and 40 ms, the line that the figures are for. */
const slowLine = { latencyMs: 40, bytesPerSecond: 1_250_000 };
const coldRuns = 3;
const depth = 10;

interface Question {
  readonly path: string;
  readonly text: string;
}

interface Exact {
  readonly hybrid: readonly string[];
  readonly words: readonly string[];
}

async function main(): Promise<void> {
  const [index, file = join(root, "bench/pieces/site-questions.tsv"), count = "1000"] = process.argv.slice(2);
  if (index === undefined) {
    console.error("Usage: tsx bench/pieces/run.ts <folder of the index> [<questions.tsv>] [<number of questions>]");
    process.exitCode = 2;
    return;
  }
  const all = await readQuestions(file);
  const step = Math.max(1, Math.floor(all.length / Number(count)));
  const questions = all.filter((_, i) => i % step === 0);
  const page = await mkdtemp(join(tmpdir(), "inkling-pieces-"));
  await writeFile(join(page, "index.html"), pageText);
  const browser = await launchBrowser();
  const folders = { "/": page, "/dist/": join(root, "dist"), "/index/": index };
  try {
    const cold = await measureCold(browser, folders, questions);
    console.error(JSON.stringify({ cold }));
    const exact = await askWhole(index, questions);
    const further = await measureFurther(browser, folders, questions, exact);
    console.log(JSON.stringify({ questions: questions.length, cold, ...further }, null, 1));
  } finally {
    await browser.close();
    await rm(page, { recursive: true });
  }
}

const pageText = `<!doctype html><meta charset=utf-8><title>bench</title><script type=module>
import { createSearch } from "/dist/index.js";
const started = 0;
const search = await createSearch({ name: "bench" });
const better = new Promise((resolve) => search.addEventListener("betteranswers", resolve, { once: true }));
await search.load("/index/");
window.search = search;
window.better = better;
const question = new URL(location.href).searchParams.get("q");
if (question !== null) {
  const words = await search.query(question, { mode: "words" });
  const wordsMs = performance.now() - started;
  await better;
  const answer = await search.query(question);
  window.times = { wordsMs, meaningMs: performance.now() - started, words: words.hits.length, mode: answer.mode };
}
window.ready = true;
</script>`;

async function readQuestions(file: string): Promise<Question[]> {
  const lines = (await readFile(file, "utf8")).trim().split("\n");
  return lines.map((line) => line.split("\t")).map(([path = "", text = ""]) => ({ path, text }));
}

/** What the whole index finds: no shortlist, no coarser vectors. */
async function askWhole(index: string, questions: readonly Question[]): Promise<Exact[]> {
  const engine = await openEngine("exact", await openFileStore(index), { model: undefined });
  await engine.modelReady();
  const answers: Exact[] = [];
  for (const { text } of questions) {
    const [hybrid, words] = [await engine.query(text), await engine.query(text, { mode: "words" })];
    answers.push({ hybrid: urlsOf(hybrid), words: urlsOf(words) });
  }
  await engine.close();
  return answers;
}

function urlsOf({ hits }: QueryAnswer): string[] {
  return hits.slice(0, depth).map(({ url }) => url);
}

/** First visits with an empty cache, each with another question, on the slow line. */
async function measureCold(browser: Browser, folders: Record<string, string>, questions: readonly Question[]) {
  const runs: { bytes: number; requests: number; wordsMs: number; meaningMs: number }[] = [];
  for (let run = 0; run < coldRuns; run++) {
    const server = await startShapedServer(folders, slowLine);
    const context = await browser.newContext();
    const page = await context.newPage();
    const { text } = questions[Math.floor((run * questions.length) / coldRuns)]!;
    await page.goto(`${server.origin}/?q=${encodeURIComponent(text)}`);
    await page.waitForFunction("window.times", undefined, { timeout: 60_000 });
    const times = (await page.evaluate("window.times")) as { wordsMs: number; meaningMs: number };
    runs.push({ ...server.counts(), wordsMs: Math.round(times.wordsMs), meaningMs: Math.round(times.meaningMs) });
    await context.close();
    server.close();
  }
  return {
    bytes: runs.map(({ bytes }) => bytes),
    requests: runs.map(({ requests }) => requests),
    wordsMs: runs.map(({ wordsMs }) => wordsMs),
    meaningMs: runs.map(({ meaningMs }) => meaningMs),
  };
}

async function measureFurther(
  browser: Browser,
  folders: Record<string, string>,
  questions: readonly Question[],
  exact: readonly Exact[],
) {
  const server = await startShapedServer(folders);
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${server.origin}/`);
  await page.waitForFunction("window.ready", undefined, { timeout: 60_000 });
  await page.evaluate("better");
  const asked = await askPieces(page, server, questions);
  const status = (await page.evaluate("search.status()")) as Status;
  const words: string[][] = [];
  for (const { text } of questions) words.push(urlsOf(await ask(page, text, "words")));
  await context.close();
  server.close();
  const further = asked.slice(1).map(({ bytes }) => bytes);
  return {
    furtherBytes: { median: percentile(further, 0.5), p90: percentile(further, 0.9) },
    furtherRequests: percentile(
      asked.slice(1).map(({ requests }) => requests),
      0.5,
    ),
    queryMs: percentile(
      asked.map(({ ms }) => ms),
      0.5,
    ),
    recallOfExactTopTen: {
      hybrid: recall(asked, exact, "hybrid"),
      words: recall(
        words.map((urls) => ({ urls })),
        exact,
        "words",
      ),
    },
    successAt3: {
      pieces: success(
        asked.map(({ urls }) => urls),
        questions,
      ),
      exact: success(
        exact.map(({ hybrid }) => hybrid),
        questions,
      ),
    },
    loaded: status.loaded[0],
    fallbacks: status.fallbacks,
  };
}

interface Asked {
  readonly urls: readonly string[];
  readonly bytes: number;
  readonly requests: number;
  readonly ms: number;
}

async function askPieces(page: Page, server: ShapedServer, questions: readonly Question[]): Promise<Asked[]> {
  const asked: Asked[] = [];
  for (const { text } of questions) {
    const before = server.counts();
    const answer = await ask(page, text);
    const after = server.counts();
    asked.push({
      urls: urlsOf(answer),
      bytes: after.bytes - before.bytes,
      requests: after.requests - before.requests,
      ms: answer.timings.totalMs,
    });
  }
  return asked;
}

function ask(page: Page, text: string, mode?: string): Promise<QueryAnswer> {
  return page.evaluate(`search.query(${JSON.stringify(text)}, ${JSON.stringify({ mode })})`) as Promise<QueryAnswer>;
}

function recall(
  found: readonly { readonly urls: readonly string[] }[],
  exact: readonly Exact[],
  mode: keyof Exact,
): number {
  const shares = exact.map((answer, i) => {
    const wanted = answer[mode];
    return wanted.length === 0 ? 1 : wanted.filter((url) => found[i]!.urls.includes(url)).length / wanted.length;
  });
  return round(shares.reduce((sum, share) => sum + share, 0) / Math.max(1, shares.length));
}

function success(found: readonly (readonly string[])[], questions: readonly Question[]): number {
  return round(questions.filter(({ path }, i) => found[i]!.slice(0, 3).includes(path)).length / questions.length);
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

await main();
process.exit();
