import type { PiecesEntry } from "../../src/core/pieces/entry.ts";
import { writePieces } from "../../src/core/pieces/write-pieces.ts";
import { analysisVersion } from "../../src/core/text/analyzer.ts";
import { IndexState } from "../../worker/index-state.ts";
import type { BlockStore } from "../../worker/ports.ts";
import { utf8 } from "../../worker/utf8.ts";
import { isOfModel } from "../../worker/vectors.ts";
import type { ModelChoice } from "../engine.ts";
import { chooseModel } from "../neural/choose-model.ts";
import { PieceFolder } from "./piece-folder.ts";
import { readTokenTable } from "./token-table.ts";

/** An index in pieces as it was written. */
export interface WrittenSitePieces {
  readonly entry: PiecesEntry;
  readonly ms: number;
}

/**
 * Writes the stored index once more, in pieces, for pages that load it from a static host.
 *
 * @param folder - for the pieces and their entry file.
 * @param model - that made the vectors; where it is not a table of token rows, words alone are written.
 * @throws {StorageError} where they cannot be written; the entry file stays as it was then.
 */
export async function writeSitePieces(
  store: BlockStore,
  folder: string,
  model: Exclude<ModelChoice, "none">,
): Promise<WrittenSitePieces> {
  const started = performance.now();
  const { readers } = (await IndexState.open(store)).snapshot;
  const chosen = await chooseModel(model.model, model.host);
  const table = chosen.from === "folder" ? await readTokenTable(chosen.folder) : null;
  const isOfTable =
    table !== null && readers.every(({ reference }) => isOfModel(reference.vectors?.model ?? "", table.model.id));
  const pieces = await PieceFolder.open(folder);
  const written = await writePieces(readers, isOfTable ? table : null, pieces.put, utf8);
  const entry = await pieces.publish({ ...written, analysis: analysisVersion });
  return { entry, ms: performance.now() - started };
}
