import { type AttributeSource, readTable } from "../../src/core/filter/attribute-table.ts";
import { hasBit } from "../../src/core/filter/bitset.ts";
import { type AttributeDescription, describeAttributes } from "../../src/core/filter/describe-attributes.ts";
import { checkManifest } from "../../src/core/segment/check-manifest.ts";
import { decodeBlock } from "../../src/core/segment/codec.ts";
import type { SegmentReference } from "../../src/core/segment/manifest.ts";
import { readDocuments } from "../../src/core/segment/reader.ts";
import { stringAt } from "../../src/core/segment/strings.ts";
import { columnCounts } from "../../src/core/segment/writer.ts";
import type { BlockStore } from "../../worker/ports.ts";
import { BlockReader } from "../../worker/snapshot.ts";
import { utf8 } from "../../worker/utf8.ts";

/**
 * Attributes of the documents in an index that was just written, by which queries can filter. Reads the blocks of documents
 * alone: the others of a large site take seconds.
 */
export async function listStoredAttributes(store: BlockStore): Promise<AttributeDescription[]> {
  const blocks = new BlockReader(store);
  const { segments } = checkManifest(await store.readManifest());
  const sources = await Promise.all(segments.map((segment) => readSource(segment, blocks)));
  return describeAttributes(sources.map(readTable));
}

async function readSource(reference: SegmentReference, blocks: BlockReader): Promise<AttributeSource> {
  const { documents } = reference.blocks;
  const [bytes, tombstones] = await blocks.read([documents, ...(reference.tombstones ? [reference.tombstones] : [])]);
  const columns = readDocuments(bytes!, documents.name);
  const removed =
    tombstones && (decodeBlock(tombstones, reference.tombstones!.name, columnCounts.tombstones)[0] as Uint8Array);
  return {
    reference,
    bytes: { documents: bytes! },
    attributesJson: (document) => stringAt(columns.attributes, document, utf8),
    url: (document) => stringAt(columns.urls, document, utf8),
    title: (document) => stringAt(columns.titles, document, utf8),
    lang: (document) => stringAt(columns.langs, document, utf8),
    isRemoved: (document) => removed !== undefined && hasBit(removed, document),
  };
}
