import { readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { root } from "../../../scripts/lib/paths.mjs";
import { pack, type PackReport } from "../../package/packed.ts";

const dist = join(root, "dist");
let files: PackReport["files"];

beforeAll(async () => {
  ({ files } = await pack(tmpdir(), { dryRun: true }));
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

  test("of the built-in model with its tokenizer is at most 4,000,000 bytes compressed", async () => {
    const folder = "models/inkling-instant-v1";
    const names = await readdir(join(dist, folder));
    expect(names).toEqual(expect.arrayContaining(["config.json", "model.safetensors", "tokenizer.json"]));
    const sizes = await Promise.all(names.map(async (name) => compressedSize(await readBytes(`${folder}/${name}`))));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(4_000_000);
  });
});

describe("the scripts", () => {
  test.each(["index.js", "worker.js"])("%s imports no other file", async (name) => {
    const code = (await readBytes(name)).toString();
    expect(code).not.toMatch(/\bfrom\s*["'`]|\bimport\s*["'`]|\bimport\s*\(\s*["'`]/);
  });

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
