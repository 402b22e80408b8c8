/** Growing byte array that takes unsigned integers as LEB128: 7 bits a byte, low bits first. */
export class VarintWriter {
  #bytes: Uint8Array = new Uint8Array(1024);
  /** Bytes written so far. */
  length = 0;

  /** @param value - an integer, 0 <= value < 2^32. */
  write(value: number): void {
    if (this.length + 5 > this.#bytes.length) this.#grow();
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.length++] = rest;
  }

  /** The bytes written, as a copy. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.length);
  }

  #grow(): void {
    const larger = new Uint8Array(this.#bytes.length * 2);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}
