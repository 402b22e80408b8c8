import { checkManifest } from "../src/core/segment/check-manifest.ts";
import { decodeBlock } from "../src/core/segment/codec.ts";
import { hasBit } from "../src/core/filter/bitset.ts";
import type { SegmentReference } from "../src/core/segment/manifest.ts";
import { readDocuments } from "../src/core/segment/reader.ts";
import { stringAt } from "../src/core/segment/strings.ts";
import { columnCounts } from "../src/core/segment/writer.ts";
import { openIndexedDbStore } from "../worker/stores/indexeddb.ts";
import type { BlockStore } from "../worker/ports.ts";
import { utf8 } from "../worker/utf8.ts";

/**
 * Urls of the documents that a stored index holds; none where it cannot be read. Why read: a page that did not change is only
 * as good as in the index if it is there, and others may have removed it or cleared the index since.
 */
export async function readIndexUrls(indexName: string | null): Promise<Set<string>> {
  if (indexName === null) return new Set();
  const store = await openIndexedDbStore(indexName).catch(() => null);
  try {
    const { segments } = checkManifest(await store?.readManifest());
    const urls = await Promise.all(segments.map((segment) => readSegmentUrls(segment, store!)));
    return new Set(urls.flat());
  } catch {
    return new Set();
  } finally {
    await store?.close();
  }
}

async function readSegmentUrls({ blocks, tombstones }: SegmentReference, store: BlockStore): Promise<string[]> {
  const names = [blocks.documents.name, ...(tombstones === null ? [] : [tombstones.name])];
  const [documents, removed] = await store.readBlocks(names);
  if (documents === undefined) return [];
  const { urls } = readDocuments(documents, names[0]!);
  const bits = removed && (decodeBlock(removed, names[1]!, columnCounts.tombstones)[0] as Uint8Array);
  return Array.from({ length: urls.offsets.length - 1 }, (_, i) => i)
    .filter((i) => bits === undefined || !hasBit(bits, i))
    .map((i) => stringAt(urls, i, utf8));
}
