import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runCommandLine } from "../../../cli/main.ts";
import { captureTerminal } from "./capture-terminal.ts";

interface PrintedAnswer {
  readonly query: string;
  readonly hits: readonly {
    readonly url: string;
    readonly title: string;
    readonly score: number;
    readonly passages: readonly {
      readonly section: string;
      readonly anchor: string;
      readonly excerpt: string;
      readonly score: number;
    }[];
  }[];
}

const fixture = fileURLToPath(new URL("../../fixtures/site", import.meta.url));
let folder: string;
let site: string;
let index: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "inkling-build-"));
  site = join(folder, "site");
  index = join(site, "inkling");
  await cp(fixture, site, { recursive: true });
});
afterEach(() => rm(folder, { recursive: true }));

async function run(...args: readonly string[]): Promise<string> {
  const terminal = captureTerminal();
  const code = await runCommandLine(args, terminal);
  if (code !== 0 || terminal.error() !== "") throw new Error(`code ${code}: ${terminal.error()}`);
  return terminal.out();
}

async function ask(text: string, ...options: readonly string[]): Promise<PrintedAnswer> {
  return JSON.parse(await run("query", index, text, "--json", ...options)) as PrintedAnswer;
}

describe("build", () => {
  test("indexes the pages of a folder beside them, and says what it left out", async () => {
    const summary = await run("build", site);
    expect(summary).toMatch(/^14 pages in .*: 11 added, 0 replaced, 0 unchanged, 0 removed, 3 skipped$/m);
    expect(summary).toMatch(/^(\d+) passages written, \1 of them embedded with inkling-instant-v1$/m);
    expect(summary).toContain("  moved.html: redirect to css/aspect-ratio.html\n");
    expect(summary).toContain("  private.html: robots noindex\n");
  });

  test("writes where --out says", async () => {
    const out = join(folder, "elsewhere/deep");
    await run("build", site, "--out", out);
    expect(JSON.parse(await readFile(join(out, "manifest.json"), "utf8"))).toHaveProperty("segments");
  });

  test("a second time embeds nothing", async () => {
    await run("build", site);
    const summary = await run("build", site);
    expect(summary).toMatch(/0 added, 0 replaced, 11 unchanged, 0 removed/);
    expect(summary).toMatch(/^0 passages written, 0 of them embedded/m);
  });

  test("after a change embeds only the changed passage", async () => {
    await run("build", site);
    const page = join(site, "notes/watering.md");
    await writeFile(
      page,
      (await readFile(page, "utf8")).replace("Said twice.", "Hang your sunburnt orchid in the bathroom."),
    );
    const summary = await run("build", site);
    expect(summary).toMatch(/0 added, 1 replaced, 10 unchanged, 0 removed/);
    expect(summary).toMatch(/^4 passages written, 1 of them embedded/m);
    expect((await ask("orchid")).hits[0]?.passages[0]?.anchor).toBe("signs-of-thirst-1");
  });

  test("removes pages that are gone, and those that now refuse", async () => {
    await run("build", site);
    await rm(join(site, "rust"), { recursive: true });
    const page = join(site, "css/aspect-ratio.html");
    await writeFile(
      page,
      (await readFile(page, "utf8")).replace("<head>", '<head><meta name="robots" content="noindex">'),
    );
    expect(await run("build", site)).toMatch(/0 added, 0 replaced, 9 unchanged, 2 removed, 4 skipped/);
    const { hits } = await ask("growable ring buffer aspect-ratio", "--limit", "100");
    expect(hits.map(({ url }) => url)).not.toContain("rust/struct.Queue.html");
    expect(hits.map(({ url }) => url)).not.toContain("css/aspect-ratio.html");
  });

  test("replaces an index that cannot be read", async () => {
    await run("build", site);
    await writeFile(join(index, "manifest.json"), "{not json");
    expect(await run("build", site)).toMatch(/11 added/);
    expect((await ask("fern")).hits[0]?.url).toBe("notes/watering.md");
  });

  test("of a folder without pages makes an index without pages", async () => {
    const empty = join(folder, "empty");
    await cp(join(fixture, "moved.html"), join(empty, "moved.html"));
    expect(await run("build", empty)).toMatch(/1 pages in .*0 added/);
  });
});

describe("query", () => {
  beforeEach(() => run("build", site));

  test("gives one line of JSON with page, section and anchor", async () => {
    const answer = await ask("aspect-ratio auto", "--limit", "2");
    expect(answer.query).toBe("aspect-ratio auto");
    expect(Object.keys(answer.hits[0]!)).toEqual(["url", "title", "score", "passages"]);
    expect(Object.keys(answer.hits[0]!.passages[0]!)).toEqual(["section", "anchor", "excerpt", "score"]);
    expect(answer.hits[0]).toMatchObject({
      url: "css/aspect-ratio.html",
      title: "aspect-ratio - CSS: Cascading Style Sheets",
    });
    expect(answer.hits[0]!.passages.map(({ anchor }) => anchor)).toContain("auto");
  });

  test("has no more pages than --limit wants", async () => {
    const all = await ask("push a value", "--mode", "words", "--limit", "100");
    expect(all.hits.length).toBeGreaterThan(1);
    expect((await ask("push a value", "--mode", "words", "--limit", "1")).hits).toEqual(all.hits.slice(0, 1));
  });

  test("has each page once, best first", async () => {
    const { hits } = await ask("queue push value", "--limit", "100");
    expect(new Set(hits.map(({ url }) => url)).size).toBe(hits.length);
    expect(hits.map(({ score }) => score)).toEqual(hits.map(({ score }) => score).sort((a, b) => b - a));
  });

  test.each([
    ["words", "truncate towards the larger whole number", "legacy/octave.html", "index-ceil"],
    ["words", "استعارة الكتب ثلاثة أسابيع", "world/arabic.html", "return"],
    ["words", "三週間", "world/japanese.html", "図書館の案内"],
    ["hybrid", "how often should I give my houseplants a drink", "notes/watering.md", undefined],
    ["dense", "grandma's baking instructions", "legacy/broken.html", undefined],
  ])("by %s finds %s", async (mode, text, url, anchor) => {
    const best = (await ask(text, "--mode", mode)).hits[0];
    expect(best?.url).toBe(url);
    if (anchor !== undefined) expect(best?.passages[0]?.anchor).toBe(anchor);
  });

  test("answers a file of queries line by line", async () => {
    const queries = join(folder, "queries.jsonl");
    await writeFile(queries, '{"text":"fern"}\n\n{"query":"poppy"}\n');
    const lines = (await run("query", index, "--queries", queries, "--json", "--limit", "1")).trim().split("\n");
    const answers = lines.map((line) => JSON.parse(line) as PrintedAnswer);
    expect(answers.map(({ query, hits }) => [query, hits[0]?.url])).toEqual([
      ["fern", "notes/watering.md"],
      ["poppy", "legacy/broken.html"],
    ]);
    await writeFile(join(folder, "queries.txt"), "\r\nfern\r\n  \r\npoppy\r\n");
    const plain = await run("query", index, "--queries", join(folder, "queries.txt"), "--json", "--limit", "1");
    expect(plain.trim().split("\n")).toHaveLength(2);
  });

  test("prints readable text, with the address of the passage", async () => {
    const text = await run("query", index, "poppy seed", "--limit", "1", "--mode", "words");
    expect(text).toMatch(/^poppy seed: the best 1 of \d+ candidate pages, by words/);
    expect(text).toContain("legacy/broken.html#cake");
    expect(text).not.toContain("\u001b");
  });

  test("of nothing, and for nothing, has no hits", async () => {
    expect((await ask("")).hits).toEqual([]);
    expect((await ask("fern", "--limit", "0")).hits).toEqual([]);
  });

  test("takes a text that looks like an option after --", async () => {
    const terminal = captureTerminal();
    expect(await runCommandLine(["query", index, "--json", "--", "--amount"], terminal)).toBe(0);
    expect((JSON.parse(terminal.out()) as PrintedAnswer).hits[0]?.url).toBe("notes/watering.md");
  });

  test("leaves the index as it was", async () => {
    const before = await readFile(join(index, "manifest.json"), "utf8");
    await ask("fern");
    await ask("fern", "--mode", "words");
    expect(await readFile(join(index, "manifest.json"), "utf8")).toBe(before);
  });
});
