import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../../scripts/lib/paths.mjs";
import type { ConsumerProject } from "../package/packed.ts";
import { compile, createTypedConsumer, resolutions } from "./compile.ts";

const strict = { exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true };

const uses = {
  react: `import { createSearch, type Hit } from "inkling-search";
import { useSearch, type UseSearch } from "inkling-search/react";
const found: UseSearch = useSearch("tea", (signal) => createSearch({ signal }), { limit: 3, where: { lang: "en" } });
export const hits: readonly Hit[] = found.hits;
export const again: UseSearch = useSearch("tea", found.search);
again.refresh();
`,
  vue: `import { createSearch, type Hit } from "inkling-search";
import { useSearch, type SearchSource, type UseSearch } from "inkling-search/vue";
import { type Ref, ref, shallowRef } from "vue";
const later: Ref<SearchSource> = shallowRef(null);
const found: UseSearch = useSearch(ref("tea"), (signal) => createSearch({ signal }), () => ({ limit: 3 }));
export const hits: readonly Hit[] = found.hits.value;
useSearch(() => "tea", later, { where: { lang: "en" } }).refresh();
`,
};

let project: ConsumerProject;

beforeAll(async () => {
  project = await createTypedConsumer();
  const packages = join(project.folder, "node_modules");
  await mkdir(packages, { recursive: true });
  await symlink(join(root, "node_modules/vue"), join(packages, "vue"), "dir");
});

afterAll(() => project?.remove());

describe.each(Object.entries(uses))("the types of the binding for %s", (_name, use) => {
  test.each(resolutions)("compile %s", async (_, resolution) => {
    // Why without the check of libraries: Vue's own declarations name globals of a server.
    expect(await compile(project, use, { ...strict, ...resolution, skipLibCheck: true })).toBe("");
  });

  test("are not any: a mistake is an error", async () => {
    const wrong = use.replace("limit: 3", 'limit: "3"');
    const output = await compile(project, wrong, { ...strict, ...resolutions[0]![1], skipLibCheck: true });
    expect(output).toContain("Type 'string' is not assignable to type 'number'");
  });
});

test("React's own types are not needed", async () => {
  expect(await compile(project, uses.react, { ...strict, ...resolutions[0]![1] })).toBe("");
});
