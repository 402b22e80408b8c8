import { IndexFormatError } from "../src/errors.ts";
import { blocksOf } from "../src/core/segment/check-manifest.ts";
import { checksum } from "../src/core/segment/checksum.ts";
import type { BlockReference, Manifest, SegmentReference } from "../src/core/segment/manifest.ts";
import { type SegmentBytes, SegmentReader } from "../src/core/segment/reader.ts";
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
  readonly #store: Pick<BlockStore, "readBlocks">;
  readonly #cache: Map<string, Promise<Uint8Array>> = new Map();
  #fresh: ReadonlyMap<string, Uint8Array> = new Map();

  constructor(store: Pick<BlockStore, "readBlocks">) {
    this.#store = store;
  }

  /** @throws {IndexFormatError} `index/missing-block`, `index/truncated` or `index/checksum`. */
  async read(references: readonly BlockReference[]): Promise<Uint8Array[]> {
    const names = references.map((reference) => reference.name);
    const inMemory = names.map((name) => this.#fresh.get(name));
    const blocks = inMemory.includes(undefined) ? await this.#store.readBlocks(names) : inMemory;
    return references.map((reference, i) => verifyBlock(reference, blocks[i]));
  }

  /** Runs a task during which blocks that were just written are read from memory. */
  async withFresh<Result>(fresh: ReadonlyMap<string, Uint8Array>, run: () => Promise<Result>): Promise<Result> {
    this.#fresh = fresh;
    try {
      return await run();
    } finally {
      this.#fresh = new Map();
    }
  }

  /** One block, from memory where it was read lately. */
  readCached(reference: BlockReference): Promise<Uint8Array> {
    const found = this.#cache.get(reference.name) ?? this.read([reference]).then((blocks) => blocks[0]!);
    this.#cache.delete(reference.name);
    this.#cache.set(reference.name, found);
    found.catch(() => this.#cache.delete(reference.name));
    if (this.#cache.size > cachedTextBlocks) this.#cache.delete(this.#cache.keys().next().value!);
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
    const known = previous?.readers.find((candidate) => candidate.reference.id === reference.id);
    const isUnchanged = known !== undefined && isSame(known.reference, reference);
    const reader = isUnchanged ? known : await openSegment(reference, blocks, damages, known);
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

/** Whether two entries of one segment name the same blocks. */
function isSame(a: SegmentReference, b: SegmentReference): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

async function openSegment(
  reference: SegmentReference,
  blocks: BlockReader,
  damages: Damage[],
  known: SegmentReader | undefined,
): Promise<SegmentReader | undefined> {
  try {
    return await readSegment(reference, blocks, known);
  } catch (error) {
    if (!(error instanceof IndexFormatError)) throw error;
    const vectors = reference.vectors?.block.name;
    const isVectorsOnly = vectors !== undefined && error.details["block"] === vectors;
    damages.push({ segment: reference.id, part: isVectorsOnly ? "vectors" : "segment", error });
    return isVectorsOnly ? openSegment({ ...reference, vectors: null }, blocks, damages, known) : undefined;
  }
}

/** Reads the blocks of a segment, except for those that a reader of the same segment has in memory. */
async function readSegment(
  reference: SegmentReference,
  blocks: BlockReader,
  known: SegmentReader | undefined,
): Promise<SegmentReader> {
  const columns = known?.bytes ?? (await readColumns(reference, blocks));
  const [vectors, tombstones] = await Promise.all([
    readOptional(reference.vectors?.block, known?.reference.vectors?.block, known?.bytes.vectors, blocks),
    readOptional(reference.tombstones, known?.reference.tombstones, known?.bytes.tombstones, blocks),
  ]);
  const text = new Map(reference.blocks.text.map((block) => [block.name, block]));
  const readText = (name: string): Promise<Uint8Array> => blocks.readCached(text.get(name)!);
  return new SegmentReader(reference, { ...columns, vectors, tombstones }, utf8, readText, scanner.createScanner);
}

async function readColumns(
  { blocks: { documents, passages, terms, postings } }: SegmentReference,
  blocks: BlockReader,
): Promise<Omit<SegmentBytes, "vectors" | "tombstones">> {
  const bytes = await blocks.read([documents, passages, terms, postings]);
  return { documents: bytes[0]!, passages: bytes[1]!, terms: bytes[2]!, postings: bytes[3]! };
}

async function readOptional<Known>(
  wanted: BlockReference | null | undefined,
  knownReference: BlockReference | null | undefined,
  known: Known | null | undefined,
  blocks: BlockReader,
): Promise<Known | Uint8Array | null> {
  if (wanted === null || wanted === undefined) return null;
  if (known && knownReference?.name === wanted.name) return known;
  return (await blocks.read([wanted]))[0]!;
}

/** Bytes of all blocks that a manifest names. */
export function storedBytes(manifest: Manifest): number {
  return manifest.segments.flatMap(blocksOf).reduce((sum, block) => sum + block.bytes, 0);
}
