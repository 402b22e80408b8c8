/** UTF-8 coding, handed in by the shells: the core compiles without platform globals. */
export interface Utf8 {
  encode(text: string): Uint8Array;
  /** Malformed input gives U+FFFD, never an error. */
  decode(bytes: Uint8Array): string;
}
