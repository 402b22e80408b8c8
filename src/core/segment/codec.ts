import { IndexFormatError } from "../../errors.ts";

/**
 * Format of manifest and blocks. A newer one is refused; see `docs/FORMAT.md` for the byte layout and its history.
 */
export const formatVersion = 1;

/** "INKB" read as a little-endian 32-bit integer. */
const magic = 0x424b4e49;
const headerBytes = 16;
const entryBytes = 16;
const alignment = 8;

/** Element types of columns; the code is what stands in the file. */
const columnTypes = [Uint8Array, Int8Array, Uint16Array, Uint32Array, Float32Array] as const;

/** One column of a block. */
export type Column = Uint8Array | Int8Array | Uint16Array | Uint32Array | Float32Array;

/**
 * Freezes columns into one block. Columns keep their order; names are not stored, each kind of block has a fixed list.
 *
 * Layout, little-endian: magic u32, format u16, column count u16, bytes of the whole block u32, 0 u32; then per column
 * type u32, offset u32, length in elements u32, 0 u32; then the columns, each aligned to 8 bytes.
 */
export function encodeBlock(columns: readonly Column[]): Uint8Array {
  let offset = align(headerBytes + columns.length * entryBytes);
  const offsets = columns.map((column) => {
    const at = offset;
    offset = align(offset + column.byteLength);
    return at;
  });
  const block = new Uint8Array(offset);
  const view = new DataView(block.buffer);
  view.setUint32(0, magic, true);
  view.setUint16(4, formatVersion, true);
  view.setUint16(6, columns.length, true);
  view.setUint32(8, block.length, true);
  columns.forEach((column, i) => {
    const entry = headerBytes + i * entryBytes;
    view.setUint32(entry, typeCode(column), true);
    view.setUint32(entry + 4, offsets[i]!, true);
    view.setUint32(entry + 8, column.length, true);
    block.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), offsets[i]);
  });
  return block;
}

/**
 * Views of a block's columns, without copying where the bytes are aligned.
 *
 * @param name - of the block, for messages.
 * @param expected - number of columns its kind has.
 * @throws {IndexFormatError} `index/newer-format`, `index/truncated` or `index/format`.
 */
export function decodeBlock(bytes: Uint8Array, name: string, expected: number): Column[] {
  // Why not `slice`: that of Node's Buffer copies nothing.
  const aligned = bytes.byteOffset % alignment === 0 ? bytes : new Uint8Array(bytes);
  if (aligned.length < headerBytes) throw truncated(name, aligned.length, headerBytes);
  const view = new DataView(aligned.buffer, aligned.byteOffset, aligned.byteLength);
  checkHeader(view, name, expected);
  return Array.from({ length: expected }, (_, i) => readColumn(aligned, view, headerBytes + i * entryBytes, name));
}

function checkHeader(view: DataView, name: string, expected: number): void {
  if (view.getUint32(0, true) !== magic) throw damaged(name, "it does not begin with the mark of a block");
  const format = view.getUint16(4, true);
  if (format > formatVersion) throw newerFormat(`Block "${name}"`, format);
  const size = view.getUint32(8, true);
  if (size !== view.byteLength) throw truncated(name, view.byteLength, size);
  const count = view.getUint16(6, true);
  if (format < 1 || count !== expected) throw damaged(name, `it has ${count} columns, expected ${expected}`);
  if (size < headerBytes + count * entryBytes) throw damaged(name, "its list of columns does not fit into it");
}

function readColumn(bytes: Uint8Array, view: DataView, entry: number, name: string): Column {
  const type = columnTypes[view.getUint32(entry, true)];
  const offset = view.getUint32(entry + 4, true);
  const length = view.getUint32(entry + 8, true);
  if (type === undefined || offset % alignment !== 0 || offset + length * type.BYTES_PER_ELEMENT > bytes.length) {
    throw damaged(name, "a column lies outside of it");
  }
  return new type(bytes.buffer as ArrayBuffer, bytes.byteOffset + offset, length);
}

function typeCode(column: Column): number {
  return columnTypes.findIndex((type) => column instanceof type);
}

function align(offset: number): number {
  return Math.ceil(offset / alignment) * alignment;
}

/** The error for bytes of a format that this version does not know yet. */
export function newerFormat(what: string, format: number): IndexFormatError {
  return new IndexFormatError(
    "index/newer-format",
    `${what} has format ${format}, this version reads up to ${formatVersion}. Load the newer version of the library that wrote it, or use another index name.`,
    { format, supported: formatVersion },
  );
}

function truncated(name: string, found: number, expected: number): IndexFormatError {
  return new IndexFormatError(
    "index/truncated",
    `Block "${name}" has ${found} bytes, expected ${expected}. Add the documents again; if it returns, clear() the index first.`,
    { block: name, bytes: found, expectedBytes: expected },
  );
}

/** The error for bytes that are whole, but not what a block of this kind holds. */
export function damaged(name: string, why: string): IndexFormatError {
  return new IndexFormatError(
    "index/format",
    `Block "${name}" cannot be read: ${why}. Add the documents again; if it returns, clear() the index first.`,
    { block: name },
  );
}
