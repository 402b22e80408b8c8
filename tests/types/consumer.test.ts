import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../../scripts/lib/paths.mjs";
import type { ConsumerProject } from "../package/packed.ts";
import { compile, createTypedConsumer, resolutions } from "./compile.ts";

let project: ConsumerProject;
let use: string;

beforeAll(async () => {
  project = await createTypedConsumer();
  use = await readFile(join(root, "tests/types/consumer/use.ts"), "utf8");
});

afterAll(() => project.remove());

describe("the packed types compile", () => {
  test.each<readonly [title: string, options: object]>([
    ...resolutions,
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
    expect(await compile(project, use, options)).toBe("");
  });

  test("and are not any: a consumer's mistake is an error", async () => {
    const wrong =
      'import { createSearch } from "inkling-search";\nexport const wrong: number = await createSearch();\n';
    const output = await compile(project, wrong, resolutions[0]![1]);
    expect(output).toContain("Type 'Search' is not assignable to type 'number'");
  });
});
