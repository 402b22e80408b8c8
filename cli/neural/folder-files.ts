import { join } from "node:path";
import { hashBytes } from "../../neural/hash.ts";
import type { ModelFiles } from "../../neural/model-files.ts";
import type { ExpectedFile } from "../../neural/settings.ts";
import { ModelError } from "../../src/errors.ts";
import { createFileModelSource } from "../model-source.ts";

/** A model's files by path, wherever they are. */
export type Files = Pick<ModelFiles, "read" | "readOptional" | "readFresh" | "urlOf" | "expect" | "bytes">;

/** A model's files in a folder; nothing is downloaded. */
export class FolderFiles implements Files {
  readonly #folder: string;
  #expected: Readonly<Record<string, ExpectedFile>> = {};
  readonly #sizes = new Map<string, number>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  get bytes(): number {
    return [...this.#sizes.values()].reduce((sum, size) => sum + size, 0);
  }

  expect(files: Readonly<Record<string, ExpectedFile>>): void {
    this.#expected = files;
  }

  urlOf(path: string): string {
    return join(this.#folder, path);
  }

  /** @throws {ModelError} `model/missing`, `model/unreachable`, `model/checksum` */
  async read(path: string): Promise<Uint8Array> {
    const bytes = await createFileModelSource(this.#folder).read(path);
    const expected = this.#expected[path];
    if (expected !== undefined) await checkFile(this.urlOf(path), bytes, expected);
    this.#sizes.set(path, bytes.length);
    return bytes;
  }

  async readOptional(path: string): Promise<Uint8Array | null> {
    try {
      return await this.read(path);
    } catch (error) {
      if (error instanceof ModelError && error.code === "model/missing") return null;
      throw error;
    }
  }

  readFresh(path: string): Promise<Uint8Array | null> {
    return this.readOptional(path);
  }
}

async function checkFile(path: string, bytes: Uint8Array, expected: ExpectedFile): Promise<void> {
  const found = bytes.length === expected.bytes ? await hashBytes(bytes) : null;
  if (found === expected.sha256) return;
  const what = found === null ? `${bytes.length} bytes` : `the SHA-256 ${found}`;
  throw new ModelError(
    "model/checksum",
    `${path} has ${what}; its model's inkling.json names ${expected.bytes} bytes with ${expected.sha256}. ` +
      `Copy the model's folder anew, all files of one release.`,
    { url: path, bytes: bytes.length, expectedBytes: expected.bytes, sha256: found, expectedSha256: expected.sha256 },
  );
}
