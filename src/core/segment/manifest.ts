/** A block as the manifest names it. */
export interface BlockReference {
  readonly name: string;
  readonly bytes: number;
  /** xxHash32 of the block's bytes. */
  readonly checksum: number;
}

/** Vectors of one segment, written by one model. */
export interface VectorsReference {
  /** `id@revision/dim` of the model, see `fingerprintKey`. */
  readonly model: string;
  readonly block: BlockReference;
}

/** Vectors that one model has made of some passages of a segment so far. */
export interface PartialVectors {
  readonly model: string;
  /** Rows in all blocks together. */
  readonly passages: number;
  /** Each with the ordinals of its passages. No passage is in two of them. */
  readonly blocks: readonly BlockReference[];
}

/** A live segment: where its columns are, and the sums that ranking needs before any column is read. */
export interface SegmentReference {
  /** Hash of the content, 16 hex digits. */
  readonly id: string;
  readonly documents: number;
  readonly passages: number;
  /** Sum of the passages' field lengths in terms: title, headings, body. */
  readonly fieldLengths: readonly [title: number, headings: number, body: number];
  readonly blocks: {
    readonly documents: BlockReference;
    readonly passages: BlockReference;
    readonly terms: BlockReference;
    readonly postings: BlockReference;
    /** In order of passages. */
    readonly text: readonly BlockReference[];
  };
  /** The vectors that answer. */
  readonly vectors: VectorsReference | null;
  /** Vectors of other models, for every passage: of the model to come, or of the one before. Absent where there are none. */
  readonly otherVectors?: readonly VectorsReference[];
  /** Vectors of a model that has not come to the end of this segment yet. Absent where there are none. */
  readonly partialVectors?: PartialVectors;
  /** Bitset over the segment's documents, one bit each, set = removed. Null: all live. */
  readonly tombstones: BlockReference | null;
}

/** The list of live segments. Written last; whoever reads it sees a whole index. */
export interface Manifest {
  /** Format of manifest and blocks, see `docs/FORMAT.md`. */
  readonly format: number;
  /** Version of analyzer and chunker rules: passages of different versions do not mix. */
  readonly analysis: number;
  readonly generation: number;
  readonly segments: readonly SegmentReference[];
}
