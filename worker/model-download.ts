import { concatenate } from "../src/core/concatenate.ts";
import { ModelError } from "../src/errors.ts";

/** How a file is downloaded. */
export interface DownloadOptions {
  /** Reading ends one byte after this: what comes is another file, and may have no end. */
  readonly maxBytes?: number;
  /** Called with the size of each piece as it arrives. */
  readonly onChunk?: (bytes: number) => void;
  readonly cache?: RequestCache | undefined;
}

const GONE = new Set([404, 410]);

/**
 * The bytes at a URL, out of the HTTP cache where the browser has them.
 *
 * @throws {ModelError} `model/missing` for 404 and 410, `model/unreachable` for other answers and none,
 * `model/truncated` if the connection breaks off half-way.
 */
export async function downloadFile(url: string, options: DownloadOptions = {}): Promise<Uint8Array> {
  const response = await request(url, options.cache ?? "default");
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of chunksOf(response)) {
      chunks.push(chunk);
      bytes += chunk.length;
      options.onChunk?.(chunk.length);
      if (bytes > (options.maxBytes ?? Number.POSITIVE_INFINITY)) break;
    }
  } catch (error) {
    throw brokenOff(url, bytes, options.maxBytes, error);
  }
  return concatenate(chunks);
}

async function request(url: string, cache: RequestCache): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { cache });
  } catch (error) {
    throw unreachable(url, "there was no answer", null, error);
  }
  if (response.ok) return response;
  await response.body?.cancel();
  if (!GONE.has(response.status)) throw unreachable(url, `the answer was status ${response.status}`, response.status);
  throw new ModelError(
    "model/missing",
    `There is no file of the model at ${url} (status ${response.status}). Put the model's folder where the address ` +
      `points, or set assetsUrl to the folder above "models".`,
    { url, status: response.status },
  );
}

// Why by hand: Safari reads streams, but does not iterate over them.
async function* chunksOf(response: Response): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (!reader) return;
  try {
    for (let step = await reader.read(); !step.done; step = await reader.read()) yield step.value;
  } finally {
    // Why caught: a stream that broke off cannot be cancelled, and the reader's own error is the one to tell.
    await reader.cancel().catch(() => {});
  }
}

function unreachable(url: string, why: string, status: number | null, cause?: unknown): ModelError {
  return new ModelError(
    "model/unreachable",
    `The model could not be loaded from ${url}: ${why}; expected the file. Check the connection, the address, and ` +
      `whether the page's content security policy (connect-src) and the host (CORS) allow it. Words answer meanwhile.`,
    { url, status },
    cause,
  );
}

function brokenOff(url: string, bytes: number, expectedBytes: number | undefined, cause: unknown): ModelError {
  return new ModelError(
    "model/truncated",
    `Loading ${url} broke off after ${bytes} bytes; expected ${expectedBytes ?? "more"}. Load it again.`,
    { url, bytes, expectedBytes: expectedBytes ?? null },
    cause,
  );
}
