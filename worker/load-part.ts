import { SearchError } from "../src/errors.ts";

/**
 * A part of the worker that is a file of its own in a browser, `scripts/lib/worker-parts.mjs` lists them. Errors that a part
 * throws are of classes of its own there: tell them by `name` and `code`.
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
