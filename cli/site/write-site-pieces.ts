import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { checkEntry, entryName, type PiecesEntry } from "../../src/core/pieces/entry.ts";
import { updatePieces } from "../../src/core/pieces/update-pieces.ts";
import { type LaidOutPieces, layOutPieces } from "../../src/core/pieces/write-pieces.ts";
import type { SegmentReader } from "../../src/core/segment/reader.ts";
import { analysisVersion } from "../../src/core/text/analyzer.ts";
import { IndexFormatError } from "../../src/errors.ts";
import { utf8 } from "../../worker/utf8.ts";
import { modelKey } from "../../worker/vectors.ts";
import type { ModelChoice } from "../engine.ts";
import { chooseModel } from "../neural/choose-model.ts";
import { PieceFolder } from "./piece-folder.ts";
import { type PieceNotes, readPieceNotes } from "./piece-notes.ts";
import { readTokenTable } from "./token-table.ts";

/** An index in pieces as it was written. */
export interface WrittenSitePieces {
  readonly entry: PiecesEntry;
  /** Whether only what had changed was written. */
  readonly isUpdate: boolean;
  readonly ms: number;
}

/**
 * Writes an index in pieces, for pages that load it from a static host; brings the one that is there up to date where little
 * has changed.
 *
 * @param folder - for the pieces and their entry file.
 * @param model - that made the vectors; where it is not a table of token rows, words alone are written.
 * @throws {StorageError} where they cannot be written; the entry file stays as it was then.
 */
export async function writeSitePieces(
  readers: readonly SegmentReader[],
  folder: string,
  model: Exclude<ModelChoice, "none">,
): Promise<WrittenSitePieces> {
  const started = performance.now();
  const notes = await readPieceNotes(folder);
  const pieces = await PieceFolder.open(folder, notes);
  const updated = notes === undefined ? null : await update(notes, readers, folder, pieces);
  const { written, layout } = updated ?? (await layOut(readers, pieces, model));
  const entry = await pieces.publish({ ...written, analysis: analysisVersion }, layout);
  return { entry, isUpdate: updated !== null, ms: performance.now() - started };
}

/** @returns null where the index has to be written anew. */
async function update(
  notes: PieceNotes,
  readers: readonly SegmentReader[],
  folder: string,
  pieces: PieceFolder,
): Promise<LaidOutPieces | null> {
  const entry = await readEntry(folder);
  if (entry?.words !== notes.words || !pieces.begin("last write")) return null;
  try {
    return await updatePieces({ entry, layout: notes.layout }, readers, pieces, utf8);
  } catch (error) {
    // Why silent: what is damaged is written anew, and nothing is lost.
    if (error instanceof IndexFormatError) return null;
    throw error;
  }
}

async function readEntry(folder: string): Promise<PiecesEntry | undefined> {
  const path = join(folder, entryName);
  try {
    return checkEntry(JSON.parse(await readFile(path, "utf8")), path, analysisVersion);
  } catch {
    return undefined;
  }
}

async function layOut(
  readers: readonly SegmentReader[],
  pieces: PieceFolder,
  model: Exclude<ModelChoice, "none">,
): Promise<LaidOutPieces> {
  pieces.begin("nothing");
  const chosen = await chooseModel(model.model, model.host);
  const table = chosen.from === "folder" ? await readTokenTable(chosen.folder) : null;
  // Why the revision too: a question's vector is made of these rows, and must not meet vectors made of others.
  const isOfTable =
    table !== null && readers.every(({ reference }) => reference.vectors?.model === modelKey(table.model));
  return layOutPieces(readers, isOfTable ? table : null, pieces.put, utf8);
}
