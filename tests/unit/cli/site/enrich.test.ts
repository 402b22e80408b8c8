import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import * as kit from "./site-kit.ts";
import { findHits, useSiteFolders } from "./site-kit.ts";

// Why longer: one of the tests builds an index a dozen times.
vi.setConfig({ testTimeout: 60_000 });

const folders = useSiteFolders();
let folder: string;
let site: string;
let index: string;
beforeEach(() => ({ folder, site, index } = folders));

/** Writes a module for `--enrich`, and gives its path. */
async function writeModule(code: string): Promise<string> {
  const path = join(folder, "enrich.mjs");
  await writeFile(path, code);
  return path;
}

const build = (...options: string[]): Promise<kit.Report> => kit.build(site, index, ...options);

interface Hit {
  readonly url: string;
  readonly passages: readonly { readonly section: string; readonly excerpt: string }[];
}

async function find(text: string): Promise<Hit[]> {
  return (await findHits(index, text, "--mode", "words")) as unknown as Hit[];
}

const aboutTea = `export default async ({ url, title, path, text }) =>
  text.includes("boiling") ? { questions: ["When is the brew ready?"], keywords: ["infusion", [title, ...path].join("-")], summary: "Steeping." } : undefined;`;

async function writePages(): Promise<void> {
  const page = (title: string, body: string): string =>
    `<html lang=en><title>${title}</title><main>${body}</main></html>`;
  const long = Array.from({ length: 40 }, (_, i) => `Sentence ${i} goes on about other things.`).join(" ");
  await kit.writePage(
    site,
    "tea.html",
    page("Tea", `<h1>Tea</h1><h2>Leaves</h2><p>${long}</p><p>Pour boiling water.</p>`),
  );
  await kit.writePage(site, "oak.html", page("Oak", "<p>Trees stand in the park.</p>"));
}

describe("what a module says of passages", () => {
  test("is searched and never shown", async () => {
    await writePages();
    await build("--enrich", await writeModule(aboutTea));
    for (const text of ["infusion", "steeping", "brew ready", "Tea-Leaves"]) {
      const [hit, ...others] = await find(text);
      expect([hit?.url, others], text).toEqual(["tea.html", []]);
      expect(JSON.stringify(hit)).not.toMatch(/infusion|steeping|brew/i);
      expect(hit?.passages[0]).toMatchObject({ section: "Leaves" });
    }
    // Of the section's passages the one that it was said of, which is not the first.
    const [passage, ...rest] = (await find("infusion"))[0]!.passages;
    expect([passage?.excerpt.includes("Sentence 0 "), rest]).toEqual([false, []]);
    expect((await find('"Sentence 0"'))[0]?.passages[0]?.excerpt).toContain("Sentence 0 ");
  });

  test("is searched by its meaning, too", async () => {
    await writePages();
    const enrich = await writeModule(
      `export default ({ url }) => url === "oak.html" ? { summary: "How do I repair a flat bicycle tyre?" } : null;`,
    );
    await build("--enrich", enrich);
    expect((await findHits(index, "mending a puncture of my bike", "--mode", "dense"))[0]?.url).toBe("oak.html");
  });

  test("stays when other pages change, and when segments are written anew", async () => {
    await writePages();
    const enrich = await writeModule(aboutTea);
    await build("--enrich", enrich);
    for (let i = 0; i < 12; i++) {
      await kit.writePage(site, "oak.html", `<html lang=en><main><p>Version ${i} of trees.</p></main></html>`);
      await kit.writePage(site, `new-${i}.html`, `<html lang=en><main><p>Number ${i}.</p></main></html>`);
      expect(await build("--enrich", enrich)).toMatchObject({ parsed: 2 });
    }
    expect((await find("infusion")).map(({ url }) => url)).toEqual(["tea.html"]);
    expect((await find("steeping"))[0]?.passages[0]).toMatchObject({ section: "Leaves" });
  });

  test("is asked for again when the module changes, and goes when it is left out", async () => {
    await writePages();
    await build("--enrich", await writeModule(aboutTea));
    await build("--enrich", await writeModule(aboutTea.replace("infusion", "decoction")));
    expect([(await find("infusion")).length, (await find("decoction")).length]).toEqual([0, 1]);
    await build();
    expect(await find("decoction")).toEqual([]);
  });
});

describe("a module that cannot be used", () => {
  test.each([
    ["that is not there", null, /cannot be loaded/],
    ["without a function", "export default 7;", /expected a module whose default export is a function/],
    [
      "that throws",
      "export default () => { throw new Error('no answer'); };",
      /failed for the page "oak.html": Error: no answer/,
    ],
    ["that gives a text", "export default () => 'text';", /gave "text" for the page "oak.html"/],
    ["that gives questions that are none", "export default () => ({ questions: [7] });", /for the page "oak.html"/],
  ])("%s is told, and the index stays", async (_, code, message) => {
    await writePages();
    await build();
    const path = code === null ? join(folder, "nowhere.mjs") : await writeModule(code);
    await expect(build("--enrich", path)).rejects.toThrow(message);
    expect((await find("boiling")).map(({ url }) => url)).toEqual(["tea.html"]);
  });
});
