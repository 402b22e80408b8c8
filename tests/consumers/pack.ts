import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { pack } from "../package/packed.ts";

/** Packs what is in `dist` once for all tests. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "inkling-packed-"));
  const { filename } = await pack(folder);
  project.provide("tarball", join(folder, filename));
  return () => rm(folder, { recursive: true, force: true });
}
