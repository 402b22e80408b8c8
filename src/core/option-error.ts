import { InvalidArgumentError } from "../errors.ts";

/** The error for an option of a wrong kind, or out of its range. */
export function optionError(name: string, found: unknown, expected: string): InvalidArgumentError {
  const shown = typeof found === "string" ? JSON.stringify(found) : String(found);
  return new InvalidArgumentError("argument/option", `\`${name}\`: found ${shown}, expected ${expected}.`);
}
