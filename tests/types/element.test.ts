import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { binary } from "../../scripts/lib/paths.mjs";
import { type ConsumerProject, createConsumer } from "../package/packed.ts";

let project: ConsumerProject;

beforeAll(async () => {
  project = await createConsumer();
  await writeFile(join(project.folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
});

afterAll(() => project?.remove());

const use = `import { createSearch } from "inkling-search";
import { InklingBox, InklingSearch, type InklingEventMap, type Texts } from "inkling-search/element";
const element = new InklingSearch();
element.search = createSearch({ name: "docs" });
element.texts = { placeholder: "Ask" } satisfies Partial<Texts>;
element.open("a question");
document.querySelector("inkling-box")?.refresh();
export const box: InklingBox | null = document.querySelector("inkling-box");
export const titleOf = (event: InklingEventMap["inkling-select"]): string => event.detail.hit.title;
`;

/** What the compiler says about a script of an app. */
async function compile(code: string, resolution: object): Promise<string> {
  const common = { strict: true, noEmit: true, skipLibCheck: false, lib: ["ES2022", "DOM", "DOM.Iterable"], types: [] };
  const compilerOptions = { ...common, target: "ES2022", exactOptionalPropertyTypes: true, ...resolution };
  await writeFile(join(project.folder, "use.ts"), code);
  await writeFile(join(project.folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["use.ts"] }));
  return new Promise((resolve) => {
    execFile(process.execPath, [binary("typescript", "tsc"), "-p", project.folder], (_, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
}

test.each([
  ["for a bundler", { module: "ESNext", moduleResolution: "bundler" }],
  ["for Node's resolution", { module: "nodenext", moduleResolution: "nodenext" }],
])("the packed types of the elements compile %s", async (_, resolution) => {
  expect(await compile(use, resolution)).toBe("");
});

test("and are not any: a mistake is an error", async () => {
  const wrong = use.replace('placeholder: "Ask"', "placeholder: 1");
  const output = await compile(wrong, { module: "ESNext", moduleResolution: "bundler" });
  expect(output).toContain("Type 'number' is not assignable to type 'string'");
});
