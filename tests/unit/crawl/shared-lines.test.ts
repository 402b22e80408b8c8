import { expect, test } from "vitest";
import { SiteLines } from "../../../crawl/shared-lines.ts";
import { readEdges } from "../../../src/extract/boilerplate.ts";

const site = "https://x.example";

function edgesOf(...lines: string[]): ReturnType<typeof readEdges> {
  return readEdges({ url: "", sections: [{ heading: "", level: 2, text: lines.join("\n") }] });
}

/** Adds pages to a folder, each with a line of its own. */
function addPages(lines: SiteLines, from: number, to: number, shared: string): void {
  for (let i = from; i < to; i++) lines.add(`${site}/shop/${i}`, edgesOf(shared, `Text of page ${i}.`), "");
}

test("eight pages of a folder share what half of them have, wherever the folder is", () => {
  const lines = new SiteLines();
  addPages(lines, 0, 7, "Open daily");
  expect(lines.find(`${site}/shop/0`)).toEqual({ head: [], tail: [] });
  addPages(lines, 7, 8, "Open daily");
  expect(lines.find(`${site}/shop/0`)).toEqual({ head: [0], tail: [] });
});

test("pages that were judged before that was known are stale, until it is applied, and again where it changes", () => {
  const lines = new SiteLines();
  addPages(lines, 0, 8, "Open daily");
  const urls = [...lines.stale()];
  expect(urls).toHaveLength(8);
  for (const url of urls) lines.apply(url, lines.find(url));
  expect([...lines.stale()]).toEqual([]);
  expect(lines.appliedTo(urls[0]!)).toBe("0;");
  addPages(lines, 8, 20, "Closed on some days");
  // Eight of twenty are not half any more; the new line is what most have.
  expect([...lines.stale()]).toHaveLength(20);
});

test("of a page that is not counted nothing is taken off", () => {
  const lines = new SiteLines();
  addPages(lines, 0, 8, "Open daily");
  expect(lines.find(`${site}/marked`)).toEqual({ head: [], tail: [] });
  expect(lines.appliedTo(`${site}/marked`)).toBe("");
});
