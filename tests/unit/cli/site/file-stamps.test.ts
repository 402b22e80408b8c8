import { rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { FileStamps } from "../../../../cli/site/file-stamps.ts";
import { useSiteFolders, writePage } from "./site-kit.ts";

const folders = useSiteFolders();
afterEach(() => vi.useRealTimers());

/** Sets the clock ahead, so that files written just now have been at rest. */
function later(): void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
}

/** Notes the hash of a page, as a build does. */
async function noteAndSave(path: string, hash: string): Promise<void> {
  const stamps = await FileStamps.open(folders.site, folders.folder);
  stamps.hashOf(path);
  stamps.note(path, hash);
  await stamps.save(folders.folder);
}

const reopen = (): Promise<FileStamps> => FileStamps.open(folders.site, folders.folder);

test("a file that was not touched is known by its hash, and goes on being so", async () => {
  await writePage(folders.site, "a.html", "apples");
  later();
  await noteAndSave("a.html", "1234");
  const stamps = await reopen();
  expect(stamps.hashOf("a.html")).toBe("1234");
  expect(stamps.hashOf("b.html")).toBeUndefined();
  await stamps.save(folders.folder);
  expect((await reopen()).hashOf("a.html")).toBe("1234");
});

test("a file with other bytes is read, also where its size and its time are those of before", async () => {
  const file = join(folders.site, "a.html");
  await writePage(folders.site, "a.html", "apples");
  later();
  await noteAndSave("a.html", "1234");
  const { atime, mtime, ctimeNs } = await stat(file, { bigint: true });
  // Why until then: the clock of a file system has ticks.
  do {
    await writeFile(file, "plums!");
    await utimes(file, atime, mtime);
  } while ((await stat(file, { bigint: true })).ctimeNs === ctimeNs);
  expect((await reopen()).hashOf("a.html")).toBeUndefined();
});

test("a file that was touched a moment ago is not trusted next time: it may be written again within the same tick", async () => {
  await writePage(folders.site, "a.html", "apples");
  await noteAndSave("a.html", "1234");
  later();
  expect((await reopen()).hashOf("a.html")).toBeUndefined();
});

test("a file that is gone, or could not be read, is not known", async () => {
  await writePage(folders.site, "a.html", "apples");
  await writePage(folders.site, "b.html", "pears");
  later();
  await noteAndSave("a.html", "1234");
  await rm(join(folders.site, "a.html"));
  expect((await reopen()).hashOf("a.html")).toBeUndefined();
  await noteAndSave("b.html", "");
  expect((await reopen()).hashOf("b.html")).toBeUndefined();
});

test.each(["{", "[1]", '{"a.html":5}', '{"a.html":["x"]}', ""])("with notes of %j, files are read", async (notes) => {
  await writePage(folders.site, "a.html", "apples");
  await writeFile(join(folders.folder, ".inkling-files.json"), notes);
  later();
  expect((await reopen()).hashOf("a.html")).toBeUndefined();
});
