import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, test } from "vitest";
import * as kit from "./site-kit.ts";
import { findHits as hits, readFolder, run, useSiteFolders } from "./site-kit.ts";

const fixture = fileURLToPath(new URL("../../../fixtures/site", import.meta.url));
const folders = useSiteFolders();
let folder: string;
let site: string;
let index: string;
beforeEach(() => ({ folder, site, index } = folders));

const build = (out: string, ...options: readonly string[]): Promise<kit.Report> => kit.build(site, out, ...options);
const write = (path: string, text: string): Promise<void> => kit.writePage(site, path, text);

/** More pages than are read without threads. */
async function writeManyPages(): Promise<void> {
  for (let i = 0; i < 80; i++) {
    const body = `<ul><li>Menu<li>Help</ul><h1>Subject ${i}</h1><p>Number ${i} is about ${["tea", "oak", "snow"][i % 3]}.</p>`;
    await write(`many/${i}.html`, `<html lang=en><title>Subject ${i}</title><body>${body}</body></html>`);
  }
}

async function urls(out: string, text: string, ...options: readonly string[]): Promise<string[]> {
  return (await hits(out, text, ...options)).map(({ url }) => url);
}

describe("the same pages", () => {
  test("give the same bytes, by threads or without", async () => {
    await cp(fixture, site, { recursive: true });
    await writeManyPages();
    await build(index, "--threads", "2");
    await build(join(folder, "again"), "--threads", "0");
    expect(await readFolder(join(folder, "again"))).toEqual(await readFolder(index));
    // Why so long: each thread compiles its sources first, which takes a busy machine many seconds.
  }, 120_000);

  test("are neither parsed nor embedded again, and the index keeps its bytes", async () => {
    await cp(fixture, site, { recursive: true });
    const first = await build(index);
    expect(first).toMatchObject({ parsed: 14, added: 11 });
    const before = await readFolder(index);
    expect(await build(index)).toMatchObject({ parsed: 0, added: 0, unchanged: 11, embedded: 0, index: first.index });
    expect(await readFolder(index)).toEqual(before);
  });
});

describe("an index that is brought up to date", () => {
  test("is, byte for byte, one that is made anew", async () => {
    await cp(fixture, site, { recursive: true });
    await writeManyPages();
    await build(index, "--threads", "0");
    await rm(join(site, "many/7.html"));
    await rm(join(site, "rust"), { recursive: true });
    await write(
      "many/8.html",
      "<html lang=en><title>Subject 8</title><h1>Subject 8</h1><p>Now it is about lanterns.</p>",
    );
    await write("new.md", "# Lamps\n\nOil, gas, and light bulbs.\n");
    const report = await build(index, "--threads", "0");
    expect(report).toMatchObject({ parsed: 2, removed: 2 });
    const fresh = join(folder, "fresh");
    await build(fresh, "--threads", "0");
    expect(await readFolder(join(index, "blocks"))).toEqual(await readFolder(join(fresh, "blocks")));
    expect(await hits(index, "lanterns")).toEqual(await hits(fresh, "lanterns"));
  });

  test("loses what its pages have in common only when enough of them have it", async () => {
    for (let i = 0; i < 7; i++) await write(`${i}.html`, `<p>Open daily</p><p>Text of page ${i}.</p>`);
    await build(index);
    expect(await urls(index, '"open daily"', "--mode", "words")).toHaveLength(7);
    await write("7.html", "<p>Open daily</p><p>Text of page 7.</p>");
    const report = await build(index);
    expect(report).toMatchObject({ parsed: 1, index: { pages: 8 } });
    expect(await urls(index, '"open daily"', "--mode", "words")).toEqual([]);
  });

  test.each(["{", "[]", '{"version":1,"settings":"","generation":1,"pages":{"a.html":{}}}', ""])(
    "is right with the notes of the last build being %j",
    async (notes) => {
      await write("a.html", "<p>apples</p>");
      await build(index);
      await write("a.html", "<p>pears</p>");
      await writeFile(join(index, ".inkling-build.json"), notes);
      expect(await build(index)).toMatchObject({ parsed: 1 });
      expect(await urls(index, "pears", "--mode", "words")).toEqual(["a.html"]);
    },
  );

  test("is right where another folder was built into it meanwhile", async () => {
    await write("a.html", "<p>apples</p>");
    await build(index);
    const notes = await readFile(join(index, ".inkling-build.json"));
    const other = join(folder, "other");
    await mkdir(other);
    await writeFile(join(other, "a.html"), "<p>other</p>");
    await run("build", other, "--out", index);
    await writeFile(join(index, ".inkling-build.json"), notes);
    await build(index);
    expect(await urls(index, "apples", "--mode", "words")).toEqual(["a.html"]);
  });
});

describe("when a build fails", () => {
  test("the old index stays as it was, and the next build goes through", async () => {
    await write("a.html", "<p>apples</p>");
    await build(index);
    const before = await readFolder(join(index, "blocks"));
    await write("a.html", "<p>pears</p>");
    // A file where blocks are to be staged: what comes of a full disk, without filling one.
    const obstacle = join(index, `.staging-${process.pid}`);
    await writeFile(obstacle, "");
    const { code, error } = await run("build", site, "--out", index);
    expect({ code, error }).toMatchObject({ code: 1, error: expect.stringContaining("storage/") as string });
    expect(await readFolder(join(index, "blocks"))).toEqual(before);
    expect(await urls(index, "apples", "--mode", "words")).toEqual(["a.html"]);
    await rm(obstacle, { force: true });
    await build(index);
    expect(await urls(index, "pears", "--mode", "words")).toEqual(["a.html"]);
  });

  test("what a killed build left is removed", async () => {
    await write("a.html", "<p>apples</p>");
    await mkdir(join(index, ".staging-999999999"), { recursive: true });
    await build(index);
    expect((await readdir(index)).sort()).toEqual([
      ".inkling-build.json",
      ".inkling-files.json",
      "blocks",
      "manifest.json",
    ]);
  });
});

describe("which pages", () => {
  beforeEach(async () => {
    for (const path of ["index.html", "guide/a.html", "guide/deep/b.md", "drafts/c.html", "api.html"])
      await write(path, `<p>page ${path.replaceAll(/\W/g, " ")}</p>`);
  });

  test.each([
    [
      ["--include", "guide/**"],
      ["guide/a.html", "guide/deep/b.md"],
    ],
    [["--include", "*.md"], ["guide/deep/b.md"]],
    [
      ["--include", "guide/*", "--include", "api.html"],
      ["api.html", "guide/a.html"],
    ],
    [
      ["--exclude", "drafts/", "--exclude", "**/deep/**"],
      ["api.html", "guide/a.html", "index.html"],
    ],
    [["--include", "{guide,drafts}/**", "--exclude", "*.html"], ["guide/deep/b.md"]],
  ])("%j", async (options, expected) => {
    await build(index, ...options);
    expect((await urls(index, "page", "--mode", "words")).sort()).toEqual(expected);
  });

  test("none is wrong usage, and the index stays", async () => {
    await build(index);
    const before = await readFolder(index);
    const { code, error } = await run("build", site, "--out", index, "--include", "*.txt");
    expect(code).toBe(2);
    expect(error).toMatch(/no page in ".*" that --include and --exclude let pass.*5 pages was kept/);
    expect(await readFolder(index)).toEqual(before);
  });

  test("with a base, urls are addresses below it", async () => {
    await write("guide/ä b.html", '<link rel=canonical href="https://x.example/docs/umlaut"><p>page with a name');
    await build(index, "--base-url", "https://x.example/docs");
    expect((await urls(index, "page", "--mode", "words")).sort()).toEqual([
      "https://x.example/docs/",
      "https://x.example/docs/api.html",
      "https://x.example/docs/drafts/c.html",
      "https://x.example/docs/guide/a.html",
      "https://x.example/docs/guide/deep/b.md",
      "https://x.example/docs/umlaut",
    ]);
    await build(index, "--base-url", "/");
    expect(await urls(index, "umlaut page name", "--mode", "words")).toContain("/docs/umlaut");
    await build(index, "--base-url", "/handbook");
    expect(await urls(index, "umlaut page name", "--mode", "words")).toContain("/handbook/guide/%C3%A4%20b.html");
  });

  test("with a base and clean urls, addresses are without .html", async () => {
    await write("index.html", "<p>Start of it.</p>");
    await write("guide/index.html", "<p>Guide of it.</p>");
    await write("guide/install.html", "<p>Install of it.</p>");
    await build(index, "--base-url", "/docs/", "--clean-urls");
    expect((await urls(index, "of it")).toSorted()).toEqual(["/docs/", "/docs/guide/", "/docs/guide/install"]);
    await expect(build(index, "--clean-urls")).rejects.toThrow();
  });

  test("where some mark their content, the others are left out, and the summary says so", async () => {
    await write("marked.html", "<nav>no</nav><div data-pagefind-body>page that is marked</div>");
    const { skipped, index: built } = await build(index);
    expect(built.pages).toBe(1);
    expect(skipped[0]).toEqual({ url: "api.html", reason: "no data-inkling-body, which other pages have" });
  });

  test("of two with one canonical address one is taken", async () => {
    for (const path of ["v1/x.html", "v2/x.html"])
      await write(path, '<link rel=canonical href="https://x.example/v2/x"><p>page twice</p>');
    const { skipped } = await build(index, "--include", "v?/*");
    expect(skipped).toEqual([{ url: "v1/x.html", reason: "the same page as v2/x.html, by its canonical address" }]);
  });
});

describe("wrong usage", () => {
  test.each([
    [["--out", "FILE"], /--out is ".*", which is a file\. Give a folder/],
    [["--out", "FILE/deep/er"], /which lies below .*file, which is a file/],
    [["--base-url", "docs"], /--base-url is "docs", expected an address/],
    [["--base-url", "ftp://x.example/"], /--base-url is "ftp/],
    [["--base-url", "https://x.example/?a"], /without query/],
    [["--include", ""], /--include is "", expected a pattern/],
    [["--lang", "english please"], /--lang is "english please", expected a language tag/],
    [["--threads", "many"], /--threads is "many", expected an integer from 0 to 64/],
  ])("%j ends with code 2", async (options, message) => {
    await write("a.html", "<p>x</p>");
    const file = join(folder, "file");
    await writeFile(file, "kept");
    const { code, out, error } = await run("build", site, ...options.map((option) => option.replace("FILE", file)));
    expect(error).toMatch(message);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(await readFile(file, "utf8")).toBe("kept");
  });

  test("an empty folder", async () => {
    await mkdir(site);
    const { code, error } = await run("build", site);
    expect(error).toMatch(/There is no page in ".*site"\. Expected files that end with \.html/);
    expect(code).toBe(2);
    expect(await readdir(site)).toEqual([]);
  });
});

test("the summary says what the index is made of", async () => {
  await cp(fixture, site, { recursive: true });
  const { index: built } = await build(index);
  expect(Object.values(built.bytesByKind).reduce((sum, bytes) => sum + bytes, 0)).toBe(built.bytes);
  expect(Object.keys(built.bytesByKind)).toEqual(
    expect.arrayContaining(["documents", "passages", "postings", "terms", "text", "vectors"]),
  );
  const { out } = await run("build", site, "--out", index);
  expect(out).toMatch(/^Largest blocks: \S+ [\d.]+ kB/m);
  expect(out).toMatch(/^ {2}vectors {5}[\d.]+ kB$/m);
});

test("the summary of a first build says how to ask the index, and from pages", async () => {
  await write("a.html", "<p>zebra</p>");
  const [first, second] = [await run("build", site, "--out", index), await run("build", site, "--out", index)];
  expect(first.out).toContain(
    `Try it: inkling query "${index}" "a question". Pages load it in pieces: build with --pieces`,
  );
  expect(second.out).not.toContain("Try it");
  const { out } = await run("build", site, "--out", `${index}-pieces`, "--pieces");
  expect(out).toContain('Pages ask it by <inkling-search index="…"></inkling-search>');
});
