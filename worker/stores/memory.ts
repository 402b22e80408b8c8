import type { Manifest } from "../../src/core/segment/manifest.ts";
import type { BlockStore, Commit } from "../ports.ts";
import { checkBlockNames, checkCommit, generationOf } from "./checks.ts";

class MemoryStore implements BlockStore {
  readonly driver = "memory";
  readonly persistent = false;
  readonly #blocks = new Map<string, Uint8Array>();
  #manifest: Manifest | undefined;

  async readManifest(): Promise<unknown> {
    return structuredClone(this.#manifest);
  }

  async readBlocks(names: readonly string[]): Promise<(Uint8Array | undefined)[]> {
    checkBlockNames(names);
    return names.map((name) => this.#blocks.get(name)?.slice());
  }

  // Why no await: the whole commit runs in one turn, so nothing can come in between.
  async commit(change: Commit): Promise<boolean> {
    checkCommit(change);
    if (generationOf(this.#manifest) !== change.expectedGeneration) return false;
    const copies = [...change.put].map(([name, bytes]) => [name, bytes.slice()] as const);
    const manifest = structuredClone(change.manifest);
    for (const [name, bytes] of copies) this.#blocks.set(name, bytes);
    for (const name of change.remove) this.#blocks.delete(name);
    this.#manifest = manifest;
    return true;
  }

  async clear(): Promise<void> {
    this.#blocks.clear();
    this.#manifest = undefined;
  }

  onChange(): () => void {
    return () => {};
  }

  async close(): Promise<void> {}
}

/** A store that lives as long as the object itself. Closing it keeps the blocks; it has one connection only. */
export function createMemoryStore(): BlockStore {
  return new MemoryStore();
}
