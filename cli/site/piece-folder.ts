import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir, readdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { entryName, type PiecesEntry } from "../../src/core/pieces/entry.ts";
import type { PiecesLayout } from "../../src/core/pieces/placed-documents.ts";
import { pieceName, piecePath } from "../../src/core/pieces/piece-name.ts";
import type { PieceStore } from "../../src/core/pieces/put-piece.ts";
import { IndexFormatError } from "../../src/errors.ts";
import { writeDurably } from "../../worker/stores/durable-files.ts";
import { fileError } from "../../worker/stores/file-errors.ts";
import { type PieceNotes, writePieceNotes } from "./piece-notes.ts";

/**
 * A folder of blocks that a static host serves. Blocks are written first and the entry file last, whole or not at all; blocks of
 * the entry before stay for one more write, because pages that are open have read that one.
 */
export class PieceFolder implements PieceStore {
  readonly #folder: string;
  readonly #before: PieceNotes | undefined;
  /** Name -> size of the block. */
  #sizes: Map<string, number> = new Map();
  /** Name -> how many things name the block, where they are several. */
  #shared: Map<string, number> = new Map();
  readonly #contents: Map<string, string> = new Map();
  readonly #present: Set<string>;
  readonly #made: Set<string> = new Set();

  private constructor(folder: string, before: PieceNotes | undefined, present: Set<string>) {
    this.#folder = folder;
    this.#before = before;
    this.#present = present;
  }

  /**
   * @param folder - of the entry file; it must exist.
   * @param before - notes of the last write, if there are any.
   */
  static async open(folder: string, before: PieceNotes | undefined): Promise<PieceFolder> {
    await mkdir(join(folder, "pieces"), { recursive: true });
    return new PieceFolder(folder, before, new Set(await listPieces(folder)));
  }

  /** Begins with no block, or with those of the last write. @returns false where one of these is gone. */
  begin(from: "nothing" | "last write"): boolean {
    const { sizes, shared } = (from === "last write" && this.#before) || { sizes: [], shared: [] };
    this.#sizes = new Map(sizes);
    this.#shared = new Map(shared);
    return [...this.#sizes.keys()].every((name) => this.#present.has(name));
  }

  /** Compresses a payload and stores it. @returns its name. @throws {StorageError} where there is no room. */
  readonly put = (payload: Uint8Array, dictionary?: Uint8Array): string => {
    for (let padded = payload; ; padded = Buffer.concat([padded, Buffer.alloc(1)])) {
      const bytes = deflateRawSync(padded, { level: 9, ...(dictionary === undefined ? {} : { dictionary }) });
      const name = pieceName(bytes);
      const content = bytes.toString("latin1").slice(0, 64) + bytes.length;
      // Why: two blocks of one name would be the end of both; another byte that nobody reads gives another name.
      if ((this.#contents.get(name) ?? content) !== content) continue;
      this.#contents.set(name, content);
      if (this.#sizes.has(name)) this.#shared.set(name, (this.#shared.get(name) ?? 1) + 1);
      else this.#write(name, bytes);
      this.#sizes.set(name, bytes.length);
      return name;
    }
  };

  readonly read = (name: string, dictionary?: Uint8Array): Uint8Array => {
    const path = join(this.#folder, piecePath(name));
    try {
      const bytes = readFileSync(path);
      // Why copied: readers of blocks take numbers out of their bytes by `slice`, which copies nothing of a Buffer.
      if (pieceName(bytes) === name)
        return new Uint8Array(inflateRawSync(bytes, dictionary === undefined ? {} : { dictionary }));
    } catch (error) {
      throw unreadable(path, "cannot be read", error);
    }
    throw unreadable(path, "is not what was written");
  };

  readonly release = (name: string): void => {
    const uses = this.#shared.get(name) ?? 1;
    if (uses > 2) this.#shared.set(name, uses - 1);
    else this.#shared.delete(name);
    if (uses === 1) this.#sizes.delete(name);
  };

  #write(name: string, bytes: Uint8Array): void {
    const path = join(this.#folder, piecePath(name));
    if (this.#present.has(name) && (this.#before?.sizes.has(name) === true || isWhole(path, name))) return;
    const folder = join(this.#folder, "pieces", name.slice(0, 2));
    try {
      if (!this.#made.has(folder)) mkdirSync(folder, { recursive: true });
      this.#made.add(folder);
      writeFileSync(path, bytes);
    } catch (error) {
      throw fileError(this.#folder, "store blocks", error);
    }
  }

  /** Writes the entry file and the notes, and removes blocks that neither this entry nor the one before names. */
  async publish(entry: Omit<PiecesEntry, "blocks" | "bytes">, layout: PiecesLayout): Promise<PiecesEntry> {
    let bytes = 0;
    for (const size of this.#sizes.values()) bytes += size;
    const whole = { ...entry, blocks: this.#sizes.size, bytes };
    const before = this.#before?.sizes ?? new Map<string, number>();
    await writeDurably(join(this.#folder, entryName), `${JSON.stringify(whole)}\n`);
    const isSame = this.#before?.words === entry.words && before.size === this.#sizes.size;
    if (isSame && [...before.keys()].every((name) => this.#sizes.has(name))) return whole;
    await writePieceNotes(this.#folder, { words: entry.words, sizes: this.#sizes, shared: this.#shared, layout });
    for (const name of this.#present) {
      if (this.#sizes.has(name) || before.has(name)) continue;
      // Why errors are left: what is gone needs no removal, and what cannot be removed harms nobody.
      await unlink(join(this.#folder, piecePath(name))).catch(() => {});
    }
    return whole;
  }
}

/** Whether a file is the block of its name: one that a write left which was broken off, or met a full disk, may be cut short. */
function isWhole(path: string, name: string): boolean {
  try {
    return pieceName(readFileSync(path)) === name;
  } catch {
    return false;
  }
}

function unreadable(path: string, what: string, cause?: unknown): IndexFormatError {
  const message = `The block ${path} ${what}. The index in pieces is written anew.`;
  return new IndexFormatError("index/missing-block", message, { path }, cause);
}

async function listPieces(folder: string): Promise<string[]> {
  const names: string[] = [];
  for (const part of await readdir(join(folder, "pieces")).catch(() => [])) {
    for (const file of await readdir(join(folder, "pieces", part)).catch(() => [])) {
      if (file.endsWith(".bin")) names.push(part + file.slice(0, -".bin".length));
    }
  }
  return names;
}
