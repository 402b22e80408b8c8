import { SearchError } from "./errors.ts";

/** What a promise gives; rejects when the signal is aborted. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const settled = new AbortController();
  return new Promise<T>((resolve, reject) => {
    promise.then(resolve, reject);
    signal.throwIfAborted();
    signal.addEventListener("abort", () => reject(signal.reason as Error), { signal: settled.signal });
  }).finally(() => settled.abort());
}

/**
 * A part of the library that is a file of its own. Errors that a part of the worker throws are of classes of its own there: tell
 * them by `name` and `code`.
 *
 * @param part - of an `import()`.
 * @throws {SearchError} `library/part` where the file cannot be loaded.
 */
export async function loadPart<Part>(part: Promise<Part>): Promise<Part> {
  try {
    return await part;
  } catch (cause) {
    throw new SearchError(
      "library/part",
      `A part of the library could not be loaded. Serve all files of its folder, or reload the page: ${String(cause)}`,
      {},
      cause,
    );
  }
}
