import { InvalidArgumentError } from "./errors.ts";
import { asSendError, sendLength, toPlainDocuments } from "./plain-document.ts";
import type { OnProgress } from "./protocol.ts";
import type { Document } from "./types.ts";

/** Characters of documents sent to the worker at once: copying them takes a few ms of the page's thread. */
const sliceLength = 200_000;

/**
 * Sends documents to the worker in slices.
 *
 * @param receive - takes a slice; the next one follows when it is done.
 * @throws {InvalidArgumentError} for what is no array, or cannot be copied.
 */
export async function sendDocuments(
  documents: readonly Document[],
  receive: (slice: readonly Document[]) => Promise<void>,
  onProgress: OnProgress | undefined,
): Promise<void> {
  if (!Array.isArray(documents)) {
    throw new InvalidArgumentError(
      "argument/text",
      `\`documents\` is ${typeof documents}, expected an array of documents.`,
    );
  }
  for (let start = 0; start < documents.length;) {
    const end = endOfSlice(documents, start);
    await receive(toPlainDocuments(documents.slice(start, end))).catch((error: unknown) => {
      throw asSendError(error);
    });
    onProgress?.({ phase: "receive", done: end, total: documents.length });
    start = end;
  }
}

/** As many documents as make about `sliceLength` characters, at least one. */
function endOfSlice(documents: readonly Document[], start: number): number {
  let length = 0;
  let end = start;
  while (end < documents.length && (end === start || length < sliceLength)) length += sendLength(documents[end++]!);
  return end;
}
