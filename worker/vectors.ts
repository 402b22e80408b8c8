import { encodeBlock } from "../src/core/segment/codec.ts";
import type { SegmentReader } from "../src/core/segment/reader.ts";
import type { QuantizedRows } from "../src/core/vector/quantize.ts";
import type { ModelFingerprint } from "./ports.ts";
import { absentScale, type PartRows, type VectorSets } from "./vector-sets.ts";

/** The model as the manifest names it: vectors meet only where this is equal. */
export function modelKey(fingerprint: ModelFingerprint): string {
  return `${fingerprint.id}@${fingerprint.revision}/${fingerprint.dim}`;
}

/** Whether vectors of a key are of a model, of whatever revision and dim. */
export function isOfModel(key: string, id: string): boolean {
  const revision = key.lastIndexOf("@");
  return key.slice(0, revision) === id;
}

/** The vector of a passage that was embedded before. */
export interface KnownVector {
  readonly rows: QuantizedRows;
  readonly row: number;
}

/** A passage that needs a vector. */
export interface PendingPassage {
  /** Content hash, 16 hex digits. */
  readonly hash: string;
  readonly text: string;
}

/**
 * Stored vectors of one model for some passages, by passage hash.
 * One pass over the stored hashes, as numbers: to make a string of each would cost more than to embed the few new passages.
 */
export async function findKnownVectors(
  sets: VectorSets,
  readers: readonly SegmentReader[],
  key: string,
  wanted: readonly { readonly hash: string }[],
): Promise<Map<string, KnownVector>> {
  const known = new Map<string, KnownVector>();
  if (wanted.length === 0) return known;
  const lows = new Set(wanted.map(({ hash }) => parseInt(hash.slice(8), 16)));
  for (const reader of readers) {
    if (sets.find(reader, key) !== null) await findInWhole(sets, reader, key, lows, known);
    else for (const part of await sets.readParts(reader, key)) findInPart(reader, part, lows, known);
  }
  return known;
}

async function findInWhole(
  sets: VectorSets,
  reader: SegmentReader,
  key: string,
  lows: ReadonlySet<number>,
  known: Map<string, KnownVector>,
): Promise<void> {
  const found: number[] = [];
  for (let passage = 0; passage < reader.passageCount; passage++)
    if (lows.has(reader.passageHashLow(passage))) found.push(passage);
  const rows = found.length === 0 ? null : await sets.rows(reader, key);
  if (rows === null) return;
  for (const row of found) if (rows.scales[row] !== absentScale) known.set(reader.passageHash(row), { rows, row });
}

function findInPart(
  reader: SegmentReader,
  part: PartRows,
  lows: ReadonlySet<number>,
  known: Map<string, KnownVector>,
): void {
  part.ordinals.forEach((passage, row) => {
    if (lows.has(reader.passageHashLow(passage))) known.set(reader.passageHash(passage), { rows: part, row });
  });
}

/** The block of vectors for every passage of a segment; those without one count as never made. */
export function encodeWhole(vectors: ReadonlyMap<number, KnownVector>, passages: number, dim: number): Uint8Array {
  const codes = new Int8Array(passages * dim);
  const scales = new Float32Array(passages).fill(absentScale);
  for (const [ordinal, vector] of vectors) copyVector(vector, dim, codes, scales, ordinal);
  return encodeBlock([codes, scales]);
}

/** The block of vectors for some passages of a segment, by their ordinals. */
export function encodePart(vectors: ReadonlyMap<number, KnownVector>, dim: number): Uint8Array {
  const codes = new Int8Array(vectors.size * dim);
  const scales = new Float32Array(vectors.size);
  [...vectors.values()].forEach((vector, row) => copyVector(vector, dim, codes, scales, row));
  return encodeBlock([Uint32Array.from(vectors.keys()), codes, scales]);
}

function copyVector({ rows, row }: KnownVector, dim: number, codes: Int8Array, scales: Float32Array, to: number): void {
  codes.set(rows.codes.subarray(row * dim, (row + 1) * dim), to * dim);
  scales[to] = rows.scales[row]!;
}
