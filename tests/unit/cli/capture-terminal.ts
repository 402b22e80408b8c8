import { createTerminal, type Terminal } from "../../../cli/terminal.ts";

/** A terminal whose lines can be read. */
export interface CapturedTerminal extends Terminal {
  readonly out: () => string;
  readonly error: () => string;
}

/** Makes a terminal that keeps what it is given; nothing is interactive. */
export function captureTerminal(): CapturedTerminal {
  let out = "";
  let error = "";
  const terminal = createTerminal({ write: (text) => (out += text) }, { write: (text) => (error += text) });
  return { ...terminal, out: () => out, error: () => error };
}
