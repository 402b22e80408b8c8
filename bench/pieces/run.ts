// Measures an index in pieces in a real Chromium: what is transferred until the first answers, how long they take on a slow line,
// what each further query adds, and what it finds of that which the whole index finds. Prints a JSON object.
//
//   npx tsx bench/pieces/run.ts <folder of the index, built with --pieces> [--questions <file.tsv>] [--count <number>]
//     [--model <folder>] [--protocol http1|http2]
//
// The model is the one that the index was built with, where that is not the built-in one. A line of the questions is the path of a page, a tab, and the question. Default: bench/pieces/site-questions.tsv, which is for the
// site that bench/pieces/make-debian-site.ts makes. Its index: inkling build
// <folder>/pages --out <folder>/index --pieces. HTTP/2, the default, needs the program `openssl`.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Browser, Page } from "playwright";
import { openEngine } from "../../cli/engine.ts";
import { root } from "../../scripts/lib/paths.mjs";
import type { Hit, QueryAnswer, Status } from "../../src/types.ts";
import { launchBrowser } from "../../tests/browser/harness/browser.ts";
import { openFileStore } from "../../worker/stores/files.ts";
import { percentile } from "../statistics.ts";
import type { CountingServer } from "./counting-server.ts";
import { type BenchSite, type FirstVisit, makeBenchSite, visitFirst } from "./first-visit.ts";

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
      protocol: { type: "string", default: "http2" },
    },
  });
  const { questions: file, count, model, protocol } = values;
  const [index] = positionals;
  if (index === undefined || (protocol !== "http1" && protocol !== "http2")) {
    console.error("Usage: tsx bench/pieces/run.ts <folder of the index> [--questions <file.tsv>] [--count <number>]");
    process.exitCode = 2;
    return;
  }
  const all = await readQuestions(file);
  const step = Math.max(1, Math.floor(all.length / Number(count)));
  const questions = all.filter((_, i) => i % step === 0);
  const site = await makeBenchSite(index, protocol);
  const browser = await launchBrowser(site.flags);
  try {
    const cold = await measureCold(browser, site, questions);
    console.error(JSON.stringify({ cold }));
    const exact = await askWhole(index, model, questions);
    const further = await measureFurther(browser, site, questions, exact);
    console.log(JSON.stringify({ protocol, questions: questions.length, cold, ...further }, null, 1));
  } finally {
    await browser.close();
    await site.remove();
  }
}

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
async function measureCold(browser: Browser, site: BenchSite, questions: readonly Question[]) {
  const visits: FirstVisit[] = [];
  for (let run = 0; run < coldRuns; run++) {
    visits.push(await visitFirst(browser, site, questions[Math.floor((run * questions.length) / coldRuns)]!.text));
  }
  return {
    bytes: visits.map(({ bytes }) => bytes),
    requests: visits.map(({ requests }) => requests),
    wordsMs: visits.map(({ wordsMs }) => wordsMs),
    meaningMs: visits.map(({ meaningMs }) => meaningMs),
  };
}

async function measureFurther(
  browser: Browser,
  site: BenchSite,
  questions: readonly Question[],
  exact: readonly Exact[],
) {
  const server = await site.serve();
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

function count(server: CountingServer): { readonly bytes: number; readonly requests: number } {
  return { bytes: server.bytes(), requests: server.requests.length };
}

async function askPieces(page: Page, server: CountingServer, questions: readonly Question[]): Promise<Asked[]> {
  const asked: Asked[] = [];
  for (const { text } of questions) {
    const before = count(server);
    const answer = await ask(page, text);
    const after = count(server);
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
