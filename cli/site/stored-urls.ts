import { IndexFormatError } from "../../src/errors.ts";
import { checkManifest } from "../../src/core/segment/check-manifest.ts";
import type { BlockStore } from "../../worker/ports.ts";
import { BlockReader, openSnapshot } from "../../worker/snapshot.ts";

/**
 * Urls of the documents in an index; none where there is no index, or one that has to be made anew.
 *
 * @throws {IndexFormatError} `index/newer-format`.
 */
export async function listStoredUrls(store: BlockStore): Promise<string[]> {
  const stored = await store.readManifest();
  if (stored === undefined) return [];
  try {
    const { readers } = await openSnapshot(checkManifest(stored), new BlockReader(store));
    return readers.flatMap((reader) => {
      const documents = Array.from({ length: reader.documentCount }, (_, document) => document);
      return documents.filter((document) => !reader.isRemoved(document)).map((document) => reader.url(document));
    });
  } catch (error) {
    if (error instanceof IndexFormatError && error.code !== "index/newer-format") return [];
    throw error;
  }
}
