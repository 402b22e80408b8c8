import { type BigIntStats, statSync } from "node:fs";
import { join } from "node:path";
import { readIfThere, writeDurably } from "../../worker/stores/durable-files.ts";
import { isRecord } from "../read-queries.ts";

const fileName = ".inkling-files.json";

/** A file that was changed so shortly before it was read may change again within the same tick of the clock. */
const restlessMs = 2000;

/** A file as it was read: its stamp, and the hash of its bytes. */
type Note = readonly [stamp: string, hash: string];

/**
 * Knows the hashes of files that have not been touched since they were read, without reading them. Of a file's times it is the
 * one of its last change of any kind that counts, too: nobody can set that one, as those do who want the same archive every time.
 */
export class FileStamps {
  readonly #folder: string;
  readonly #known: ReadonlyMap<string, Note>;
  /** Path -> stamp, of the files looked at; `""` for those not to be trusted next time. */
  readonly #stamps = new Map<string, string>();
  readonly #notes = new Map<string, Note>();
  readonly #startedMs = Date.now();

  private constructor(folder: string, known: ReadonlyMap<string, Note>) {
    this.#folder = folder;
    this.#known = known;
  }

  /**
   * Reads the notes of the last build. What is missing or damaged counts as nothing: all files are read then.
   *
   * @param folder - of the pages. @param out - of the index.
   */
  static async open(folder: string, out: string): Promise<FileStamps> {
    const bytes = await readIfThere(join(out, fileName)).catch(() => undefined);
    return new FileStamps(folder, readNotes(bytes));
  }

  /** Hash of a file's bytes; undefined where it has to be read. */
  hashOf(path: string): string | undefined {
    const stamp = this.#stampOf(path);
    const known = this.#known.get(path);
    if (stamp === "" || known?.[0] !== stamp) return undefined;
    this.#notes.set(path, known);
    return known[1];
  }

  /** Notes the hash of a file that was read after `hashOf`; `""` where it could not be. */
  note(path: string, hash: string): void {
    const stamp = this.#stampOf(path);
    if (stamp !== "" && hash !== "") this.#notes.set(path, [stamp, hash]);
  }

  #stampOf(path: string): string {
    let stamp = this.#stamps.get(path);
    // Why kept: it must be that of before the file was read.
    if (stamp === undefined) this.#stamps.set(path, (stamp = this.#readStamp(path)));
    return stamp;
  }

  #readStamp(path: string): string {
    const found = statsOf(join(this.#folder, path));
    if (found === undefined) return "";
    const { size, mtimeNs, ctimeNs, ino } = found;
    const isRestless = Number(ctimeNs / 1_000_000n) > this.#startedMs - restlessMs;
    return isRestless ? "" : [size, mtimeNs, ctimeNs, ino].join(" ");
  }

  /** Writes the notes for the next build. */
  async save(out: string): Promise<void> {
    await writeDurably(join(out, fileName), JSON.stringify(Object.fromEntries(this.#notes)));
  }
}

/** Undefined for what cannot be looked at, such as a link in a circle; reading it says why. */
function statsOf(path: string): BigIntStats | undefined {
  try {
    // Why not awaited: fourteen thousand of these take a tenth of a second so, and many times that through threads.
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function readNotes(bytes: Uint8Array | undefined): Map<string, Note> {
  if (bytes === undefined) return new Map();
  try {
    const stored = JSON.parse(new TextDecoder().decode(bytes)) as unknown;
    return new Map(Object.entries(isRecord(stored) ? stored : {}).filter(isNote));
  } catch {
    return new Map();
  }
}

function isNote(entry: [string, unknown]): entry is [string, Note] {
  return Array.isArray(entry[1]) && entry[1].every((part) => typeof part === "string");
}
