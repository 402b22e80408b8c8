import type { Utf8 } from "../utf8.ts";
import type { PiecesModel } from "./entry.ts";
import { type KeyList, writeKeyLists } from "./key-list.ts";
import type { PutPiece } from "./put-piece.ts";
import { encodeMeaningRoot, type MeaningRoot } from "./roots.ts";
import { encodeTokens, type TokenBlock, type TokenRow } from "./token-block.ts";
import type { WrittenNode } from "./write-leaves.ts";

/** Rows of the model's table in one block. */
const tokensPerBlock = 8;

/** The model's table, to be cut into blocks. */
export interface TokenTable {
  readonly model: PiecesModel;
  /** The vocabulary, sorted by `compareKeys`. */
  readonly tokens: readonly TokenRow[];
  /** Tokens that most questions have. */
  readonly common: ReadonlySet<string>;
}

/** Rows of the model's table, as the root names them. */
export type WrittenTokens = Pick<MeaningRoot, "tokens" | "common">;

/**
 * Writes what answers by meaning begin with.
 *
 * @param passages - that have a vector, or could have: by them the mean of all is divided.
 * @returns the name of its root.
 */
export function writeMeaning(
  nodes: readonly WrittenNode[],
  passages: number,
  dim: number,
  tokens: WrittenTokens,
  put: PutPiece,
  utf8: Utf8,
): string {
  const mean = new Float64Array(dim);
  for (const { sum } of nodes) sum.forEach((value, i) => (mean[i]! += value / Math.max(1, passages)));
  const root = {
    ...tokens,
    mean: Float32Array.from(mean),
    centroids: nodes.map((node) => node.mean),
    centroidBlocks: nodes.map(({ centroids }) => centroids!),
  };
  return put(encodeMeaningRoot(root, dim, utf8));
}

/** Writes the rows of the model's table. */
export function writeTable(table: TokenTable, put: PutPiece, utf8: Utf8): WrittenTokens {
  return {
    tokens: writeTokens(table, put, utf8),
    common: table.tokens.filter(({ token }) => table.common.has(token)),
  };
}

function writeTokens({ tokens }: TokenTable, put: PutPiece, utf8: Utf8): KeyList {
  const blocks = { keys: [] as string[], names: [] as string[] };
  const known = new Set(tokens.map(({ token }) => token));
  for (let at = 0; at < tokens.length; at += tokensPerBlock) {
    const block: TokenBlock = {
      beginnings: listBeginnings(tokens[at]!.token, known),
      rows: tokens.slice(at, at + tokensPerBlock),
    };
    blocks.keys.push(tokens[at]!.token);
    blocks.names.push(put(encodeTokens(block, utf8)));
  }
  return writeKeyLists(blocks, put, utf8);
}

function listBeginnings(token: string, known: ReadonlySet<string>): string[] {
  return Array.from({ length: token.length - 1 }, (_, i) => token.slice(0, i + 1)).filter((each) => known.has(each));
}
