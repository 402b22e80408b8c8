import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { extractHtml } from "../../cli/extract/html.ts";
import { decodeHtml } from "../../src/extract/decode.ts";
import { launchBrowser } from "./harness/browser.ts";

declare global {
  interface Window {
    extractAll?: (pages: readonly (readonly [url: string, html: string])[]) => string[];
  }
}

const root = fileURLToPath(new URL("../../", import.meta.url));
/** A folder of real pages, such as an unpacked documentation package, to compare all of. */
const realPages = process.env["INKLING_PAGES"];
const batchPages = 20;

let browser: Browser;
let page: Page;

beforeAll(async () => {
  browser = await launchBrowser();
  page = await browser.newPage();
  await page.addScriptTag({ content: await bundle() });
});
afterAll(() => browser.close());

/** The extraction of a live document, as a plain script. */
async function bundle(): Promise<string> {
  const result = await build({
    configFile: false,
    root,
    publicDir: false,
    logLevel: "error",
    build: {
      write: false,
      minify: false,
      lib: { entry: join(root, "tests/browser/page/extract-all.ts"), formats: ["iife"], name: "extraction" },
    },
  });
  const [output] = Array.isArray(result) ? result : [result];
  if (output === undefined || !("output" in output)) throw new Error("Vite gave no output.");
  return output.output[0].code;
}

async function listHtml(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => /\.html?$/.test(name)).sort();
}

/** Pages of a folder whose document differs between the parser and the browser, with both from where they part. */
async function findDifferences(folder: string): Promise<{ compared: number; different: string[] }> {
  const names = await listHtml(folder);
  const different: string[] = [];
  for (let start = 0; start < names.length; start += batchPages) {
    const batch = await Promise.all(
      names.slice(start, start + batchPages).map(async (name) => {
        return [name, decodeHtml(await readFile(join(folder, name)))] as const;
      }),
    );
    const live = await page.evaluate((pages) => window.extractAll!(pages), batch);
    batch.forEach(([name, html], i) => {
      const parsed = JSON.stringify(extractHtml(html, name));
      if (parsed !== live[i]) different.push(describeDifference(name, parsed, live[i]!));
    });
  }
  return { compared: names.length, different };
}

function describeDifference(name: string, parsed: string, live: string): string {
  let start = 0;
  while (parsed[start] === live[start]) start++;
  const cut = (text: string): string => text.slice(Math.max(0, start - 60), start + 120);
  return `${name}\n  parser:  ${cut(parsed)}\n  browser: ${cut(live)}`;
}

describe("the parser and the browser give the same document", () => {
  test.each([
    ["of pages with every rule, and of broken ones", "tests/fixtures/extraction", 8],
    ["of pages in the manner of several generators", "tests/fixtures/site", 10],
  ])("%s", async (_, folder, atLeast) => {
    const { compared, different } = await findDifferences(join(root, folder));
    expect(different).toEqual([]);
    expect(compared).toBeGreaterThanOrEqual(atLeast);
  });

  test.skipIf(realPages === undefined)(
    `of real pages${realPages === undefined ? " (skipped: INKLING_PAGES names no folder of them)" : ""}`,
    async () => {
      const { compared, different } = await findDifferences(realPages!);
      expect(different).toEqual([]);
      expect(compared).toBeGreaterThan(0);
    },
    1_800_000,
  );
});

test("a document that scripts nested 20,000 deep is read without exhausting the stack", async () => {
  const text = await page.evaluate(() => {
    const top = document.createElement("main");
    let inner = top;
    for (let i = 0; i < 20_000; i++) inner = inner.appendChild(document.createElement("div"));
    inner.append("deep");
    const pageWithIt = document.implementation.createHTMLDocument("t");
    pageWithIt.body.append(top);
    return window.extractLive!(pageWithIt);
  });
  expect(text).toContain('"text":"deep"');
});
