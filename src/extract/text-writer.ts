const cellGap = " | ";

/** Collects the text of a section: white space collapsed as a browser shows it, a line per block, cells of a row in one line. */
export class TextWriter {
  readonly #parts: string[] = [];
  /** White space or separator owed before the next text. */
  #gap = "";
  /** Number of parts when the current table row began. */
  #rowStart = 0;

  /** Whether no text was written yet. */
  get isBlank(): boolean {
    return this.#parts.length === 0;
  }

  /** Adds running text. */
  write(text: string): void {
    const collapsed = text.replace(/[\t\n\f\r \u00a0]+/g, " ");
    if (collapsed.startsWith(" ") && this.#gap === "") this.#gap = " ";
    const words = collapsed.trim();
    if (words === "") return;
    this.#push(words);
    if (collapsed.endsWith(" ")) this.#gap = " ";
  }

  /** Adds text whose lines and indentation matter. */
  writePreformatted(text: string): void {
    const lines = text.replace(/\r\n?/g, "\n").replaceAll("\u00a0", " ");
    const body = lines.trimEnd();
    const tail = lines.slice(body.length);
    if (body !== "") {
      // Why: the browser drops the line break after `<pre>`, and a line is begun already.
      this.#push(this.#gap.includes("\n") || this.isBlank ? body.replace(/^(?:[\t ]*\n)+/, "") : body);
      this.#gap = tail;
    } else this.#gap += tail;
  }

  /** Puts what follows on a line of its own, except at the start of a table cell. */
  breakLine(): void {
    if (this.#gap !== cellGap) this.#gap = "\n";
  }

  /** Begins a table row. */
  breakRow(): void {
    this.#gap = "\n";
    this.#rowStart = this.#parts.length;
  }

  /** Begins a table cell. */
  breakCell(): void {
    if (this.#parts.length > this.#rowStart) this.#gap = cellGap;
  }

  /** Gives the text so far, without white space at its ends. */
  toString(): string {
    return this.#parts.join("").trim();
  }

  #push(text: string): void {
    this.#parts.push(this.isBlank ? text : this.#gap + text);
    this.#gap = "";
  }
}
