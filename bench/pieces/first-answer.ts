// Measures how long the first answers of an index in pieces take on a line of 10 Mbit/s and 40 ms, cold, and prints the requests of
// the median visit in order of their arrival at the host.
//
//   npx tsx bench/pieces/first-answer.ts <folder of the index, built with --pieces> [--protocol http1|http2] [--runs 9] [--waterfall]
//
// HTTP/2 needs the program `openssl`. The questions are those of bench/pieces/site-questions.tsv, each visit asks another one.
import { readFile } from "node:fs/promises";
import { loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "../../scripts/lib/paths.mjs";
import { launchBrowser } from "../../tests/browser/harness/browser.ts";
import { spreadOf } from "../statistics.ts";
import { type FirstVisit, makeBenchSite, visitFirst } from "./first-visit.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    protocol: { type: "string", default: "http2" },
    runs: { type: "string", default: "9" },
    waterfall: { type: "boolean", default: false },
  },
});
const [index] = positionals;
if (index === undefined || (values.protocol !== "http1" && values.protocol !== "http2")) {
  console.error("Usage: tsx bench/pieces/first-answer.ts <folder of the index> [--protocol http1|http2] [--runs 9]");
  process.exit(2);
}
const lines = (await readFile(join(root, "bench/pieces/site-questions.tsv"), "utf8")).trim().split("\n");
const runs = Number(values.runs);
const site = await makeBenchSite(index, values.protocol);
const browser = await launchBrowser(site.flags);
const visits: FirstVisit[] = [];
try {
  for (let run = 0; run < runs; run++) {
    const [, question = ""] = lines[Math.floor((run * lines.length) / runs)]!.split("\t");
    visits.push(await visitFirst(browser, site, question));
  }
} finally {
  await browser.close();
  await site.remove();
}
const spread = (of: (visit: FirstVisit) => number): object => spreadOf(visits.map(of));
console.log(
  JSON.stringify(
    {
      protocol: values.protocol,
      load: loadavg()[0],
      bytes: spread(({ bytes }) => bytes),
      requests: spread(({ requests }) => requests),
      openedMs: spread(({ openedMs }) => openedMs),
      loadedMs: spread(({ loadedMs }) => loadedMs),
      wordsMs: spread(({ wordsMs }) => wordsMs),
      meaningMs: spread(({ meaningMs }) => meaningMs),
    },
    null,
    1,
  ),
);
if (values.waterfall) {
  const median = visits.toSorted((a, b) => a.meaningMs - b.meaningMs)[Math.floor(runs / 2)]!;
  console.log(`words ${median.wordsMs} ms, meaning ${median.meaningMs} ms`);
  for (const { path, atMs, bytes } of median.log) {
    console.log(`${(atMs - median.log[0]!.atMs).toFixed(0).padStart(6)} ms ${String(bytes).padStart(6)} ${path}`);
  }
}
process.exit();
