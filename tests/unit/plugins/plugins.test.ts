import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Plugin } from "vite";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type * as Astro from "../../../plugins/astro.ts";
import type * as Vite from "../../../plugins/vite.ts";
import type * as VitePress from "../../../plugins/vitepress.ts";
import { root } from "../../../scripts/lib/paths.mjs";

// Why longer: each build is a process of its own, which loads the model.
vi.setConfig({ testTimeout: 60_000 });

let folder: string;
let lines: string[];
const logger = { info: (line: string): void => void lines.push(line) };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "inkling-plugin-"));
  lines = [];
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** A plugin as it is published: the sources would look for the command line in another place. */
async function load<Plugin>(name: string): Promise<Plugin> {
  return (await import(pathToFileURL(join(root, "dist", `${name}.js`)).href)) as Plugin;
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(join(folder, path, ".."), { recursive: true });
  await writeFile(
    join(folder, path),
    `<!doctype html><html lang="en"><title>${text}</title><main><p>${text}</p></main></html>`,
  );
}

/** Options that need no model's time. */
const quick: Vite.IndexOptions = { threads: 0 };

async function runVite(options: Vite.IndexOptions, ssr: boolean | string = false): Promise<void> {
  const { inkling } = await load<typeof Vite>("vite");
  const plugin = inkling({ ...quick, ...options });
  // Compiled, so that it fits into the configuration of whoever uses Vite's types.
  plugin satisfies Plugin;
  plugin.configResolved({ root: folder, base: "/docs/", build: { outDir: "site", ssr }, logger });
  await plugin.closeBundle.handler();
}

describe("the plugin for Vite", () => {
  test("indexes the pages of the finished build beside them, and says so", async () => {
    await write("site/index.html", "Start here.");
    await write("site/guide/tea.html", "Boiling water.");
    await runVite({});
    const names = await readdir(join(folder, "site/inkling"));
    expect(names).toEqual(expect.arrayContaining(["manifest.json", "inkling-pieces.json", "pieces"]));
    expect(lines).toEqual(["inkling: 2 pages, 2 passages indexed: 2 added, 0 replaced, 0 unchanged, 0 removed"]);
    await runVite({});
    expect(lines.at(-1)).toContain("0 added, 0 replaced, 2 unchanged, 0 removed");
  });

  test("passes its options on", async () => {
    await write("site/index.html", "Start here.");
    await write("site/old/index.html", "Left out.");
    await runVite({ out: "search", exclude: ["old/"], lang: "en", pieces: false });
    const names = await readdir(join(folder, "site/search"));
    expect(names).toContain("manifest.json");
    expect(names).not.toContain("pieces");
    expect(lines[0]).toContain("1 pages");
  });

  test("fails the build with the command's message where the index cannot be made", async () => {
    await mkdir(join(folder, "site"));
    await expect(runVite({})).rejects.toThrow(/There is no page in/);
    await write("site/index.html", "Start here.");
    await expect(runVite({ lang: "no language" })).rejects.toThrow(/--lang is "no language"/);
  });

  test("leaves the bundle of a server alone", async () => {
    await runVite({}, true);
    await runVite({}, "src/entry-server.ts");
    expect(lines).toEqual([]);
  });
});

test("the plugin for VitePress leaves out the error page, and takes base and clean urls of the site", async () => {
  await write("index.html", "Start here.");
  await write("404.html", "Not here.");
  const { inkling } = await load<typeof VitePress>("vitepress");
  await inkling(quick)({ outDir: folder, cleanUrls: true, site: { base: "/docs/" }, logger });
  expect(lines).toEqual(["inkling: 1 pages, 1 passages indexed: 1 added, 0 replaced, 0 unchanged, 0 removed"]);
});

test("the integration for Astro leaves out the error page, and takes the base of the site", async () => {
  await write("index.html", "Start here.");
  await write("404.html", "Not here.");
  const { inkling } = await load<typeof Astro>("astro");
  const { hooks } = inkling({ ...quick, exclude: ["other/"] });
  hooks["astro:config:done"]({ config: { base: "/docs" } });
  await hooks["astro:build:done"]({ dir: pathToFileURL(`${folder}/`), logger });
  expect(lines).toEqual(["1 pages, 1 passages indexed: 1 added, 0 replaced, 0 unchanged, 0 removed"]);
});
