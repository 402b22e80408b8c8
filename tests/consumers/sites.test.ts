import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { build, useConsumer } from "./harness.ts";

/** Sites by the generator whose plugin they use: where it writes, and the address of the page on tea. */
const sites = [
  { source: "vite", output: "dist", tea: "/docs/guide/tea.html" },
  { source: "vitepress", output: ".vitepress/dist", tea: "/docs/guide/tea" },
  { source: "astro", output: "dist", tea: "/docs/guide/tea/" },
];

describe.each(sites)("a site of $source with our plugin", ({ source, output, tea }) => {
  const site = useConsumer(source);

  test("says what it has indexed, and a question finds the page by its address", async () => {
    expect(await build(site)).toMatch(/3 pages, \d+ passages indexed: 3 added, 0 replaced, 0 unchanged, 0 removed/);
    const command = join(site.folder, "node_modules/inkling-search/dist/cli.js");
    const options = ["--mode", "words", "--json"];
    const answer = await site.run(
      process.execPath,
      command,
      "query",
      join(output, "inkling"),
      "boiling water",
      ...options,
    );
    const { hits } = JSON.parse(answer) as { hits: readonly { url: string }[] };
    expect(hits.map(({ url }) => url)).toEqual([tea]);
  });

  test("builds again over what is there", async () => {
    await build(site);
  });
});
