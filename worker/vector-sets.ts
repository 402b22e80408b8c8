import { IndexFormatError } from "../src/errors.ts";
import { damaged, decodeBlock } from "../src/core/segment/codec.ts";
import type {
  BlockReference,
  PartialVectors,
  SegmentReference,
  VectorsReference,
} from "../src/core/segment/manifest.ts";
import type { SegmentReader } from "../src/core/segment/reader.ts";
import { columnCounts } from "../src/core/segment/writer.ts";
import type { QuantizedRows } from "../src/core/vector/quantize.ts";
import type { RowScanner } from "../src/core/vector/scan.ts";
import { type BlockReader, scanner } from "./snapshot.ts";

/** Scale of a row that was never made, because its document had been removed by then. Its codes are 0, so it scores 0. */
export const absentScale = -1;

/** Vectors of some of a segment's passages. */
export interface PartRows extends QuantizedRows {
  /** [rows] */
  readonly ordinals: Uint32Array;
}

/**
 * The vectors of a segment by their model: those that answer, those of other models, and those not all made yet.
 * Only the ones that answer are kept in memory by the reader; the others are read when they are needed.
 */
export class VectorSets {
  /** Why stored vectors are not used, by the name of their block. They count as not there. */
  readonly damages: Map<string, IndexFormatError> = new Map();
  readonly #blocks: BlockReader;
  readonly #scanners: Map<string, Promise<RowScanner | null>> = new Map();
  readonly #parts: Map<string, Promise<PartRows | null>> = new Map();

  constructor(blocks: BlockReader) {
    this.#blocks = blocks;
  }

  /** Where a segment's vectors of a model are, if it has all of them. */
  find(reader: SegmentReader, model: string): VectorsReference | null {
    return this.whole(reader).find((set) => set.model === model) ?? null;
  }

  /** Every set of vectors that a segment has all of; those that answer first. */
  whole(reader: SegmentReader): VectorsReference[] {
    const { vectors, otherVectors = [] } = reader.reference;
    const answering = vectors !== null && reader.vectors !== null ? [vectors] : [];
    return [...answering, ...otherVectors.filter(({ block }) => !this.damages.has(block.name))];
  }

  /** Vectors of a model, ready to be compared with a query, or null where a segment lacks them. Kept in memory until `release`. */
  async scanner(reader: SegmentReader, model: string): Promise<RowScanner | null> {
    const set = this.find(reader, model);
    if (set === null) return null;
    if (set === reader.reference.vectors) return reader.vectors;
    const { name } = set.block;
    const found =
      this.#scanners.get(name) ?? this.#readWhole(reader, set).then((rows) => rows && scanner.createScanner(rows));
    this.#scanners.set(name, found);
    found.catch(() => this.#scanners.delete(name));
    return found;
  }

  /** Frees the memory of vectors that were read besides those that answer. */
  release(): void {
    this.#scanners.clear();
  }

  /** Vectors of a model, to copy from, or null where a segment lacks them. */
  async rows(reader: SegmentReader, model: string): Promise<QuantizedRows | null> {
    const set = this.find(reader, model);
    if (set === null) return null;
    return set === reader.reference.vectors ? reader.vectors : this.#readWhole(reader, set);
  }

  /** The vectors of a model that a segment has so far, where it has not all; an unreadable part counts as not there. */
  async readParts(reader: SegmentReader, model: string): Promise<PartRows[]> {
    const partial = reader.reference.partialVectors;
    if (partial?.model !== model) return [];
    const parts = await Promise.all(partial.blocks.map((block) => this.#readPart(reader, block, model)));
    return parts.filter((part) => part !== null);
  }

  /** Forgets the parts that no segment names any more. */
  keepParts(references: readonly SegmentReference[]): void {
    const named = new Set(
      references.flatMap(({ partialVectors }) => partialVectors?.blocks ?? []).map(({ name }) => name),
    );
    for (const name of this.#parts.keys()) if (!named.has(name)) this.#parts.delete(name);
  }

  #readWhole(reader: SegmentReader, { model, block }: VectorsReference): Promise<QuantizedRows | null> {
    return this.#readOrNote(block, async () => {
      const [codes, scales] = await this.#readColumns(block, columnCounts.vectors);
      const rows = { codes: codes as Int8Array, scales: scales as Float32Array };
      checkRows(rows, block, reader.passageCount, model);
      return rows;
    });
  }

  #readPart(reader: SegmentReader, block: BlockReference, model: string): Promise<PartRows | null> {
    const found = this.#parts.get(block.name) ?? this.#decodePart(reader, block, model);
    this.#parts.set(block.name, found);
    found.catch(() => this.#parts.delete(block.name));
    return found;
  }

  #decodePart(reader: SegmentReader, block: BlockReference, model: string): Promise<PartRows | null> {
    return this.#readOrNote(block, async () => {
      const [ordinals, codes, scales] = await this.#readColumns(block, columnCounts.partialVectors);
      const rows = { ordinals: ordinals as Uint32Array, codes: codes as Int8Array, scales: scales as Float32Array };
      checkRows(rows, block, rows.ordinals.length, model);
      if (rows.ordinals.some((ordinal) => ordinal >= reader.passageCount))
        throw damaged(block.name, `it names passages beyond ${reader.passageCount}`);
      return rows;
    });
  }

  async #readColumns(block: BlockReference, count: number): Promise<ReturnType<typeof decodeBlock>> {
    return decodeBlock((await this.#blocks.read([block]))[0]!, block.name, count);
  }

  async #readOrNote<Rows>(block: BlockReference, read: () => Promise<Rows>): Promise<Rows | null> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof IndexFormatError)) throw error;
      this.damages.set(block.name, error);
      return null;
    }
  }
}

function checkRows(rows: QuantizedRows, block: BlockReference, count: number, model: string): void {
  const dim = Number(model.slice(model.lastIndexOf("/") + 1));
  if (rows.scales.length === count && rows.codes.length === count * dim) return;
  throw damaged(block.name, `it has ${rows.scales.length} rows, expected ${count} of ${dim} numbers`);
}

/** Where vectors are to stand in a segment. */
export interface Place {
  /** Whether they answer from now on; else they stand beside the ones that do. */
  readonly isAnswering: boolean;
  /** Whether stored vectors are needed: all that are used are kept; else one foreign set is, and none that was superseded. */
  readonly worth: (model: string) => "used" | "foreign" | "superseded";
}

/** A segment with one more set of vectors, in place of an earlier one of the same model. */
export function withVectors(reference: SegmentReference, set: VectorsReference, place: Place): SegmentReference {
  const { vectors, otherVectors = [], partialVectors, ...rest } = reference;
  const others = [...(vectors === null ? [] : [vectors]), ...otherVectors].filter(({ model }) => model !== set.model);
  const answering = place.isAnswering ? set : (others.find((other) => other === vectors) ?? null);
  const beside = place.isAnswering ? others : [set, ...others.filter((other) => other !== vectors)];
  const partial = partialVectors?.model === set.model ? undefined : partialVectors;
  return assemble(rest, answering, limitOthers(beside, place), partial);
}

/** A segment with more of the vectors that a model is making, after those it has made, or in place of another model's. */
export function withPartial(reference: SegmentReference, partial: PartialVectors): SegmentReference {
  const { vectors, otherVectors = [], partialVectors: _, ...rest } = reference;
  return assemble(rest, vectors, otherVectors, partial);
}

/** Why one of the others: an app may be opened in turns with and without a model that took minutes to embed everything. */
function limitOthers(others: readonly VectorsReference[], { worth }: Place): VectorsReference[] {
  const used = others.filter(({ model }) => worth(model) === "used");
  return used.length > 0 ? used : others.filter(({ model }) => worth(model) === "foreign").slice(0, 1);
}

function assemble(
  rest: Omit<SegmentReference, "vectors" | "otherVectors" | "partialVectors">,
  vectors: VectorsReference | null,
  others: readonly VectorsReference[],
  partial: PartialVectors | undefined,
): SegmentReference {
  return {
    ...rest,
    vectors,
    ...(others.length === 0 ? {} : { otherVectors: others }),
    ...(partial === undefined ? {} : { partialVectors: partial }),
  };
}
