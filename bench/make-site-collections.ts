// Makes page-level test collections of documentation sites out of two files of training text: the sections of their pages, and questions
// that were written to some of those sections in visitors' words. For choosing how sections add up to pages; a model that was
// trained on these questions is not to be judged by them.
//
//   npx tsx bench/make-site-collections.ts <folder with docs-sections and user-questions .jsonl.gz> <out folder>
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Section } from "../src/types.ts";

interface DocsSection {
  readonly repo: string;
  readonly page: string;
  readonly title: string;
  readonly heading?: string;
  readonly text: string;
}

interface UserQuestions {
  readonly source: string;
  readonly page?: string;
  readonly questions: readonly string[];
}

interface Site {
  readonly pages: Map<string, { title: string; sections: Section[] }>;
  readonly questions: { text: string; page: string }[];
}

const sites = [
  "vuejs/docs",
  "electron/electron",
  "reactjs/react.dev",
  "withastro/docs",
  "symfony/symfony-docs",
  "laravel/docs",
  "denoland/docs",
  "redis/redis-doc",
  "facebook/react-native-website",
  "gohugoio/hugoDocs",
  "ansible/ansible-documentation",
  "eslint/eslint",
  "MicrosoftDocs/PowerShell-Docs",
  "cockroachdb/docs",
];

function readLines<Line>(path: string): Line[] {
  const lines = gunzipSync(readFileSync(path)).toString("utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Line);
}

function readSites(folder: string): Map<string, Site> {
  const found = new Map<string, Site>(sites.map((site) => [site, { pages: new Map(), questions: [] }]));
  for (const { repo, page, title, heading, text } of readLines<DocsSection>(join(folder, "docs-sections.jsonl.gz"))) {
    const pages = found.get(repo)?.pages;
    if (pages?.has(page) === false) pages.set(page, { title, sections: [] });
    pages?.get(page)?.sections.push({ heading: heading ?? "", level: 2, anchor: "", text });
  }
  for (const { source, page, questions } of readLines<UserQuestions>(join(folder, "user-questions.jsonl.gz"))) {
    const site = found.get(source);
    if (page === undefined || site?.pages.has(page) !== true) continue;
    site.questions.push(...questions.map((text) => ({ text, page })));
  }
  return found;
}

function writeCollection(folder: string, site: Site): void {
  mkdirSync(folder, { recursive: true });
  const write = (name: string, lines: string[]): void => writeFileSync(join(folder, name), `${lines.join("\n")}\n`);
  write(
    "corpus.jsonl",
    [...site.pages].map(([page, { title, sections }]) => JSON.stringify({ _id: page, title, sections })),
  );
  write(
    "queries.jsonl",
    site.questions.map(({ text }, i) => JSON.stringify({ _id: String(i), text })),
  );
  write("qrels.tsv", ["query-id\tcorpus-id\tscore", ...site.questions.map(({ page }, i) => `${i}\t${page}\t1`)]);
}

const [source, out] = process.argv.slice(2);
if (source === undefined || out === undefined) {
  console.error("Usage: tsx bench/make-site-collections.ts <folder with the training text> <out folder>");
  process.exit(2);
}
for (const [name, site] of readSites(source)) {
  writeCollection(join(out, name.replace("/", "-")), site);
  console.log(`${name}: ${site.pages.size} pages, ${site.questions.length} questions`);
}
