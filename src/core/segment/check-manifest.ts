import { IndexFormatError } from "../../errors.ts";
import { analysisVersion } from "../text/analyzer.ts";
import { formatVersion, newerFormat } from "./codec.ts";
import type { BlockReference, Manifest, PartialVectors, SegmentReference, VectorsReference } from "./manifest.ts";

/** The manifest of an index without documents. */
export const emptyManifest: Manifest = {
  format: formatVersion,
  analysis: analysisVersion,
  generation: 0,
  segments: [],
};

/**
 * Checks what a store holds as its manifest.
 *
 * @throws {IndexFormatError} `index/newer-format` if a newer version wrote it; `index/format` if it is damaged or too old to be searched.
 */
export function checkManifest(stored: unknown): Manifest {
  if (stored === undefined) return emptyManifest;
  const manifest = stored as Partial<Manifest> | null;
  if (typeof manifest !== "object" || manifest === null) throw damagedManifest("it is no object");
  if (!isCount(manifest.format) || !isCount(manifest.analysis)) throw damagedManifest("its version is missing");
  if (manifest.format > formatVersion) throw newerFormat("The manifest", manifest.format);
  if (manifest.analysis > analysisVersion) throw newerFormat("The manifest's analysis", manifest.analysis);
  if (manifest.analysis < analysisVersion)
    throw damagedManifest(`its analysis has version ${manifest.analysis}, expected ${analysisVersion}`);
  if (!isCount(manifest.generation) || !Array.isArray(manifest.segments))
    throw damagedManifest("generation or segments are missing");
  if (!manifest.segments.every(isSegment)) throw damagedManifest("a segment's entry is incomplete");
  return manifest as Manifest;
}

/** Every block that a segment names. */
export function blocksOf(segment: SegmentReference): BlockReference[] {
  const { documents, passages, terms, postings, text } = segment.blocks;
  const optional = [segment.vectors?.block, segment.tombstones].filter(
    (block) => block !== undefined && block !== null,
  );
  const others = (segment.otherVectors ?? []).map(({ block }) => block);
  return [
    documents,
    passages,
    terms,
    postings,
    ...text,
    ...optional,
    ...others,
    ...(segment.partialVectors?.blocks ?? []),
  ];
}

function isSegment(value: unknown): boolean {
  const segment = value as Partial<SegmentReference> | null;
  if (typeof segment !== "object" || segment === null || typeof segment.id !== "string") return false;
  if (!isCount(segment.documents) || !isCount(segment.passages) || !isThreeCounts(segment.fieldLengths)) return false;
  const { blocks, vectors, tombstones, otherVectors, partialVectors } = segment as {
    [Key in keyof SegmentReference]?: Partial<SegmentReference[Key]> | null;
  };
  if (typeof blocks !== "object" || blocks === null || !Array.isArray(blocks.text)) return false;
  if (![blocks.documents, blocks.passages, blocks.terms, blocks.postings, ...blocks.text].every(isBlock)) return false;
  if (tombstones !== null && !isBlock(tombstones)) return false;
  if (otherVectors !== undefined && !(Array.isArray(otherVectors) && [...(otherVectors as unknown[])].every(isVectors)))
    return false;
  return (vectors === null || isVectors(vectors)) && (partialVectors === undefined || isPartial(partialVectors));
}

function isVectors(value: unknown): boolean {
  const vectors = value as Partial<VectorsReference> | null | undefined;
  return typeof vectors === "object" && vectors !== null && typeof vectors.model === "string" && isBlock(vectors.block);
}

function isPartial(value: unknown): boolean {
  const partial = value as Partial<PartialVectors> | null;
  if (typeof partial !== "object" || partial === null || typeof partial.model !== "string") return false;
  return (
    isCount(partial.passages) && Array.isArray(partial.blocks) && [...(partial.blocks as unknown[])].every(isBlock)
  );
}

function isThreeCounts(value: unknown): boolean {
  return Array.isArray(value) && value.length === 3 && [...(value as unknown[])].every(isCount);
}

function isBlock(value: unknown): boolean {
  const block = value as Partial<BlockReference> | null;
  return (
    typeof block === "object" &&
    block !== null &&
    typeof block.name === "string" &&
    isCount(block.bytes) &&
    isCount(block.checksum)
  );
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}

function damagedManifest(why: string): IndexFormatError {
  return new IndexFormatError(
    "index/format",
    `The stored manifest cannot be used: ${why}. The index counts as empty and is replaced when documents are added again.`,
  );
}
