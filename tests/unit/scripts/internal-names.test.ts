import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { internalNames } from "../../../scripts/lib/internal-names.mjs";
import { root } from "../../../scripts/lib/paths.mjs";

const names = internalNames.source.slice("^(?:".length, -")$".length).split("|");

function read(paths: readonly string[]): string {
  return paths.map((path) => readFileSync(join(root, path), "utf8")).join("\n");
}

/** Files below a folder whose path in it fits. */
function find(folder: string, path: RegExp): string[] {
  const entries = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
  return entries.filter((entry) => path.test(entry)).map((entry) => join(folder, entry));
}

const script = /\.[cm]?[jt]s$/;
const ownSources = [...find("worker", script), ...find("src/core", script)];

/** Every word outside of comments. */
function wordsOf(code: string): ReadonlySet<string> {
  const bare = code.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "");
  return new Set(bare.match(/[A-Za-z_$][\w$]*/g));
}

/** Names that others read, or that others give: a shortened one would not be found. */
const foreign: readonly [what: string, files: readonly string[]][] = [
  [
    "the public types, the messages and the errors",
    ["src/types.ts", "src/protocol.ts", "src/errors.ts", "src/model-provider.ts"],
  ],
  ["the manifest", ["src/core/segment/manifest.ts", "src/core/segment/check-manifest.ts"]],
  ["stored manifests", find("tests/compat", /manifest\.json$/)],
  // A part is bundled by itself, with its names as they are.
  [
    "what parts of the worker read of its objects",
    [
      ...["attribute-table", "filter-readers"].map((name) => `src/core/filter/${name}.ts`),
      "src/core/segment/passage-vectors.ts",
    ],
  ],
  ["a model's description", ["src/core/model/model-config.ts"]],
  ["models' files", find("public/models", /config\.json$/)],
  ["the browser and the language", find("node_modules/@typescript", /lib\.[\w.]+\.d\.ts$/)],
  [
    "packages of the worker",
    packagesOfWorker().flatMap((name) => find(`node_modules/${name}`, /(?<!\.d)\.[cm]?[jt]s$/)),
  ],
];

/** Packages that the worker or the core imports. */
function packagesOfWorker(): string[] {
  const code = read([...ownSources, "src/protocol.ts"]);
  const specifiers = [...code.matchAll(/from "([^."][^"]*)"/g)].map(([, specifier]) => specifier!);
  return [...new Set(specifiers.map((name) => /^(?:@[^/]+\/)?[^/]+/.exec(name)![0]))].filter(
    (name) => !name.startsWith("node:"),
  );
}

describe("members that the minifier shortens", () => {
  test("are listed one by one", () => {
    expect(internalNames.source).toBe(`^(?:${names.join("|")})$`);
    expect(names.filter((name) => !/^[a-z]\w*$/i.test(name))).toEqual([]);
    expect(names).toEqual([...new Set(names)]);
    expect(names.length).toBeGreaterThan(10);
  });

  test.each(foreign)("are none of %s", (_what, files) => {
    expect(files).not.toEqual([]);
    const words = wordsOf(read(files));
    expect(words.size).toBeGreaterThan(10);
    expect(names.filter((name) => words.has(name))).toEqual([]);
  });

  test("are never read by a string", () => {
    const code = read(ownSources);
    // As in object["name"], "name" in object, { "name": 1 }; a name in Pick<Type, "name"> is gone when it runs.
    const reads = (name: string): RegExp => new RegExp(`\\[["'\`]${name}["'\`]\\]|["'\`]${name}["'\`](?: in |:)`);
    expect(names.filter((name) => reads(name).test(code))).toEqual([]);
  });

  test("are members of the worker's own code", () => {
    const words = wordsOf(read(ownSources));
    expect(names.filter((name) => !words.has(name))).toEqual([]);
  });
});
