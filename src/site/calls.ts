import { InvalidArgumentError } from "../errors.ts";

/** The error for an option of a wrong kind. */
export function optionError(name: string, found: unknown, expected: string): InvalidArgumentError {
  const shown = typeof found === "string" ? JSON.stringify(found) : String(found);
  return new InvalidArgumentError("argument/option", `\`${name}\`: found ${shown}, expected ${expected}.`);
}

/** What a promise gives; rejects when the signal is aborted. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const settled = new AbortController();
  return new Promise<T>((resolve, reject) => {
    promise.then(resolve, reject);
    signal.throwIfAborted();
    signal.addEventListener("abort", () => reject(signal.reason as Error), { signal: settled.signal });
  }).finally(() => settled.abort());
}
