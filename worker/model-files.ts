import type { ExpectedFile } from "../src/core/model/model-config.ts";
import { refuseWebPage } from "../src/core/model/web-page.ts";
import { ModelError } from "../src/errors.ts";
import { downloadFile } from "./model-download.ts";
import type { OnBytes } from "./ports.ts";
import { hashSha256 } from "./sha256.ts";

const pageRemedy = `Put the model's folder where the address points, or set assetsUrl to the folder above "models".`;

/** Gives a model's files by name, from wherever they are. */
export interface ModelReader {
  /** @throws {ModelError} `model/missing` or `model/unreachable` */
  read(name: string): Promise<Uint8Array>;
}

/** Absolute URLs of a model's files by name, or something that reads them. */
export type ModelSource = Readonly<Record<string, string>> | ModelReader;

/** How the files are asked for. */
export interface ReadOptions {
  /** Called with the bytes read so far of all files together. */
  readonly onBytes?: OnBytes | undefined;
  /** `reload` passes over the HTTP cache. Default: the browser's rules. */
  readonly cache?: RequestCache | undefined;
}

/**
 * A model's files, whole and unchanged: sizes and hashes are those expected. Files are read side by side.
 *
 * @throws {ModelError} `model/missing` where there is no such file, or a web page in its place; `model/unreachable`,
 * `model/truncated`, `model/checksum`.
 */
export async function readModelFiles<Name extends string>(
  source: ModelSource,
  expected: Readonly<Record<Name, ExpectedFile>>,
  options: ReadOptions = {},
): Promise<Record<Name, Uint8Array>> {
  const files = Object.entries(expected) as [Name, ExpectedFile][];
  const total = files.reduce((sum, [, { bytes }]) => sum + bytes, 0);
  let done = 0;
  const onChunk = (bytes: number): void => options.onBytes?.((done += bytes), total);
  const read = files.map(async ([name, file]) => {
    const bytes = await readFile(source, name, { maxBytes: file.bytes, onChunk, cache: options.cache });
    await checkFile(whereIs(source, name), bytes, file);
    return [name, bytes] as const;
  });
  return Object.fromEntries(await Promise.all(read)) as Record<Name, Uint8Array>;
}

/**
 * A file of which nothing is known yet.
 *
 * @throws {ModelError} `model/missing`, `model/unreachable` or `model/truncated`
 */
export async function readModelFile(source: ModelSource, name: string, options: ReadOptions = {}): Promise<Uint8Array> {
  return readFile(source, name, { cache: options.cache });
}

/** Whether the source is a list of URLs, whose files may come out of an HTTP cache. */
export function isUrls(source: ModelSource): source is Readonly<Record<string, string>> {
  return typeof source["read"] !== "function";
}

interface FileRequest {
  readonly maxBytes?: number;
  readonly onChunk?: (bytes: number) => void;
  readonly cache?: RequestCache | undefined;
}

async function readFile(source: ModelSource, name: string, request: FileRequest): Promise<Uint8Array> {
  if (isUrls(source)) {
    const url = source[name];
    if (url !== undefined) return refuseWebPage(url, await downloadFile(url, request), pageRemedy);
    const known = Object.keys(source).join(", ") || "none";
    throw new ModelError(
      "model/missing",
      `The model file "${name}" has no URL; URLs were given for: ${known}. Give one for every file of the model.`,
      { file: name },
    );
  }
  const bytes = refuseWebPage(name, await source.read(name), pageRemedy);
  request.onChunk?.(bytes.length);
  return bytes;
}

function whereIs(source: ModelSource, name: string): string {
  return (isUrls(source) && source[name]) || name;
}

async function checkFile(url: string, bytes: Uint8Array, expected: ExpectedFile): Promise<void> {
  const details = { url, bytes: bytes.length, expectedBytes: expected.bytes };
  if (bytes.length < expected.bytes) {
    throw new ModelError(
      "model/truncated",
      `${url} ends after ${bytes.length} bytes; expected ${expected.bytes}. Load it again; if it stays short, upload it again.`,
      details,
    );
  }
  const found = bytes.length > expected.bytes ? "" : await hashSha256(bytes);
  if (found === expected.sha256) return;
  throw new ModelError(
    "model/checksum",
    `${url} is not the file that config.json describes: ${found ? `its SHA-256 is ${found}` : "it is longer"}, expected ` +
      `${expected.sha256} in ${expected.bytes} bytes. Upload config.json and the files of one and the same release.`,
    { ...details, sha256: found || null, expectedSha256: expected.sha256 },
  );
}
