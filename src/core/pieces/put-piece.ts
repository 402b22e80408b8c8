/**
 * Stores the payload of a block, compressed.
 *
 * @param dictionary - what the payload may be compressed with reference to.
 * @returns the block's name, which its bytes decide.
 */
export type PutPiece = (payload: Uint8Array, dictionary?: Uint8Array) => string;

/** Blocks of an index that is brought up to date. */
export interface PieceStore {
  readonly put: PutPiece;
  /** Payload of a block. @throws {IndexFormatError} where it is missing or damaged. */
  readonly read: (name: string, dictionary?: Uint8Array) => Uint8Array;
  /** Says that one thing less names a block. */
  readonly release: (name: string) => void;
}
