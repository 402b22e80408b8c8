/** Where a command writes: results to stdout, everything else to stderr. */
export interface Terminal {
  /** Whether results are read by a person, who likes emphasis. */
  readonly isStyled: boolean;
  /** Writes a line of the result. */
  print(line: string): void;
  /** Writes a line that is no result. */
  warn(line: string): void;
  /** Shows how far a long step has come, in place of what was shown before; nothing where stderr is no terminal. */
  showProgress(line: string): void;
}

/** What a terminal needs of a stream. */
export interface OutputStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Milliseconds between two lines of progress: more could not be read. */
const progressIntervalMs = 100;

const clearLine = "\r\u001b[2K";

/** A terminal on two streams. */
export function createTerminal(
  out: OutputStream,
  error: OutputStream,
  now: () => number = () => performance.now(),
): Terminal {
  let shownAt = -Infinity;
  let isShown = false;
  const clear = (): void => {
    if (isShown) error.write(clearLine);
    isShown = false;
  };
  return {
    isStyled: out.isTTY === true,
    print(line) {
      clear();
      out.write(`${line}\n`);
    },
    warn(line) {
      clear();
      error.write(`${line}\n`);
    },
    showProgress(line) {
      if (error.isTTY !== true || now() - shownAt < progressIntervalMs) return;
      shownAt = now();
      isShown = true;
      error.write(clearLine + line);
    },
  };
}
