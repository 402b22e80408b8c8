import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import type { PiecesEntry } from "../../../../src/core/pieces/entry.ts";
import { tinyModels } from "../neural/tiny-models.ts";
import { build, readFolder, run, useSiteFolders, writePage } from "./site-kit.ts";

const folders = useSiteFolders();
let index: string;
beforeEach(() => ({ index } = folders));

const subjects = ["tea", "oak", "snow", "rust", "ink", "moss", "brass", "salt"];

async function writePages(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const text = `Page ${i} is about ${subjects[i % 8]} and ${subjects[(i * 3) % 8]}, and about number${i}.`;
    await writePage(folders.site, `${i}.html`, `<html lang=en><title>P ${i}</title><h1>Page ${i}</h1><p>${text}</p>`);
  }
}

interface PiecesReport {
  readonly documents: number;
  readonly blocks: number;
  readonly isUpdate: boolean;
}

async function buildPieces(): Promise<PiecesReport> {
  const report = await build(folders.site, index, "--pieces", "--threads", "0");
  return (report.index as unknown as { pieces: PiecesReport }).pieces;
}

async function readEntry(): Promise<PiecesEntry> {
  return JSON.parse(await readFile(join(index, "inkling-pieces.json"), "utf8")) as PiecesEntry;
}

async function countBlocks(): Promise<number> {
  const files = await readdir(join(index, "pieces"), { recursive: true });
  return files.filter((name) => name.endsWith(".bin")).length;
}

/** Damages the block that the entry file names first. */
async function damageRoot(): Promise<void> {
  const { words } = await readEntry();
  await writeFile(join(index, "pieces", words.slice(0, 2), `${words.slice(2)}.bin`), "damaged");
}

// Why one test: a first write of the pieces takes a busy machine many seconds, for the thousands of blocks of the model.
test("an index in pieces is brought up to date; what nobody may ask for any more goes; what is damaged is written anew", async () => {
  await writePages(60);
  expect(await buildPieces()).toMatchObject({ documents: 60, isUpdate: false });
  const first = await countBlocks();
  const before = await readFolder(index);
  expect(await buildPieces()).toMatchObject({ documents: 60, isUpdate: true, blocks: first });
  expect(await readFolder(index)).toEqual(before);

  await writePage(
    folders.site,
    "7.html",
    "<html lang=en><title>P 7</title><h1>Page 7</h1><p>It is about lanterns now.</p>",
  );
  const changed = await buildPieces();
  expect(changed).toMatchObject({ documents: 60, isUpdate: true });
  expect(await readEntry()).toMatchObject({ documents: 61, removed: { documents: 1, passages: 1 } });
  // Blocks of the entry before stay for those who have its page open: a few of all.
  const kept = (await countBlocks()) - changed.blocks;
  expect(kept).toBeGreaterThan(3);
  expect(kept).toBeLessThan(30);

  await writePage(folders.site, "8.html", "<html lang=en><title>P 8</title><h1>Page 8</h1><p>Lanterns again.</p>");
  const next = await buildPieces();
  expect((await countBlocks()) - next.blocks).toBeLessThan(30);

  await damageRoot();
  await writePage(folders.site, "9.html", "<html lang=en><title>P 9</title><h1>Page 9</h1><p>Lanterns, once more.</p>");
  expect(await buildPieces()).toMatchObject({ documents: 60, isUpdate: false });
  expect(await readEntry()).not.toHaveProperty("removed");
  const { code } = await run("query", index, "lanterns", "--json");
  expect(code).toBe(0);
}, 240_000);

test("with another model than the built-in one, pieces answer by words alone, and the build says so", async () => {
  await writePages(3);
  const model = join(tinyModels, "tiny-static");
  const { code, out } = await run(
    "build",
    folders.site,
    "--out",
    index,
    "--pieces",
    "--threads",
    "0",
    "--model",
    model,
  );
  expect(code).toBe(0);
  expect(out).toContain("which answer by words alone: they hold vectors of inkling-instant-v1 only");
  expect(await readEntry()).toMatchObject({ documents: 3, meaning: null, model: null });
});
