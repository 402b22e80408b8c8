import { IndexFormatError } from "../src/errors.ts";
import { blocksOf } from "../src/core/segment/check-manifest.ts";
import { checksum } from "../src/core/segment/checksum.ts";
import type { BlockReference, Manifest, SegmentReference } from "../src/core/segment/manifest.ts";
import { SegmentReader } from "../src/core/segment/reader.ts";
import type { BlockStore } from "./ports.ts";
import { chooseScanner, type ScannerChoice } from "./simd-kernel.ts";
import { utf8 } from "./utf8.ts";

/** Chosen once: what a platform allows does not change while it runs. */
export const scanner: ScannerChoice = chooseScanner();

/** A segment, its vectors or its text that could not be read. */
export interface Damage {
  readonly segment: string;
  readonly part: "segment" | "vectors" | "text";
  readonly error: IndexFormatError;
}

/** The index as one manifest describes it. Never changed: a new manifest makes a new snapshot. */
export interface Snapshot {
  readonly manifest: Manifest;
  /** Readable segments, in the manifest's order. */
  readonly readers: readonly SegmentReader[];
  readonly damages: readonly Damage[];
}

/** Blocks of text kept in memory, by least recent use: 64 blocks are about 4 MB. */
const cachedTextBlocks = 64;

/** Reads verified blocks of a store; keeps recently used ones. */
export class BlockReader {
  private readonly store: BlockStore;
  private readonly cache: Map<string, Promise<Uint8Array>> = new Map();

  constructor(store: BlockStore) {
    this.store = store;
  }

  /** @throws {IndexFormatError} `index/missing-block`, `index/truncated` or `index/checksum`. */
  async read(references: readonly BlockReference[]): Promise<Uint8Array[]> {
    const blocks = await this.store.readBlocks(references.map((reference) => reference.name));
    return references.map((reference, i) => verifyBlock(reference, blocks[i]));
  }

  /** One block, from memory where it was read lately. */
  readCached(reference: BlockReference): Promise<Uint8Array> {
    const found = this.cache.get(reference.name) ?? this.read([reference]).then((blocks) => blocks[0]!);
    this.cache.delete(reference.name);
    this.cache.set(reference.name, found);
    found.catch(() => this.cache.delete(reference.name));
    if (this.cache.size > cachedTextBlocks) this.cache.delete(this.cache.keys().next().value!);
    return found;
  }
}

function verifyBlock(reference: BlockReference, bytes: Uint8Array | undefined): Uint8Array {
  const details = { block: reference.name, expectedBytes: reference.bytes, bytes: bytes?.length ?? 0 };
  const remedy = "Its documents are left out; add them again.";
  if (bytes === undefined) {
    throw new IndexFormatError(
      "index/missing-block",
      `Block "${reference.name}" is named by the manifest, but not stored. ${remedy}`,
      details,
    );
  }
  if (bytes.length !== reference.bytes) {
    throw new IndexFormatError(
      "index/truncated",
      `Block "${reference.name}" has ${bytes.length} bytes, expected ${reference.bytes}. ${remedy}`,
      details,
    );
  }
  const found = checksum(bytes);
  if (found !== reference.checksum) {
    throw new IndexFormatError(
      "index/checksum",
      `Block "${reference.name}" has checksum ${found}, expected ${reference.checksum}. ${remedy}`,
      details,
    );
  }
  return bytes;
}

/**
 * Opens the segments of a manifest. Readers of the previous snapshot are taken over where nothing changed.
 * A damaged segment is left out and reported; damaged vectors leave the segment's words in use.
 */
export async function openSnapshot(manifest: Manifest, blocks: BlockReader, previous?: Snapshot): Promise<Snapshot> {
  const readers: SegmentReader[] = [];
  const damages: Damage[] = [];
  for (const reference of manifest.segments) {
    const damagedText = previous?.damages.find((damage) => damage.part === "text" && damage.segment === reference.id);
    if (damagedText !== undefined) {
      damages.push(damagedText);
      continue;
    }
    const known = previous?.readers.find((reader) => isSame(reader.reference, reference));
    const reader = known ?? (await openSegment(reference, blocks, damages));
    if (reader !== undefined) readers.push(reader);
  }
  return { manifest, readers, damages };
}

/**
 * The snapshot without the segment that a damaged text block belongs to. Text is read late, so its damage shows late.
 *
 * @throws {IndexFormatError} `error` itself where no readable segment has the block.
 */
export function leaveOutSegment(snapshot: Snapshot, error: IndexFormatError): Snapshot {
  const found = snapshot.readers.find(({ reference }) =>
    reference.blocks.text.some(({ name }) => name === error.details["block"]),
  );
  if (found === undefined) throw error;
  return {
    manifest: snapshot.manifest,
    readers: snapshot.readers.filter((reader) => reader !== found),
    damages: [...snapshot.damages, { segment: found.reference.id, part: "text", error }],
  };
}

function isSame(a: SegmentReference, b: SegmentReference): boolean {
  return a.id === b.id && a.vectors?.block.name === b.vectors?.block.name && a.tombstones?.name === b.tombstones?.name;
}

async function openSegment(
  reference: SegmentReference,
  blocks: BlockReader,
  damages: Damage[],
): Promise<SegmentReader | undefined> {
  try {
    return await readSegment(reference, blocks);
  } catch (error) {
    if (!(error instanceof IndexFormatError)) throw error;
    const vectors = reference.vectors?.block.name;
    const isVectorsOnly = vectors !== undefined && error.details["block"] === vectors;
    damages.push({ segment: reference.id, part: isVectorsOnly ? "vectors" : "segment", error });
    return isVectorsOnly ? openSegment({ ...reference, vectors: null }, blocks, damages) : undefined;
  }
}

async function readSegment(reference: SegmentReference, blocks: BlockReader): Promise<SegmentReader> {
  const { documents, passages, terms, postings } = reference.blocks;
  const optional = [reference.vectors?.block, reference.tombstones].filter(
    (block) => block !== undefined && block !== null,
  );
  const bytes = await blocks.read([documents, passages, terms, postings, ...optional]);
  return createReader(reference, blocks, {
    documents: bytes[0]!,
    passages: bytes[1]!,
    terms: bytes[2]!,
    postings: bytes[3]!,
    vectors: reference.vectors === null ? null : bytes[4]!,
    tombstones: reference.tombstones === null ? null : bytes.at(-1)!,
  });
}

/** A reader over columns that are in memory; its text comes from the store. */
export function createReader(
  reference: SegmentReference,
  blocks: BlockReader,
  bytes: ConstructorParameters<typeof SegmentReader>[1],
): SegmentReader {
  const text = new Map(reference.blocks.text.map((block) => [block.name, block]));
  return new SegmentReader(reference, bytes, utf8, (name) => blocks.readCached(text.get(name)!), scanner.createScanner);
}

/** Bytes of all blocks that a manifest names. */
export function storedBytes(manifest: Manifest): number {
  return manifest.segments.flatMap(blocksOf).reduce((sum, block) => sum + block.bytes, 0);
}
