import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { runtimeVersion } from "../../../neural/runtime-files.ts";
import { root } from "../../../scripts/lib/paths.mjs";

async function readScript(name: string): Promise<string> {
  return readFile(join(root, "dist", name), "utf8").catch(() => {
    throw new Error(`dist/${name} is not there: run npm run build.`);
  });
}

/** Specifiers of every import of a script, static and dynamic; `?` where it is only known at run time. */
function importsOf(code: string): string[] {
  const statics = [...code.matchAll(/\b(?:from|import)\s*["'`]([^"'`]+)["'`]/g)].map((match) => match[1]!);
  const dynamics = [...code.matchAll(/\bimport\s*\(\s*(?:\/\*[^*]*\*\/\s*)*(["'`]?)([^"'`)]*)/g)].map((match) =>
    match[1] ? match[2]! : "?",
  );
  return [...statics, ...dynamics];
}

describe("the neural entry", () => {
  test("takes the error classes from the main entry, and imports nothing else", async () => {
    expect(importsOf(await readScript("neural.js"))).toEqual(["./index.js"]);
  });

  test("names its worker in the form that bundlers look for", async () => {
    expect(await readScript("neural.js")).toContain(
      'new Worker(new URL("./neural-worker.js",import.meta.url),{type:"module"})',
    );
  });

  test("is the only one that knows Transformers.js, in its worker", async () => {
    expect(importsOf(await readScript("neural-worker.js"))).toEqual(["@huggingface/transformers", "?"]);
    for (const name of ["index.js", "worker.js", "neural.js"]) {
      expect(importsOf(await readScript(name)).join(" "), name).not.toMatch(/huggingface|onnxruntime|neural/);
    }
  });

  test("tells bundlers to leave the runtime's address alone", async () => {
    expect(await readScript("neural-worker.js")).toMatch(
      /import\(\s*\/\*\s*@vite-ignore\s*\*\/\s*\/\*\s*webpackIgnore: true\s*\*\//,
    );
  });

  test("exports its values", async () => {
    const names = [...(await readScript("neural.js")).matchAll(/export\s*\{([^}]*)\}/g)].flatMap((match) =>
      match[1]!.split(","),
    );
    expect(names.map((name) => name.split(" as ").at(-1)!.trim()).toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
      "builtInNeuralModelId",
      "findRegistryEntry",
      "neural",
      "registry",
    ]);
  });

  test.each([
    ["neural.js", 8],
    ["neural-worker.js", 24],
  ])("%s is at most %i KB compressed", async (name, limit) => {
    expect(gzipSync(await readScript(name), { level: 9 }).length).toBeLessThanOrEqual(limit * 1024);
  });

  test("is made for the version of Transformers.js that the package asks for", async () => {
    const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as Record<
      string,
      Record<string, unknown>
    >;
    const name = "@huggingface/transformers";
    expect(manifest["peerDependencies"]?.[name]).toBe(runtimeVersion);
    expect(manifest["devDependencies"]?.[name]).toBe(runtimeVersion);
    expect(manifest["peerDependenciesMeta"]?.[name]).toEqual({ optional: true });
    expect(manifest["dependencies"]).not.toHaveProperty(name);
  });
});
