import { encodeBlock } from "../src/core/segment/codec.ts";
import type { SegmentReader } from "../src/core/segment/reader.ts";
import { quantizeInt8 } from "../src/core/vector/quantize.ts";
import type { Embedder, ModelFingerprint } from "./ports.ts";

/** Passages embedded between two chances to answer a query. */
const embedBatch = 16;

/** The model as the manifest names it: vectors meet only where this is equal. */
export function modelKey(fingerprint: ModelFingerprint): string {
  return `${fingerprint.id}@${fingerprint.revision}/${fingerprint.dim}`;
}

/** Whether a segment has vectors of a model. */
export function hasVectors(reader: SegmentReader, key: string): boolean {
  return reader.vectors !== null && reader.reference.vectors?.model === key;
}

/** Where the vector of a passage is that was embedded before. */
interface KnownVector {
  readonly reader: SegmentReader;
  readonly passage: number;
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
export function findKnownVectors(
  readers: readonly SegmentReader[],
  key: string,
  wanted: readonly PendingPassage[],
): Map<string, KnownVector> {
  const known = new Map<string, KnownVector>();
  const lows = new Set(wanted.map(({ hash }) => parseInt(hash.slice(8), 16)));
  for (const reader of readers) {
    if (!hasVectors(reader, key)) continue;
    for (let passage = 0; passage < reader.passageCount; passage++) {
      if (lows.has(reader.passageHashLow(passage))) known.set(reader.passageHash(passage), { reader, passage });
    }
  }
  return known;
}

/** The vectors of a segment, ready to be stored. */
export interface BuiltVectors {
  /** See `modelKey`. */
  readonly model: string;
  /** The encoded block. */
  readonly block: Uint8Array;
  /** Passages that went through the model. */
  readonly embedded: number;
}

/**
 * Makes the vectors block of a segment: copies the vectors of passages whose hash is known, and embeds the others.
 *
 * @param pace - called between batches.
 */
export async function buildVectors(
  passages: readonly PendingPassage[],
  embedder: Embedder,
  known: ReadonlyMap<string, KnownVector>,
  pace: () => Promise<void>,
  onEmbedded: (count: number) => void,
): Promise<BuiltVectors> {
  const { dim } = embedder.fingerprint;
  const codes = new Int8Array(passages.length * dim);
  const scales = new Float32Array(passages.length);
  const unseen: number[] = [];
  passages.forEach((passage, i) => {
    const found = known.get(passage.hash);
    if (found === undefined) unseen.push(i);
    else copyVector(found, dim, codes, scales, i);
  });
  onEmbedded(passages.length - unseen.length);
  for (let start = 0; start < unseen.length; start += embedBatch) {
    const batch = unseen.slice(start, start + embedBatch);
    const rows = quantizeInt8(await embedder.embed(batch.map((i) => passages[i]!.text)), dim);
    batch.forEach((i, row) => {
      codes.set(rows.codes.subarray(row * dim, (row + 1) * dim), i * dim);
      scales[i] = rows.scales[row]!;
    });
    onEmbedded(batch.length);
    await pace();
  }
  return { model: modelKey(embedder.fingerprint), block: encodeBlock([codes, scales]), embedded: unseen.length };
}

function copyVector(known: KnownVector, dim: number, codes: Int8Array, scales: Float32Array, row: number): void {
  const vectors = known.reader.vectors!;
  codes.set(vectors.codes.subarray(known.passage * dim, (known.passage + 1) * dim), row * dim);
  scales[row] = vectors.scales[known.passage]!;
}
