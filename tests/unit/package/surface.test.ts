import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { pageChunks } from "../../../scripts/lib/page-chunks.mjs";
import { root } from "../../../scripts/lib/paths.mjs";
import { crawlWorkerParts, workerParts } from "../../../scripts/lib/worker-parts.mjs";
import { pack, type PackReport } from "../../package/packed.ts";

const dist = join(root, "dist");
let files: PackReport["files"];
let report: PackReport;

beforeAll(async () => {
  report = await pack(tmpdir(), { dryRun: true });
  ({ files } = report);
});

async function readBytes(path: string): Promise<Buffer> {
  return readFile(join(dist, path)).catch(() => {
    throw new Error(`dist/${path} is not there: run npm run build.`);
  });
}

/** Bytes as a web server sends them. */
function compressedSize(bytes: Buffer): number {
  return gzipSync(bytes, { level: 9 }).length;
}

/** The names of `export { … }` and `export type { … }` in the entry's declarations. */
async function declaredNames(): Promise<string[]> {
  const declarations = (await readBytes("types/src/index.d.ts")).toString();
  const lists = [...declarations.matchAll(/export (?:type )?\{([^}]*)\}/g)].map((match) => match[1] ?? "");
  const names = lists
    .join(",")
    .split(",")
    .map((name) => name.replace(/^\s*type\s/, "").trim());
  return names.filter((name) => name !== "").sort();
}

describe("the public surface", () => {
  test("is the one written down in tests/exports.json", async () => {
    const library = (await import(join(dist, "index.js"))) as Record<string, unknown>;
    const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { exports: object; bin: object };
    const values = Object.keys(library).sort();
    const surface = {
      values,
      types: (await declaredNames()).filter((name) => !values.includes(name)),
      entries: manifest.exports,
      commands: manifest.bin,
      // Declarations behind the entry's are left out: nobody can import them.
      files: files
        .map((file) => file.path)
        .filter((path) => !/^dist\/types\/(src|neural)\/(?!index\.d\.ts)/.test(path)),
    };
    await expect(`${JSON.stringify(surface, null, 2)}\n`).toMatchFileSnapshot("../../exports.json");
  });

  test("offers a command line that can be run", async () => {
    const command = files.find((file) => file.path === "dist/cli.js");
    expect((command?.mode ?? 0) & 0o111).not.toBe(0);
    expect((await readBytes("cli.js")).subarray(0, 20).toString()).toContain("#!/usr/bin/env node");
  });
});

describe("the size", () => {
  test("of the main thread's script is at most 6 KB compressed", async () => {
    expect(compressedSize(await readBytes("index.js"))).toBeLessThanOrEqual(6 * 1024);
  });

  test("of the worker is at most 40 KB compressed", async () => {
    expect(compressedSize(await readBytes("worker.js"))).toBeLessThanOrEqual(40 * 1024);
  });

  test("of the worker's part for attributes is at most 6 KB compressed", async () => {
    expect(compressedSize(await readBytes("worker-filter.js"))).toBeLessThanOrEqual(6 * 1024);
  });

  test("of the part that detects languages is at most 52 KB compressed", async () => {
    expect(compressedSize(await readBytes("worker-language.js"))).toBeLessThanOrEqual(52 * 1024);
  });

  test("of the worker that reads pages and sites is at most 52 KB compressed, and of its page's side 8 KB", async () => {
    expect(compressedSize(await readBytes("crawl-worker.js"))).toBeLessThanOrEqual(52 * 1024);
    expect(compressedSize(await readBytes("pages.js"))).toBeLessThanOrEqual(8 * 1024);
  });

  test("of the built-in model with its tokenizer is at most 4,000,000 bytes compressed", async () => {
    const folder = "models/inkling-instant-v1";
    const names = await readdir(join(dist, folder));
    expect(names).toEqual(expect.arrayContaining(["config.json", "model.safetensors", "tokenizer.json"]));
    const sizes = await Promise.all(names.map(async (name) => compressedSize(await readBytes(`${folder}/${name}`))));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(4_000_000);
  });
});

describe("what is published", () => {
  test("is at most 4.8 MB, of which 4 MB are the model", () => {
    expect(report.size).toBeLessThanOrEqual(4_800_000);
  });

  test("is built files and what npm shows of a package, and nothing of its making", () => {
    const others = files.map(({ path }) => path).filter((path) => !path.startsWith("dist/"));
    expect(others).toEqual(["CHANGELOG.md", "LICENSE", "README.md", "package.json"]);
    expect(files.filter(({ path }) => /\.(map|test\.\w+|tsbuildinfo)$|(?<!\.d)\.ts$/.test(path))).toEqual([]);
  });

  test("has the hash of each file that pages load, in integrity.json", async () => {
    const hashes = JSON.parse((await readBytes("integrity.json")).toString()) as Record<string, string>;
    const forNode = /^(cli|page-worker|vite|vitepress|astro)\.js$/;
    const forBundlers = /^(react|vue)\.js$/;
    const loaded = files
      .map(({ path }) => path.replace(/^dist\//, ""))
      .filter((path) => /^[^/]+\.js$|^models\/.*\.(json|safetensors)$/.test(path))
      .filter((path) => !forNode.test(path) && !forBundlers.test(path));
    expect(Object.keys(hashes)).toEqual(loaded.sort());
    for (const [name, hash] of Object.entries(hashes)) {
      const digest = createHash("sha384").update(await readBytes(name));
      expect(hash, name).toBe(`sha384-${digest.digest("base64")}`);
    }
  });
});

describe("the scripts", () => {
  const statics = /\bfrom\s*["'`]|\bimport\s*["'`]/;

  test("worker.js imports no other file", async () => {
    expect((await readBytes("worker.js")).toString()).not.toMatch(
      new RegExp(`${statics.source}|\\bimport\\s*\\(\\s*["'\`]`),
    );
  });

  test("index.js imports no other file at the start, and later the parts that are files beside it", async () => {
    const code = (await readBytes("index.js")).toString();
    expect(code).not.toMatch(statics);
    const parts = [...code.matchAll(/\bimport\s*\(([^)]*)\)/g)].map((match) => match[1]);
    expect(new Set(parts)).toEqual(new Set(Object.keys(pageChunks).map((name) => `"./${name}.js"`)));
  });

  test.each(Object.keys(pageChunks))("the part %s imports the main entry at most", async (name) => {
    const code = (await readBytes(`${name}.js`)).toString();
    expect(code).not.toMatch(/\bimport\s*\(/);
    for (const match of code.matchAll(/\b(?:from|import)\s*["'`]([^"'`]*)/g)) expect(match[1]).toBe("./index.js");
  });

  test.each(["documents", "pages"])("the part %s, which throws, takes the error classes from there", async (name) => {
    expect((await readBytes(`${name}.js`)).toString()).toMatch(/\bfrom\s*["'`]\.\/index\.js/);
  });

  test.each(["react", "vue"])("%s.js imports its framework and the main entry alone, in at most 2 KB", async (name) => {
    const bytes = await readBytes(`${name}.js`);
    const imports = [...bytes.toString().matchAll(/\b(?:from|import)\s*\(?["'`]([^"'`]*)/g)].map((match) => match[1]);
    expect(new Set(imports)).toEqual(new Set(["./index.js", name]));
    expect(compressedSize(bytes)).toBeLessThanOrEqual(2 * 1024);
  });

  test.each([
    ["worker.js", workerParts],
    ["crawl-worker.js", crawlWorkerParts],
  ])(
    "%s names its parts in the form that bundlers look for, and that leaves loading them to the browser",
    async (worker, all) => {
      const code = (await readBytes(worker)).toString();
      const parts = [...code.matchAll(/import\(([^)]*)\)\.href\)/g)].map((match) => match[1]);
      const kept = "/* @vite-ignore */ /* webpackIgnore: true */";
      const expected = Object.keys(all).map((name) => `${kept} new URL("./${name}.js",import.meta.url`);
      expect(new Set(parts)).toEqual(new Set(expected));
    },
  );

  test.each(Object.keys({ ...workerParts, ...crawlWorkerParts }))(
    "the part %s of the worker imports nothing, and is too large for a bundler to write into its scripts",
    async (name) => {
      const bytes = await readBytes(`${name}.js`);
      expect(bytes.toString()).not.toMatch(/\bfrom\s*["'`]|\bimport\s*["'`(]/);
      expect(bytes.length).toBeGreaterThan(4096);
    },
  );

  test("index.js names its worker and model in the form that bundlers look for", async () => {
    const code = (await readBytes("index.js")).toString();
    expect(code).toContain('new Worker(new URL("./worker.js",import.meta.url),{type:"module"})');
    for (const name of ["config.json", "model.safetensors", "tokenizer.json"]) {
      expect(code).toContain(`new URL("./models/inkling-instant-v1/${name}",import.meta.url)`);
    }
  });

  test("none writes to the console", async () => {
    for (const name of ["index.js", "worker.js"]) {
      const own = (await readBytes(name)).toString().replaceAll("console.warn(`Invalid origin", "");
      expect(own).not.toMatch(/\bconsole\.\w+\(/);
    }
  });

  test("model files are too large for a bundler to write into its scripts", async () => {
    for (const name of await readdir(join(dist, "models/inkling-instant-v1"))) {
      expect((await readBytes(`models/inkling-instant-v1/${name}`)).length).toBeGreaterThan(4096);
    }
  });
});
