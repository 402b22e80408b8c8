import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test, vi } from "vitest";
import type { Manifest } from "../../src/core/segment/manifest.ts";
import type { Commit } from "../../worker/ports.ts";
import { fileError } from "../../worker/stores/file-errors.ts";
import { openFileStore } from "../../worker/stores/files.ts";
import { assertRejects } from "./assert.ts";
import { testBlockStore } from "./block-store.ts";

const folders: string[] = [];

async function newFolder(): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), "inkling-store-"));
  folders.push(parent);
  return join(parent, "index");
}

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** Why a folder in the way: it stops a write even for root, who may write anywhere. */
async function blockTheWay(path: string): Promise<() => Promise<void>> {
  await mkdir(path, { recursive: true });
  return () => rm(path, { recursive: true });
}

testBlockStore(test, { driver: "files", persistent: true, notifies: true }, async () => {
  const folder = await newFolder();
  return {
    open: () => openFileStore(folder),
    breakAt: (name) => blockTheWay(join(folder, "blocks", `${name}.bin`)),
  };
});

function commitOf(expectedGeneration: number, put: string[], remove: string[] = []): Commit {
  const manifest = { format: 1, analysis: 1, generation: expectedGeneration + 1, segments: [] };
  return { expectedGeneration, manifest, put: new Map(put.map((name) => [name, Uint8Array.of(1)])), remove };
}

async function filesIn(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).sort();
}

test("a commit leaves nothing but manifest and blocks", async () => {
  const folder = await newFolder();
  const store = await openFileStore(folder);
  await store.commit(commitOf(0, ["a/b", "c"]));
  await store.commit(commitOf(1, ["d"], ["c"]));
  expect(await filesIn(folder)).toEqual(["blocks", "blocks/a~b.bin", "blocks/d.bin", "manifest.json"]);
});

test("opening and reading make no folder", async () => {
  const folder = await newFolder();
  const store = await openFileStore(folder);
  expect(await store.readManifest()).toBeUndefined();
  await expect(readdir(folder)).rejects.toThrow("ENOENT");
});

test("a manifest that cannot be written leaves the old one and no new block", async () => {
  const folder = await newFolder();
  const store = await openFileStore(folder);
  await store.commit(commitOf(0, ["a"]));
  const clearTheWay = await blockTheWay(join(folder, "manifest.json.tmp"));
  const error = await assertRejects(store.commit(commitOf(1, ["b"], ["a"])), "StorageError", "storage/failed");
  expect(error.details["path"]).toBe(join(folder, "manifest.json.tmp"));
  expect(error.message).toContain("manifest.json.tmp");
  expect(((await store.readManifest()) as Manifest).generation).toBe(1);
  expect(await store.readBlocks(["a", "b"])).toEqual([Uint8Array.of(1), undefined]);
  await clearTheWay();
  expect(await store.commit(commitOf(1, ["b"], ["a"]))).toBe(true);
});

test("what a killed commit had put is removed by the next commit", async () => {
  const folder = await newFolder();
  const store = await openFileStore(folder);
  await store.commit(commitOf(0, ["a"]));
  await writeFile(
    join(folder, "journal.json"),
    JSON.stringify({ generation: 2, put: ["b.bin", "c.bin"], remove: ["a.bin"] }),
  );
  await writeFile(join(folder, "blocks", "b.bin"), "whole");
  await writeFile(join(folder, "blocks", "c.bin.tmp"), "ha");
  await store.commit(commitOf(1, ["d"]));
  expect(await filesIn(join(folder, "blocks"))).toEqual(["a.bin", "d.bin"]);
});

test("what a commit killed after its manifest had still to remove is removed by the next commit", async () => {
  const folder = await newFolder();
  const store = await openFileStore(folder);
  await store.commit(commitOf(0, ["a", "b"]));
  await writeFile(join(folder, "journal.json"), JSON.stringify({ generation: 1, put: ["b.bin"], remove: ["old.bin"] }));
  await writeFile(join(folder, "blocks", "old.bin"), "old");
  await store.commit(commitOf(1, []));
  expect(await filesIn(join(folder, "blocks"))).toEqual(["a.bin", "b.bin"]);
});

test.each([
  ['{"generation":2,"put":["../precious"],"remove":[]}'],
  ['{"generation":1,"put":[],"remove":["../../precious"]}'],
  ['{"generation":'],
  ["null"],
])("a journal that is not ours removes no file: %s", async (journal) => {
  const folder = await newFolder();
  const store = await openFileStore(folder);
  await store.commit(commitOf(0, ["a"]));
  await writeFile(join(folder, "precious"), "keep");
  await writeFile(join(folder, "journal.json"), journal);
  expect(await store.commit(commitOf(1, ["b"]))).toBe(true);
  expect(await readFile(join(folder, "precious"), "utf8")).toBe("keep");
});

test("a process killed while it commits leaves whole generations only, and its lock is taken over", async () => {
  const folder = await newFolder();
  const script = fileURLToPath(new URL("commit-for-ever.ts", import.meta.url));
  for (let round = 0; round < 3; round++) {
    const child = spawn(process.execPath, ["--import", "tsx", script, folder], { stdio: "ignore" });
    await vi.waitFor(
      async () => expect((await readdir(join(folder, "blocks"))).length).toBeGreaterThan(round * 20),
      20_000,
    );
    child.kill("SIGKILL");
    await once(child, "exit");
    const store = await openFileStore(folder);
    const generation = ((await store.readManifest()) as Manifest | undefined)?.generation ?? 0;
    const names = Array.from({ length: generation === 0 ? 0 : 50 }, (_value, block) => `g${generation}/b${block}`);
    expect((await store.readBlocks(names)).every((bytes, block) => bytes?.every((value) => value === block))).toBe(
      true,
    );
    expect(await store.commit(commitOf(generation, ["last"]))).toBe(true);
    expect((await readdir(join(folder, "blocks"))).length).toBe(names.length + 1);
    expect(await filesIn(folder)).not.toContain("lock");
    await store.clear();
  }
}, 60_000);

test("a lock of a process that is gone, or of an earlier process with our number, is taken over", async () => {
  const gone = 2 ** 22 + 1;
  for (const owner of [gone, process.pid]) {
    const folder = await newFolder();
    await mkdir(folder);
    await writeFile(join(folder, "lock"), JSON.stringify({ pid: owner, host: hostname(), token: "earlier" }));
    const store = await openFileStore(folder, { lockTimeoutMs: 2000 });
    expect(await store.commit(commitOf(0, ["a"]))).toBe(true);
  }
});

test.each([
  ["a running process", { pid: process.ppid, host: hostname(), token: "theirs" }],
  ["a process on another machine", { pid: 1, host: "elsewhere.example", token: "theirs" }],
])("a lock of %s gives storage/conflict in time, and nothing is stored", async (_whose, owner) => {
  const folder = await newFolder();
  await mkdir(folder);
  await writeFile(join(folder, "lock"), JSON.stringify(owner));
  const store = await openFileStore(folder, { lockTimeoutMs: 60 });
  const error = await assertRejects(store.commit(commitOf(0, ["a"])), "StorageError", "storage/conflict");
  expect(error.details).toMatchObject({ pid: owner.pid, host: owner.host, path: join(folder, "lock") });
  expect(await filesIn(folder)).toEqual(["lock"]);
});

test("a damaged manifest is handed on as text, no commit goes through on it, and clear removes it", async () => {
  const folder = await newFolder();
  const store = await openFileStore(folder);
  await store.commit(commitOf(0, ["a"]));
  await writeFile(join(folder, "manifest.json"), '{"generation": 1, "seg');
  expect(await store.readManifest()).toBe('{"generation": 1, "seg');
  expect(await store.commit(commitOf(1, ["b"]))).toBe(false);
  await store.clear();
  expect(await store.commit(commitOf(0, ["b"]))).toBe(true);
});

test("a file where the folder should be gives storage/failed with its path", async () => {
  const folder = await newFolder();
  await writeFile(folder, "not a folder");
  const store = await openFileStore(folder);
  const calls = [
    () => store.readManifest(),
    () => store.readBlocks(["a"]),
    () => store.commit(commitOf(0, [])),
    () => store.clear(),
  ];
  for (const call of calls) {
    const error = await assertRejects(call(), "StorageError", "storage/failed");
    expect(String(error.details["path"])).toContain(folder);
  }
});

test("clear leaves files that are not ours", async () => {
  const folder = await newFolder();
  const store = await openFileStore(folder);
  await store.commit(commitOf(0, ["a"]));
  await writeFile(join(folder, "blocks", "README.txt"), "mine");
  await store.clear();
  expect(await filesIn(folder)).toEqual(["blocks", "blocks/README.txt"]);
});

test.each([
  ["ENOSPC", "storage/quota"],
  ["EDQUOT", "storage/quota"],
  ["EACCES", "storage/unavailable"],
  ["EROFS", "storage/unavailable"],
  ["EIO", "storage/failed"],
])("%s of the system is %s", (code, expected) => {
  const cause = Object.assign(new Error(`${code}: trouble`), { code, path: "/index/blocks/a.bin" });
  const error = fileError("/index", "store blocks", cause);
  expect(error).toMatchObject({ code: expected, details: { path: "/index/blocks/a.bin", error: code }, cause });
  expect(error.message).toContain("/index/blocks/a.bin");
});
