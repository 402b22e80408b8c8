import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/** Bytes on the disk, and as a web server sends them. */
export interface Size {
  readonly raw: number;
  readonly gz: number;
}

/** Sizes of files, added up. */
export async function sizeOf(paths: readonly string[]): Promise<Size> {
  const files = await Promise.all(paths.map((path) => readFile(path)));
  const add = (sizes: readonly number[]): number => sizes.reduce((sum, size) => sum + size, 0);
  return {
    raw: add(files.map((file) => file.length)),
    gz: add(files.map((file) => gzipSync(file, { level: 9 }).length)),
  };
}

/** Bytes of what a page loads: script of the main thread, worker, model with its tokenizer. */
export async function measureSizes(dist: string): Promise<{ index: Size; worker: Size; model: Size }> {
  const folder = join(dist, "models/inkling-instant-v1");
  const files = (await readdir(folder)).map((name) => join(folder, name));
  return {
    index: await sizeOf([join(dist, "index.js")]),
    worker: await sizeOf([join(dist, "worker.js")]),
    model: await sizeOf(files),
  };
}
