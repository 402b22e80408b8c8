import { ModelError } from "../../errors.ts";
import { decodeFloat16 } from "./float16.ts";
import { formatError } from "./format-error.ts";

/** A tensor as it lies in the file. */
export interface Tensor {
  readonly name: string;
  /** As the file names it: `F32`, `F16`, `I8`, `U8` and others. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Row-major, little-endian; a view into the file. */
  readonly bytes: Uint8Array;
}

const DTYPE_BYTES: ReadonlyMap<string, number> = new Map([
  ["F64", 8],
  ["I64", 8],
  ["U64", 8],
  ["F32", 4],
  ["I32", 4],
  ["U32", 4],
  ["F16", 2],
  ["BF16", 2],
  ["I16", 2],
  ["U16", 2],
  ["I8", 1],
  ["U8", 1],
  ["BOOL", 1],
]);
const LENGTH_BYTES = 8;
/** The limit of the reference implementation. */
const MAX_HEADER_BYTES = 100_000_000;

interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

/**
 * Tensors of a safetensors file by name, as views without a copy.
 *
 * @param decodeUtf8 - text of bytes.
 * @throws {ModelError} `model/truncated` if the file ends before its data, `model/format` if it contradicts itself.
 * @see https://github.com/huggingface/safetensors#format
 */
export function parseSafetensors(
  file: Uint8Array,
  decodeUtf8: (bytes: Uint8Array) => string,
): ReadonlyMap<string, Tensor> {
  const dataStart = LENGTH_BYTES + readHeaderLength(file);
  const entries = readHeader(decodeUtf8(file.subarray(LENGTH_BYTES, dataStart)));
  checkCoverage(entries, file.length - dataStart);
  return new Map(
    entries.map(({ name, dtype, shape, start, end }) => {
      const bytes = file.subarray(dataStart + start, dataStart + end);
      return [name, { name, dtype, shape, bytes }];
    }),
  );
}

function readHeaderLength(file: Uint8Array): number {
  if (file.length < LENGTH_BYTES) throw truncated(file.length, LENGTH_BYTES);
  const view = new DataView(file.buffer, file.byteOffset, LENGTH_BYTES);
  const length = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  if (length < 2 || length > MAX_HEADER_BYTES) {
    throw formatError(`The weights' header has a length of ${length} bytes; expected 2 to ${MAX_HEADER_BYTES}.`);
  }
  if (LENGTH_BYTES + length > file.length) throw truncated(file.length, LENGTH_BYTES + length);
  return length;
}

function readHeader(text: string): Entry[] {
  const header = parseObject(text);
  const entries = Object.entries(header)
    .filter(([name]) => name !== "__metadata__")
    .map(([name, value]) => readEntry(name, value));
  // Why counted in the text: of two equal keys the JSON parser keeps one and says nothing.
  const written = text.match(/"data_offsets"\s*:/g)?.length ?? 0;
  if (written === entries.length) return entries;
  throw formatError(`The weights' header describes ${written} tensors under ${entries.length} names.`);
}

function parseObject(text: string): object {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch {
    header = undefined;
  }
  if (typeof header === "object" && header !== null && !Array.isArray(header)) return header;
  throw formatError(`The weights' header begins with ${JSON.stringify(text.slice(0, 40))}; expected a JSON object.`);
}

function readEntry(name: string, value: unknown): Entry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  const size = typeof dtype === "string" ? DTYPE_BYTES.get(dtype) : undefined;
  if (size === undefined || !isCounts(shape) || !isCounts(offsets) || offsets.length !== 2) {
    throw formatError(`The tensor "${name}" is described as ${JSON.stringify(value)?.slice(0, 120)}.`, {
      tensor: name,
    });
  }
  const [start = 0, end = 0] = offsets;
  const expected = shape.reduce((product, length) => product * length, size);
  if (end - start !== expected) {
    const found = `${String(dtype)} [${shape.join(", ")}] in ${end - start} bytes`;
    throw formatError(`The tensor "${name}" has ${found}; expected ${expected} bytes.`, { tensor: name });
  }
  return { name, dtype: String(dtype), shape, start, end };
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((count) => Number.isSafeInteger(count) && count >= 0);
}

/** Tensors must follow each other without gap or overlap, and fill the file. */
function checkCoverage(entries: readonly Entry[], dataBytes: number): void {
  let covered = 0;
  for (const { name, start, end } of entries.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    if (start !== covered) {
      throw formatError(`The tensor "${name}" begins at byte ${start}; expected ${covered}.`, { tensor: name });
    }
    covered = end;
  }
  if (covered > dataBytes) throw truncated(dataBytes, covered);
  if (covered < dataBytes) throw formatError(`The weights have ${dataBytes} bytes of data; expected ${covered}.`);
}

function truncated(bytes: number, expectedBytes: number): ModelError {
  return new ModelError(
    "model/truncated",
    `The weights end after ${bytes} bytes; expected ${expectedBytes}. Upload or download the file again.`,
    { bytes, expectedBytes },
  );
}

/**
 * Numbers of a tensor of dtype F32, F16, I8 or U8.
 *
 * @throws {ModelError} `model/format` for other dtypes.
 */
export function readNumbers(tensor: Tensor): Float32Array | Int8Array | Uint8Array {
  const { bytes, dtype } = tensor;
  if (dtype === "U8") return bytes;
  if (dtype === "I8") return new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  if (dtype !== "F32" && dtype !== "F16") {
    throw formatError(`The tensor "${tensor.name}" is of dtype ${dtype}; expected F32, F16, I8 or U8.`, { dtype });
  }
  const size = dtype === "F32" ? 4 : 2;
  // Why the copy: typed arrays begin at multiples of their size only.
  const { buffer, byteOffset } = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  const count = bytes.length / size;
  return dtype === "F32"
    ? new Float32Array(buffer, byteOffset, count)
    : decodeFloat16(new Uint16Array(buffer, byteOffset, count));
}
