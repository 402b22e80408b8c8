import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { binary, root } from "../../../scripts/lib/paths.mjs";

/** Imports that no file in that place may have. */
const forbiddenImports: [path: string, specifier: string][] = [
  ["src/core/text/a.ts", "comlink"],
  ["src/core/text/b.ts", "node:fs"],
  ["src/core/text/c.ts", "../../search.ts"],
  ["src/core/text/d.ts", "../../../worker/engine.ts"],
  ["src/core/text/e.ts", "../../element/dialog.ts"],
  ["src/core/f.ts", "../protocol.ts"],
  ["src/core/deep/er/g.ts", "../../text/a.ts"],
  ["src/extract/a.ts", "node:fs"],
  ["src/extract/b.ts", "comlink"],
  ["src/extract/c.ts", "../search.ts"],
  ["src/extract/d.ts", "../page-tree.ts"],
  ["src/extract/e.ts", "../../cli/main.ts"],
  ["src/search.ts", "../worker/engine.ts"],
  ["src/page.ts", "idb"],
  ["src/highlight.ts", "../cli/index.ts"],
  ["src/protocol.ts", "../worker/engine.ts"],
  ["src/errors.ts", "./core/text/fold.ts"],
  ["worker/a.ts", "../src/search.ts"],
  ["worker/b.ts", "../src/page.ts"],
  ["worker/c.ts", "../src/index.ts"],
  ["worker/stores/d.ts", "../../src/highlight.ts"],
  ["worker/stores/e.ts", "../../src/element/dialog.ts"],
  ["worker/stores/f.ts", "../../neural/registry.ts"],
  ["src/element.ts", "../neural/neural.ts"],
  ["src/page/a.ts", "../../worker/engine.ts"],
  ["src/page/b.ts", "htmlparser2"],
  ["src/site/a.ts", "../../crawl/crawl-site.ts"],
  ["src/site/b.ts", "idb"],
  ["src/react/a.ts", "vue-router"],
  ["src/react/b.ts", "../search.ts"],
  ["src/vue/a.ts", "../../worker/engine.ts"],
  ["crawl/a.ts", "../src/search.ts"],
  ["crawl/b.ts", "../src/page/watch-page.ts"],
  ["crawl/c.ts", "../src/site/crawl-worker.ts"],
  ["crawl/d.ts", "../worker/engine.ts"],
  ["crawl/e.ts", "../cli/main.ts"],
  ["crawl/f.ts", "../src/page-tree.ts"],
  ["neural/a.ts", "../worker/engine.ts"],
  ["neural/b.ts", "../src/search.ts"],
  ["neural/c.ts", "../src/index.ts"],
  ["neural/e.ts", "../src/assets.ts"],
  ["neural/d.ts", "../cli/index.ts"],
  ["cli/a.ts", "../src/search.ts"],
  ["plugins/a.ts", "../cli/main.ts"],
  ["plugins/b.ts", "vite"],
  ["demo/src/a.ts", "../../src/index.ts"],
  ["demo/src/b.ts", "../../dist/index.js"],
  ["demo/src/c.ts", "../../worker/engine.ts"],
];

/** Imports that the same rules let pass. */
const allowedImports: [path: string, specifier: string][] = [
  ["src/core/text/h.ts", "stemmer"],
  ["src/core/text/i.ts", "../../types.ts"],
  ["src/core/text/j.ts", "../../errors.ts"],
  ["src/core/text/k.ts", "../vector/k.ts"],
  ["src/core/l.ts", "js-xxhash"],
  ["src/core/m.ts", "../errors.ts"],
  ["src/core/n.ts", "./text/n.ts"],
  ["src/extract/f.ts", "htmlparser2"],
  ["src/extract/g.ts", "github-slugger"],
  ["src/extract/h.ts", "../types.ts"],
  ["src/extract/i.ts", "../core/text/fold.ts"],
  ["src/extract/j.ts", "./f.ts"],
  ["cli/k.ts", "../src/extract/f.ts"],
  ["src/o.ts", "comlink"],
  ["src/p.ts", "./core/text/fold.ts"],
  ["worker/q.ts", "idb"],
  ["src/page/s.ts", "../page-tree.ts"],
  ["src/site/t.ts", "comlink"],
  ["src/react/c.ts", "react"],
  ["src/react/d.ts", "../live-query.ts"],
  ["src/vue/b.ts", "vue"],
  ["crawl/u.ts", "../src/extract/f.ts"],
  ["crawl/v.ts", "../src/site/protocol.ts"],
  ["crawl/w.ts", "../worker/stores/s.ts"],
  ["crawl/x.ts", "../src/core/text/i.ts"],
  ["neural/u.ts", "../src/model-provider.ts"],
  ["neural/t.ts", "../src/addresses.ts"],
  ["neural/v.ts", "../src/core/model/safetensors.ts"],
  ["cli/w.ts", "../neural/registry.ts"],
  ["worker/r.ts", "../src/protocol.ts"],
  ["worker/s.ts", "../src/promises.ts"],
  ["worker/stores/s.ts", "../../src/core/text/fold.ts"],
  ["plugins/c.ts", "node:path"],
  ["plugins/d.ts", "./c.ts"],
  ["demo/src/t.ts", "inkling-search"],
];

/** Code that no file in that place may hold, and the rule that says so. */
const forbiddenCode: [path: string, code: string, rule: string][] = [
  ["src/core/clock.ts", "export const now: number = Date.now();", "no-restricted-globals"],
  ["src/extract/page.ts", "export const title: unknown = document.title;", "no-restricted-globals"],
  ["src/core/dice.ts", "export const dice: number = Math.random();", "no-restricted-properties"],
  ["src/core/words.ts", 'export const words: unknown = new Intl.Segmenter("en");', "no-restricted-properties"],
  [
    "src/markup.ts",
    'export const show = (e: Element): void => void (e.innerHTML = "<b>");',
    "no-restricted-properties",
  ],
  ["src/noise.ts", 'console.log("noise");\nexport {};', "no-console"],
  [
    "src/type.ts",
    'import type { Engine } from "../worker/engine.ts";\nexport type E = Engine;',
    "no-restricted-imports",
  ],
  [
    "src/float.ts",
    "const work = async (): Promise<void> => {};\nexport const go = (): void => { work(); };",
    "no-floating-promises",
  ],
  ["src/core/ring/a.ts", 'import { b } from "./b.ts";\nexport const a = (): unknown => b;', "no-cycle"],
  ["src/core/ring/b.ts", 'import { a } from "./a.ts";\nexport const b = (): unknown => a;', "no-cycle"],
  [
    "worker/markup.ts",
    'export const show = (e: { outerHTML: string }): void => void (e.outerHTML = "");',
    "no-restricted-properties",
  ],
  ["worker/page.ts", "export const title: unknown = document.title;", "no-restricted-globals"],
  ["crawl/page.ts", "export const title: unknown = document.title;", "no-restricted-globals"],
];

/** What the core must not even compile with. */
const platform = `document window self navigator TextEncoder TextDecoder WebAssembly console performance fetch indexedDB
  setTimeout crypto process`.split(/\s+/);

let folder: string;
let complaints: readonly string[];
let compilerOutput: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "inkling-boundaries-"));
  for (const file of [
    ".oxlintrc.json",
    "tsconfig.base.json",
    "tsconfig.json",
    "src/core/tsconfig.json",
    "src/core/ambient.d.ts",
  ]) {
    await cp(join(root, file), join(folder, file));
  }
  await symlink(join(root, "node_modules"), join(folder, "node_modules"), "dir");
  for (const [path, specifier] of [...forbiddenImports, ...allowedImports]) {
    await plant(path, `import * as found from "${specifier}";\nexport const value: unknown = found;`);
  }
  for (const [path, code] of forbiddenCode) await plant(path, code);
  await plant(
    "src/protocol.ts",
    'import type { E } from "../worker/engine.ts";\nimport "../worker/engine.ts";\nexport type F = E;',
  );
  const planted = [...forbiddenImports, ...allowedImports, ...forbiddenCode].map(([path]) => path.split("/")[0]!);
  complaints = (await run("oxlint", "oxlint", ["--type-aware", "--format=unix", ...new Set(planted)])).split("\n");

  await rm(join(folder, "src"), { recursive: true });
  await cp(join(root, "src/core/tsconfig.json"), join(folder, "src/core/tsconfig.json"));
  await cp(join(root, "src/core/ambient.d.ts"), join(folder, "src/core/ambient.d.ts"));
  for (const name of platform) await plant(`src/core/text/${name}.ts`, `export const value: unknown = ${name};`);
  compilerOutput = await run("typescript", "tsc", ["-p", "src/core"]);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** What a package's command says, run in the planted folder. */
function run(packageName: string, command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(process.execPath, [binary(packageName, command), ...args], { cwd: folder }, (_, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
}

async function plant(path: string, code: string): Promise<void> {
  const file = join(folder, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${code}\n`);
}

function complaintsAbout(path: string): string {
  return complaints.filter((line) => line.startsWith(`${path}:`)).join("\n");
}

describe("the linter refuses", () => {
  test.each(forbiddenImports)("%s importing %s", (path) => {
    expect(complaintsAbout(path)).toContain("no-restricted-imports");
  });

  test.each(forbiddenCode)("%s: %s", (path, _code, rule) => {
    expect(complaintsAbout(path)).toContain(rule);
  });
});

describe("the linter allows", () => {
  test.each(allowedImports)("%s importing %s", (path) => {
    expect(complaintsAbout(path)).toBe("");
  });

  test("src/protocol.ts the worker's types, and its types only", () => {
    const lines = complaintsAbout("src/protocol.ts")
      .split("\n")
      .filter((line) => line.includes("no-restricted-imports"));
    expect(lines.map((line) => line.split(":")[1])).toEqual(["2"]);
  });
});

describe("the core does not compile with", () => {
  test.each(platform)("%s", (name) => {
    expect(compilerOutput).toMatch(new RegExp(`src/core/text/${name}\\.ts.*Cannot find name '${name}'`));
  });
});
