import { execFile } from "node:child_process";
import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { binary, root } from "../../scripts/lib/paths.mjs";
import { type ConsumerProject, createConsumer } from "../package/packed.ts";

let project: ConsumerProject;

beforeAll(async () => {
  project = await createConsumer();
  await cp(join(root, "tests/types/consumer/use.ts"), join(project.folder, "use.ts"));
  await writeFile(join(project.folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
});

afterAll(() => project.remove());

const common = { strict: true, noEmit: true, skipLibCheck: false, lib: ["ES2022", "DOM", "DOM.Iterable"], types: [] };

/** What the compiler says about the consumer under some settings. */
async function compile(options: object, file = "use.ts"): Promise<string> {
  await writeFile(
    join(project.folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions: { ...common, target: "ES2022", ...options }, files: [file] }),
  );
  return new Promise((resolve) => {
    execFile(process.execPath, [binary("typescript", "tsc"), "-p", project.folder], (_, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
}

describe("the packed types compile", () => {
  test.each([
    ["for a bundler", { module: "ESNext", moduleResolution: "bundler" }],
    ["for Node's resolution", { module: "nodenext", moduleResolution: "nodenext" }],
    [
      "under every strict setting",
      {
        module: "ESNext",
        moduleResolution: "bundler",
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        noPropertyAccessFromIndexSignature: true,
        verbatimModuleSyntax: true,
        isolatedModules: true,
      },
    ],
  ])("%s", async (_, options) => {
    expect(await compile(options)).toBe("");
  });

  test("and are not any: a consumer's mistake is an error", async () => {
    await writeFile(
      join(project.folder, "wrong.ts"),
      'import { createSearch } from "inkling-search";\nexport const wrong: number = await createSearch();\n',
    );
    const output = await compile({ module: "ESNext", moduleResolution: "bundler" }, "wrong.ts");
    expect(output).toContain("Type 'Search' is not assignable to type 'number'");
  });
});
