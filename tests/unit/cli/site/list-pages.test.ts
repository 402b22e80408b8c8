import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listPages } from "../../../../cli/site/list-pages.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "inkling-pages-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function write(...paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), "x");
  }
}

test("pages are listed by path, whatever the case of their suffix, and nothing else", async () => {
  await write("b.html", "a/z.HTM", "a/y.xhtml", "a-b.md", "a/b/c.markdown", "style.css", "page.html.bak", "html");
  expect(await listPages(folder, join(folder, "inkling"))).toEqual([
    "a-b.md",
    "a/b/c.markdown",
    "a/y.xhtml",
    "a/z.HTM",
    "b.html",
  ]);
});

test("hidden names, node_modules and the index are left out", async () => {
  await write(
    "a.html",
    ".git/b.html",
    ".c.html",
    "node_modules/d/e.html",
    "x/node_modules/f.html",
    "inkling/g.html",
    "x/inkling/h.html",
  );
  expect(await listPages(folder, join(folder, "inkling"))).toEqual(["a.html", "x/inkling/h.html"]);
});

test("the card of a model is no page, what else stands beside it is", async () => {
  await write("library/models/some-model/README.md");
  await write("library/models/some-model/model.safetensors");
  await write("library/models/README.md");
  await write("library/models/some-model/demo.html");
  expect(await listPages(folder, join(folder, "inkling"))).toEqual([
    "library/models/README.md",
    "library/models/some-model/demo.html",
  ]);
});

test("links are followed, but no folder is read twice and none for ever", async () => {
  await write("real/a.html");
  await symlink("..", join(folder, "real/up"));
  await symlink("real", join(folder, "alias"));
  await symlink("real/a.html", join(folder, "b.html"));
  expect(await listPages(folder, join(folder, "inkling"))).toEqual(["b.html", "real/a.html"]);
});

test("links that lead nowhere, or in a circle, are listed where they are named like pages, for the build to name them", async () => {
  await symlink("nowhere", join(folder, "broken.html"));
  await symlink("nowhere", join(folder, "broken.txt"));
  await symlink("round.html", join(folder, "round.md"));
  await symlink("round.md", join(folder, "round.html"));
  expect(await listPages(folder, join(folder, "inkling"))).toEqual(["broken.html", "round.html", "round.md"]);
});

test("a folder outside is read under the link's name", async () => {
  const outside = await mkdtemp(join(tmpdir(), "inkling-outside-"));
  await writeFile(join(outside, "o.html"), "x");
  await symlink(outside, join(folder, "linked"));
  expect(await listPages(folder, join(folder, "inkling"))).toEqual(["linked/o.html"]);
  await rm(outside, { recursive: true });
});

test("an empty folder has no pages", async () => expect(await listPages(folder, join(folder, "inkling"))).toEqual([]));
