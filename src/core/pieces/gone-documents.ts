import type { SectionPlace } from "../text/heading-path.ts";
import type { QuantizedRows } from "../vector/quantize.ts";
import type { PlacedReader } from "./lay-out.ts";

/** Stands where documents were that are gone: as many passages, without a word or a vector. So no other ordinal changes. */
export class GoneDocuments implements PlacedReader {
  readonly reference: { readonly documents: number };
  readonly bytes: { readonly documents: Uint8Array } = { documents: new Uint8Array() };
  readonly vectors: QuantizedRows;
  readonly #passages: (document: number) => number;

  /**
   * @param documents - how many there are in the index.
   * @param longest - most passages of any.
   */
  constructor(documents: number, longest: number, passages: (document: number) => number) {
    this.reference = { documents };
    this.vectors = { codes: new Int8Array(), scales: new Float32Array(longest) };
    this.#passages = passages;
  }

  passageRange(document: number): readonly [start: number, end: number] {
    return [0, this.#passages(document)];
  }

  url(): string {
    return "";
  }

  title(): string {
    return "";
  }

  lang(): string {
    return "";
  }

  attributesJson(): string {
    return "";
  }

  weight(): number {
    return 1;
  }

  sectionWeight(): number {
    return 1;
  }

  isRemoved(): boolean {
    return false;
  }

  sectionOf(): number {
    return 0;
  }

  places(): SectionPlace[] {
    return [{ path: [], anchor: "" }];
  }

  async passageText(): Promise<string> {
    return "";
  }
}
