import { join } from "node:path";
import type { PiecesLayout, PlacedDocument } from "../../src/core/pieces/placed-documents.ts";
import type { WrittenNode } from "../../src/core/pieces/write-leaves.ts";
import { readIfThere, writeDurably } from "../../worker/stores/durable-files.ts";
import { isRecord } from "../read-queries.ts";

const fileName = ".inkling-pieces.json";

/** Grows when notes of an earlier version would be misread. */
const version = 1;

/** What the last write of an index in pieces left for the next one. */
export interface PieceNotes {
  /** Block that the entry file names first: notes of another entry are of no use. */
  readonly words: string;
  /** Name -> size of every block that a visitor may ask for. */
  readonly sizes: ReadonlyMap<string, number>;
  /** Name -> how many things name the block, where they are several. */
  readonly shared: ReadonlyMap<string, number>;
  readonly layout: PiecesLayout;
}

/** Url, hash, passages, and what is hidden. */
type StoredDocument = readonly [url: string, hash: string, passages: number, hidden?: string];
type StoredNode = readonly [passages: number, places: string, centroids: string | null, mean: string, sum: string];

/** Reads the notes of a folder; undefined where there are none that can be used: all is written anew then. */
export async function readPieceNotes(folder: string): Promise<PieceNotes | undefined> {
  const bytes = await readIfThere(join(folder, fileName)).catch(() => undefined);
  if (bytes === undefined) return undefined;
  try {
    const stored = JSON.parse(new TextDecoder().decode(bytes)) as unknown;
    return isRecord(stored) && stored["version"] === version ? decodeNotes(stored) : undefined;
  } catch {
    return undefined;
  }
}

/** @throws where the notes are none that `writePieceNotes` wrote. */
function decodeNotes({ words, sizes, shared, layout }: Record<string, unknown>): PieceNotes {
  if (typeof words !== "string" || !isRecord(sizes) || !isRecord(shared) || !isRecord(layout))
    throw new TypeError("odd");
  const { vectors, batches, averages } = layout as unknown as PiecesLayout;
  const documents = layout["documents"] as readonly StoredDocument[];
  const nodes = layout["nodes"] as readonly StoredNode[];
  return {
    words,
    sizes: new Map(Object.entries(sizes as Record<string, number>)),
    shared: new Map(Object.entries(shared as Record<string, number>)),
    layout: {
      vectors,
      batches,
      averages,
      documents: documents.map(([url, hash, passages, hidden = ""]): PlacedDocument => ({
        url,
        hash,
        passages,
        hidden,
      })),
      nodes: nodes.map(([passages, places, centroids, mean, sum]): WrittenNode => {
        return { passages, places, centroids, mean: unpack(mean), sum: unpack(sum) };
      }),
    },
  };
}

/** Writes notes for the next write. The same index gives the same bytes. */
export async function writePieceNotes(folder: string, { words, sizes, shared, layout }: PieceNotes): Promise<void> {
  const { documents, nodes, ...rest } = layout;
  const stored = {
    version,
    words,
    sizes: Object.fromEntries([...sizes].sort(byName)),
    shared: Object.fromEntries([...shared].sort(byName)),
    layout: {
      ...rest,
      documents: documents.map(({ url, hash, passages, hidden }): StoredDocument => {
        return hidden === "" ? [url, hash, passages] : [url, hash, passages, hidden];
      }),
      nodes: nodes.map(({ passages, places, centroids, mean, sum }): StoredNode => {
        return [passages, places, centroids, pack(mean), pack(sum)];
      }),
    },
  };
  await writeDurably(join(folder, fileName), JSON.stringify(stored));
}

function byName([a]: readonly [string, number], [b]: readonly [string, number]): number {
  return a < b ? -1 : 1;
}

function pack(numbers: Float32Array): string {
  return Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength).toString("base64");
}

function unpack(text: string): Float32Array {
  return new Float32Array(new Uint8Array(Buffer.from(text, "base64")).buffer);
}
