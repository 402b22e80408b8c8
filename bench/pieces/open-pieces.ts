import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type FindOptions, findPassages, rankFound, readHits } from "../../worker/loaded/answer-query.ts";
import { LoadedIndex } from "../../worker/loaded/loaded-index.ts";

/** An index in pieces that is served from a folder and asked from Node. */
export interface OpenPieces {
  /** The urls of the first ten pages, and the requests and bytes of bodies that were made for them. */
  ask(text: string): Promise<{ readonly urls: readonly string[]; readonly bytes: number; readonly requests: number }>;
  close(): Promise<void>;
}

/**
 * Serves and opens the index in pieces of a folder.
 *
 * @param read - how much is read for a question, where it is not what a page would read.
 */
export async function openPieces(
  folder: string,
  read: Pick<FindOptions, "budget" | "postings"> = {},
): Promise<OpenPieces> {
  const server = createServer((request, response) => {
    readFile(join(folder, request.url ?? "")).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const index = await LoadedIndex.open(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await index.loadMeaning();
  return {
    ask: async (text) => {
      const before = index.fetcher.counts;
      const outside = { passages: 0, frequencies: new Map<string, number>() };
      const found = await findPassages([index], text, { ...read, mode: undefined, outside });
      const hits = await readHits(found, (await rankFound(found, found.reach, 10)).slice(0, 10));
      const { bytes, requests } = index.fetcher.counts;
      return {
        urls: hits.map(({ hit }) => hit.url),
        bytes: bytes - before.bytes,
        requests: requests - before.requests,
      };
    },
    close: async () => {
      await index.close();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
