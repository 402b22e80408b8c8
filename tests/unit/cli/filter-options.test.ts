import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCommandLine } from "../../../cli/main.ts";
import { captureTerminal } from "./capture-terminal.ts";

let folder: string;
let index: string;

async function run(...args: readonly string[]): Promise<{ code: number; out: string; error: string }> {
  const terminal = captureTerminal();
  const code = await runCommandLine(args, terminal);
  return { code, out: terminal.out(), error: terminal.error() };
}

const page = (head: string, text: string): string =>
  `<html lang=en><head>${head}</head><body><main>${text}</main></body></html>`;
const dated = (date: string): string => `<meta property="article:published_time" content="${date}">`;

const site: Readonly<Record<string, string>> = {
  "soup.html": page(
    dated("2024-05-01"),
    "<h1>Soup</h1><p data-inkling-filter=tag>warm<p data-inkling-sort=minutes>40<p>Cook the carrots.",
  ),
  "salad.html": page(
    dated("2026-02-03T10:00:00+01:00"),
    "<h1>Salad</h1><p data-inkling-filter=tag>cold<p data-inkling-sort=minutes>5<p>Grate the carrots.",
  ),
  "stew.html": page(
    dated("2025-06-07"),
    "<h1>Stew</h1><p data-inkling-filter=tag>warm<p data-inkling-sort=minutes>two hours<p>Carrots, slowly.",
  ),
  "pie.html": page("", "<h1 data-inkling-sort=minutes>60</h1><p>Carrots in a crust."),
  "heavy.html": page("", "<h1>Carrots</h1><p>All about carrots, carrots and carrots.").replace(
    "<main>",
    "<main data-inkling-weight=0.1>",
  ),
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "inkling-filter-"));
  index = join(folder, "index");
  for (const [path, html] of Object.entries(site)) {
    await mkdir(dirname(join(folder, "site", path)), { recursive: true });
    await writeFile(join(folder, "site", path), html);
  }
  await run("build", join(folder, "site"), "--out", index);
});

afterAll(() => rm(folder, { recursive: true }));

async function ask(text: string, ...options: readonly string[]): Promise<{ urls: string[]; facets?: unknown }> {
  const { out, error } = await run("query", index, text, "--mode", "words", "--json", ...options);
  if (error !== "") throw new Error(error);
  const { hits, facets } = JSON.parse(out) as { hits: { url: string }[]; facets?: unknown };
  return { urls: hits.map(({ url }) => url), ...(facets === undefined ? {} : { facets }) };
}

describe("inkling query", () => {
  test("takes conditions, by what pages say in their head and in marks", async () => {
    expect((await ask("carrots", "--where", '{"tag":"warm"}')).urls.toSorted()).toEqual(["soup.html", "stew.html"]);
    expect((await ask("carrots", "--where", '{"published":{"gte":"2026"}}')).urls).toEqual(["salad.html"]);
    expect((await ask("carrots", "--where", '{"lang":"en","not":{"tag":{"in":["warm","cold"]}}}')).urls).toEqual([
      "pie.html",
      "heavy.html",
    ]);
  });

  test("counts values, and lists pages in an order", async () => {
    expect(await ask("", "--facets", "tag,lang", "--sort", "published:desc")).toEqual({
      urls: ["salad.html", "stew.html", "soup.html", "heavy.html", "pie.html"],
      facets: {
        tag: [
          { value: "warm", count: 2 },
          { value: "cold", count: 1 },
        ],
        lang: [{ value: "en", count: 5 }],
      },
    });
    const { out } = await run("query", index, "carrots", "--mode", "words", "--facets", "tag", "--limit", "1");
    expect(out).toMatch(/\ntag: warm \(2\), cold \(1\)\n$/);
  });

  test("ranks by the weight that pages give themselves", async () => {
    expect((await ask("carrots")).urls.at(-1)).toBe("heavy.html");
  });

  test.each([
    ["--where", "{tag}", /--where is no JSON: .* Expected an object .* \(argument\/where\)/],
    [
      "--where",
      '{"colour":"red"}',
      /no document has an attribute "colour"\. There are lang, minutes, published, tag, title, url, weight\. \(argument\/where\)/,
    ],
    ["--where", '{"minutes":{"lt":30}}', /"minutes" is a keyword: it has the value "two hours"/],
    ["--facets", "", /`facets`: no document has an attribute ""/],
    ["--sort", "published", /`sort\.published`: found "", expected "asc" or "desc"/],
  ])("%s %s ends with code 2", async (option, value, message) => {
    const { code, out, error } = await run("query", index, "carrots", "--mode", "words", option, value);
    expect(error).toMatch(message);
    expect([code, out]).toEqual([2, ""]);
  });
});

describe("inkling build", () => {
  test("says which attributes it found, what they are, and what is odd about them", async () => {
    const { out } = await run("build", join(folder, "site"), "--out", index);
    expect(out).toContain(
      'Attributes: lang (keyword, 5 pages), minutes (keyword, 4 pages, but for "two hours" a number), published (date, 3 pages), tag (keyword, 3 pages), weight (number, 1 pages)\n',
    );
    const { out: json } = await run("build", join(folder, "site"), "--out", index, "--json");
    const { attributes } = (JSON.parse(json) as { index: { attributes: { name: string }[] } }).index;
    expect(attributes.find(({ name }) => name === "minutes")).toEqual({
      name: "minutes",
      type: "keyword",
      documents: 4,
      values: 4,
      nearly: { type: "number", except: "two hours" },
    });
  });
});
