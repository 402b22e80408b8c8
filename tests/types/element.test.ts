import { afterAll, beforeAll, expect, test } from "vitest";
import type { ConsumerProject } from "../package/packed.ts";
import { compile, createTypedConsumer, resolutions } from "./compile.ts";

let project: ConsumerProject;

beforeAll(async () => {
  project = await createTypedConsumer();
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

const options = { exactOptionalPropertyTypes: true };

test.each(resolutions)("the packed types of the elements compile %s", async (_, resolution) => {
  expect(await compile(project, use, { ...options, ...resolution })).toBe("");
});

test("and are not any: a mistake is an error", async () => {
  const wrong = use.replace('placeholder: "Ask"', "placeholder: 1");
  const output = await compile(project, wrong, { ...options, ...resolutions[0]![1] });
  expect(output).toContain("Type 'number' is not assignable to type 'string'");
});
