import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { binary } from "../../scripts/lib/paths.mjs";
import { type ConsumerProject, createConsumer } from "../package/packed.ts";

const use = `import { createSearch, type ModelProvider } from "inkling-search";
import { findRegistryEntry, neural, type ModelSpec, type NeuralOptions, registry } from "inkling-search/neural";
const spec: ModelSpec = { id: "intfloat/e5-small-v2", url: "/models/e5/", prompts: { query: "query: ", document: "passage: " } };
const options: NeuralOptions = { device: "auto", dtype: "q8", runtimeUrl: "/runtime/" };
const model: ModelProvider = neural(spec, options);
export const ids: string[] = registry.map(({ id }) => id);
export const dim: number | undefined = findRegistryEntry("gte-small")?.dim;
export const search = await createSearch({ model, upgrade: "always" });
`;

let project: ConsumerProject;

beforeAll(async () => {
  project = await createConsumer();
  await writeFile(join(project.folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
});

afterAll(() => project.remove());

/** What the compiler says of a consumer without Transformers.js. */
async function compile(code: string, module: string, moduleResolution: string): Promise<string> {
  const compilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    exactOptionalPropertyTypes: true,
    lib: ["ES2022", "DOM", "DOM.Iterable"],
    types: [],
    target: "ES2022",
    module,
    moduleResolution,
  };
  await writeFile(join(project.folder, "use.ts"), code);
  await writeFile(join(project.folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["use.ts"] }));
  return new Promise((resolve) => {
    execFile(process.execPath, [binary("typescript", "tsc"), "-p", project.folder], (_, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
}

describe("the types of the neural entry compile without Transformers.js", () => {
  test.each([
    ["for a bundler", "ESNext", "bundler"],
    ["for Node's resolution", "nodenext", "nodenext"],
  ])("%s", async (_, module, resolution) => {
    expect(await compile(use, module, resolution)).toBe("");
  });

  test("and are not any: a consumer's mistake is an error", async () => {
    expect(await compile(use.replace('"auto"', '"gpu"'), "ESNext", "bundler")).toContain("'\"gpu\"' is not assignable");
  });
});
