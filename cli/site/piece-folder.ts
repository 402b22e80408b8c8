import { mkdirSync, writeFileSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { entryName, type PiecesEntry } from "../../src/core/pieces/entry.ts";
import { pieceName, piecePath } from "../../src/core/pieces/piece-name.ts";
import { readIfThere, writeDurably } from "../../worker/stores/durable-files.ts";
import { fileError } from "../../worker/stores/file-errors.ts";

/** Notes of the last write, for the next one: which blocks a visitor may still ask for. */
const notesName = ".inkling-pieces.json";

/**
 * A folder of blocks that a static host serves. Blocks are written first and the entry file last, whole or not at all; blocks of
 * the entry before stay for one more write, because pages that are open have read that one.
 */
export class PieceFolder {
  readonly #folder: string;
  /** Name -> size of the block. */
  readonly #sizes: Map<string, number> = new Map();
  readonly #contents: Map<string, string> = new Map();
  readonly #present: Set<string>;
  readonly #made: Set<string> = new Set();

  private constructor(folder: string, present: Set<string>) {
    this.#folder = folder;
    this.#present = present;
  }

  /** @param folder - of the entry file; it must exist. */
  static async open(folder: string): Promise<PieceFolder> {
    await mkdir(join(folder, "pieces"), { recursive: true });
    return new PieceFolder(folder, new Set(await listPieces(folder)));
  }

  /** Bytes of all blocks so far. */
  get bytes(): number {
    let sum = 0;
    for (const size of this.#sizes.values()) sum += size;
    return sum;
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
      if (!this.#sizes.has(name)) this.#write(name, bytes);
      this.#sizes.set(name, bytes.length);
      return name;
    }
  };

  #write(name: string, bytes: Uint8Array): void {
    if (this.#present.has(name)) return;
    const path = join(this.#folder, piecePath(name));
    const folder = join(this.#folder, "pieces", name.slice(0, 2));
    try {
      if (!this.#made.has(folder)) mkdirSync(folder, { recursive: true });
      this.#made.add(folder);
      writeFileSync(path, bytes);
    } catch (error) {
      throw fileError(this.#folder, "store blocks", error);
    }
  }

  /** Writes the entry file, and removes blocks that neither it nor the one before names. */
  async publish(entry: Omit<PiecesEntry, "blocks" | "bytes">): Promise<PiecesEntry> {
    const whole = { ...entry, blocks: this.#sizes.size, bytes: this.bytes };
    const before = await readNames(this.#folder);
    await writeDurably(join(this.#folder, entryName), `${JSON.stringify(whole)}\n`);
    const isSame = before.length === this.#sizes.size && before.every((name) => this.#sizes.has(name));
    if (isSame) return whole;
    await writeDurably(join(this.#folder, notesName), JSON.stringify([...this.#sizes.keys()].sort()));
    const kept = new Set([...this.#sizes.keys(), ...before]);
    for (const name of this.#present)
      if (!kept.has(name)) await rm(join(this.#folder, piecePath(name)), { force: true });
    return whole;
  }
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

async function readNames(folder: string): Promise<string[]> {
  const notes = await readIfThere(join(folder, notesName)).catch(() => undefined);
  try {
    const names = JSON.parse(new TextDecoder().decode(notes)) as unknown;
    return Array.isArray(names) ? names.filter((name) => typeof name === "string") : [];
  } catch {
    return [];
  }
}
