// Measures an index in pieces in a real Chromium: what is transferred until the first answers, how long they take on a slow line,
// what each further query adds, and what it finds of that which the whole index finds. Prints a JSON object.
//
//   npx tsx bench/pieces/run.ts <folder of the index, built with --pieces> [--questions <file.tsv>] [--count <number>] [--model <folder>]
//
// The model is the one that the index was built with, where that is not the built-in one. A line of the questions is the path of a page, a tab, and the question. Default: bench/pieces/site-questions.tsv, which is for the
// site that bench/pieces/make-debian-site.ts makes; its index: inkling build <folder>/pages --out <folder>/index --pieces.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Browser, Page } from "playwright";
import { openEngine } from "../../cli/engine.ts";
import { root } from "../../scripts/lib/paths.mjs";
import type { Hit, QueryAnswer, Status } from "../../src/types.ts";
import { launchBrowser } from "../../tests/browser/harness/browser.ts";
import { openFileStore } from "../../worker/stores/files.ts";
import { percentile } from "../statistics.ts";
import { type CountingServer, startCountingServer } from "./counting-server.ts";

/** 10 Mbit/s and 40 ms, the line that the figures are for; the browser shapes it, for the page and its workers. */
const slowLine = { offline: false, latency: 40, downloadThroughput: 1_250_000, uploadThroughput: 1_250_000 };
const coldRuns = 3;
const depth = 10;

interface Question {
  readonly path: string;
  readonly text: string;
}

/** Pages with their scores, the best first. */
interface Exact {
  readonly hybrid: readonly Scored[];
  readonly words: readonly Scored[];
}

type Scored = Pick<Hit, "url" | "score">;

/** Pages of which the whole index gives the score: those that are found have some, as far as they are at all near. */
const scoredPages = 200;
/** Pages count as good as the tenth whose exact score is its own, less this. */
const tie = 1e-3;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      questions: { type: "string", default: join(root, "bench/pieces/site-questions.tsv") },
      count: { type: "string", default: "1000" },
      model: { type: "string" },
    },
  });
  const { questions: file, count, model } = values;
  const [index] = positionals;
  if (index === undefined) {
    console.error("Usage: tsx bench/pieces/run.ts <folder of the index> [--questions <file.tsv>] [--count <number>]");
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
    const exact = await askWhole(index, model, questions);
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
async function askWhole(index: string, model: string | undefined, questions: readonly Question[]): Promise<Exact[]> {
  const engine = await openEngine("exact", await openFileStore(index), { model });
  await engine.modelReady();
  const answers: Exact[] = [];
  for (const { text } of questions) {
    const [hybrid, words] = [
      await engine.query(text, { limit: scoredPages }),
      await engine.query(text, { mode: "words", limit: scoredPages }),
    ];
    answers.push({ hybrid: hybrid.hits, words: words.hits });
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
    const server = await startCountingServer(folders);
    const context = await browser.newContext();
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send("Network.enable");
    await session.send("Network.emulateNetworkConditions", slowLine);
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
  const server = await startCountingServer(folders);
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
        exact.map(({ hybrid }) => hybrid.map(({ url }) => url)),
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

async function askPieces(page: Page, server: CountingServer, questions: readonly Question[]): Promise<Asked[]> {
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

/** Share of the exact first ten that is found, and share of what is found that is as good by its exact score. */
function recall(
  found: readonly { readonly urls: readonly string[] }[],
  exact: readonly Exact[],
  mode: keyof Exact,
): { readonly plain: number; readonly byScore: number } {
  const mean = (share: (wanted: readonly Scored[], urls: readonly string[]) => number): number =>
    round(exact.reduce((sum, each, i) => sum + share(each[mode], found[i]!.urls), 0) / Math.max(1, exact.length));
  const sizeOf = (wanted: readonly Scored[]): number => Math.min(depth, wanted.length);
  return {
    plain: mean((wanted, urls) => {
      const hits = wanted.slice(0, depth).filter(({ url }) => urls.includes(url));
      return wanted.length === 0 ? 1 : hits.length / sizeOf(wanted);
    }),
    byScore: mean((wanted, urls) => {
      const least = (wanted[sizeOf(wanted) - 1]?.score ?? 0) - tie;
      const good = wanted.filter(({ url, score }) => score >= least && urls.includes(url));
      return wanted.length === 0 ? 1 : good.length / sizeOf(wanted);
    }),
  };
}

function success(found: readonly (readonly string[])[], questions: readonly Question[]): number {
  return round(questions.filter(({ path }, i) => found[i]!.slice(0, 3).includes(path)).length / questions.length);
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

await main();
process.exit();
