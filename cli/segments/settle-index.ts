import { checksum } from "../../src/core/segment/checksum.ts";
import type { SegmentReference } from "../../src/core/segment/manifest.ts";
import type { SegmentReader } from "../../src/core/segment/reader.ts";
import type { WrittenSegment } from "../../src/core/segment/writer.ts";
import { type IndexState, putBlock } from "../../worker/index-state.ts";
import { utf8 } from "../../worker/utf8.ts";
import { copyDocuments, type CopiedSegment, type ReadText, type StoredPlace } from "./copy-documents.ts";

/** An index up to this many passages is one segment. */
const smallIndex = 16_384;
/** A larger one has so many: a changed document costs an eighth of the index, and queries are fast. */
export const maxSegments = 8;

/** How many segments a settled index has. */
function countSegments(readers: readonly SegmentReader[]): number {
  const passages = readers.reduce((sum, reader) => sum + reader.livePassageCount, 0);
  return passages <= smallIndex ? 1 : maxSegments;
}

/** In which of the segments of a settled index a document is. */
export function segmentOf(url: string, segments: number): number {
  return checksum(utf8.encode(url)) % segments;
}

/**
 * Gives an index its settled form: which documents share a segment, and in what order, follows from their urls alone. So the same
 * documents give the same bytes and the same scores, whatever was added and removed before, and a changed document changes
 * one segment. Nothing is analysed or embedded again.
 *
 * @param state - of a store that nobody else writes to.
 * @param count - of segments. Default: by the number of passages.
 * @throws {IndexFormatError} where text of a document is damaged; what was settled before stays so.
 */
export async function settleIndex(state: IndexState, count?: number): Promise<void> {
  const { readers } = state.snapshot;
  const wanted = listSegments(readers, count ?? countSegments(readers));
  const readText: ReadText = async ({ reference }, block) =>
    (await state.blocks.read([reference.blocks.text[block]!]))[0]!;
  const done: SegmentReference[] = [];
  for (const [i, places] of wanted.entries()) {
    const settled = findSettled(places);
    if (settled !== null) {
      done.push(settled);
      continue;
    }
    const copied = await copyDocuments(places, readText, utf8);
    const model = places[0]!.reader.reference.vectors?.model ?? "";
    const waiting = new Set(wanted.slice(i + 1).flatMap((later) => later.map(({ reader }) => reader)));
    await state.commit(async ({ manifest }) => {
      const put = new Map<string, Uint8Array>();
      done.push(nameSegment(copied, model, manifest.generation + 1, put));
      // Why those that wait: documents that are not copied yet must stay where they are.
      const kept = readers.filter((reader) => waiting.has(reader) && !done.includes(reader.reference));
      return { segments: [...done, ...kept.map(({ reference }) => reference)], put };
    });
  }
  await state.commit(async ({ manifest }) => {
    const isSame = manifest.segments.map(({ id }) => id).join() === done.map(({ id }) => id).join();
    return isSame ? null : { segments: done, put: new Map() };
  });
}

/** Documents of each segment that there is to be, in order of urls; those with vectors of different models are never together. */
function listSegments(readers: readonly SegmentReader[], count: number): StoredPlace[][] {
  const segments = new Map<string, { readonly url: string; readonly place: StoredPlace }[]>();
  for (const reader of readers) {
    const model = reader.vectors === null ? "" : reader.reference.vectors!.model;
    for (let document = 0; document < reader.documentCount; document++) {
      if (reader.isRemoved(document)) continue;
      const url = reader.url(document);
      const key = `${model} ${segmentOf(url, count)}`;
      const segment = segments.get(key);
      const entry = { url, place: { reader, document } };
      if (segment === undefined) segments.set(key, [entry]);
      else segment.push(entry);
    }
  }
  return [...segments]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, entries]) => entries.sort((a, b) => (a.url < b.url ? -1 : 1)).map(({ place }) => place));
}

/** The segment that holds exactly these documents in this order, and nothing besides; null where there is none. */
function findSettled(places: readonly StoredPlace[]): SegmentReference | null {
  const { reader } = places[0]!;
  const { reference, documentCount } = reader;
  const { id, tombstones, otherVectors, partialVectors } = reference;
  const isPlain = /^[0-9a-f]{16}$/.test(id) && !tombstones && !otherVectors && !partialVectors;
  const isWhole =
    documentCount === places.length && places.every((place, i) => place.reader === reader && place.document === i);
  return isPlain && isWhole ? reference : null;
}

function nameSegment(
  { written, vectors }: CopiedSegment,
  model: string,
  generation: number,
  put: Map<string, Uint8Array>,
): SegmentReference {
  const { id, documents, passages, fieldLengths, blocks } = written;
  // Why with the generation: the same documents may be in a segment of another order that is still read.
  const name = (kind: Exclude<keyof WrittenSegment["blocks"], "text"> | "vectors"): string =>
    `${id}/${kind}-${generation}`;
  return {
    id,
    documents,
    passages,
    fieldLengths,
    blocks: {
      documents: putBlock(put, name("documents"), blocks.documents),
      passages: putBlock(put, name("passages"), blocks.passages),
      terms: putBlock(put, name("terms"), blocks.terms),
      postings: putBlock(put, name("postings"), blocks.postings),
      text: blocks.text.map((block, i) => putBlock(put, `${id}/text-${i}-${generation}`, block)),
    },
    vectors: vectors === null ? null : { model, block: putBlock(put, name("vectors"), vectors) },
    tombstones: null,
  };
}
