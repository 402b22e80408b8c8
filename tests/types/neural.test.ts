import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ConsumerProject } from "../package/packed.ts";
import { compile, createTypedConsumer, resolutions } from "./compile.ts";

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
  project = await createTypedConsumer();
});

afterAll(() => project.remove());

const options = { exactOptionalPropertyTypes: true };

describe("the types of the neural entry compile without Transformers.js", () => {
  test.each(resolutions)("%s", async (_, resolution) => {
    expect(await compile(project, use, { ...options, ...resolution })).toBe("");
  });

  test("and are not any: a consumer's mistake is an error", async () => {
    const output = await compile(project, use.replace('"auto"', '"gpu"'), { ...options, ...resolutions[0]![1] });
    expect(output).toContain("'\"gpu\"' is not assignable");
  });
});
