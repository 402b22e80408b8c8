import { InvalidArgumentError } from "../../errors.ts";
import type { PassageVectors, VectorPassage } from "../../types.ts";
import type { QuantizedRows } from "../vector/quantize.ts";
import type { SegmentReader } from "./reader.ts";

/** Gives the vectors of a segment, a row for each passage; null where it has none of the model that is wanted. */
export type ReadRows = (reader: SegmentReader) => Promise<QuantizedRows | null>;

/** As many dots as a plot of a screen's size can show apart. */
const defaultLimit = 2000;

/** A passage that has a vector: where it is, and its row. */
interface Row {
  readonly reader: SegmentReader;
  readonly document: number;
  readonly passage: number;
  readonly codes: Int8Array;
  readonly scale: number;
}

/**
 * Reads vectors of passages, spread evenly over an index where it has more of them than `limit`.
 *
 * @param model - whose vectors `readRows` gives; null where there are none.
 * @throws {InvalidArgumentError} `argument/limit`; {IndexFormatError} where text is damaged.
 */
export async function readVectors(
  readers: readonly SegmentReader[],
  readRows: ReadRows,
  model: string | null,
  limit: number = defaultLimit,
): Promise<PassageVectors> {
  if (!Number.isInteger(limit) || limit < 0) {
    const found = String(limit);
    throw new InvalidArgumentError("argument/limit", `\`limit\` is ${found}, expected an integer >= 0.`, {
      limit: found,
    });
  }
  const rows = model === null ? [] : await findRows(readers, readRows);
  const chosen = rows.length <= limit ? rows : chooseEvenly(rows, limit);
  const dim = chosen[0]?.codes.length ?? 0;
  const vectors = new Float32Array(chosen.length * dim);
  chosen.forEach(({ codes, scale }, row) => {
    for (let i = 0; i < dim; i++) vectors[row * dim + i] = codes[i]! * scale;
  });
  return { model: model ?? "", dim, total: rows.length, passages: await Promise.all(chosen.map(describe)), vectors };
}

async function findRows(readers: readonly SegmentReader[], readRows: ReadRows): Promise<Row[]> {
  const found: Row[] = [];
  for (const reader of readers) {
    const rows = await readRows(reader);
    if (rows === null) continue;
    const dim = rows.codes.length / rows.scales.length;
    reader.passageDocuments.forEach((document, passage) => {
      const scale = rows.scales[passage]!;
      // Why 0: a row that was never made has a negative scale, and that of a text without known words is zero.
      if (reader.isRemoved(document) || !(scale > 0)) return;
      found.push({ reader, document, passage, codes: rows.codes.subarray(passage * dim, (passage + 1) * dim), scale });
    });
  }
  return found;
}

function chooseEvenly(rows: readonly Row[], limit: number): Row[] {
  return Array.from({ length: limit }, (_, i) => rows[Math.floor((i * rows.length) / limit)]!);
}

async function describe({ reader, document, passage }: Row): Promise<VectorPassage> {
  const { path, anchor } = reader.places(document)[reader.sectionOf(passage)]!;
  const text = await reader.passageText(passage);
  return { url: reader.url(document), title: reader.title(document), section: path.at(-1) ?? "", anchor, text };
}
