import { formatError } from "./format-error.ts";
import { readNumbers, type Tensor } from "./safetensors.ts";

/** One vector per token, kept as it came: decoded row by row while it is added up. */
export interface EmbeddingTable {
  readonly rows: number;
  readonly dim: number;
  /** Adds a row's leading numbers to `sum`: as many as fit, `sum.length` being even and at most `dim`, or `dim`. */
  addRow(row: number, sum: Float64Array, weight?: number): void;
}

const CODES = 16;

/**
 * The table in tensors `embeddings` [V, dim], optional `scales` [V] and optional `codebook` [16].
 * `U8` embeddings [V, dim / 2] hold two 4-bit codes a byte, the even dimension in the low nibble.
 * Value = codebook[code] * scale for 4-bit codes (code - 8 without a codebook), else number * scale.
 *
 * @throws {ModelError} `model/format`
 */
export function createEmbeddingTable(tensors: ReadonlyMap<string, Tensor>): EmbeddingTable {
  const embeddings = tensors.get("embeddings");
  if (embeddings?.shape.length !== 2) {
    throw formatError(
      `The weights have the tensors ${[...tensors.keys()].join(", ") || "none"}; expected "embeddings" [V, dim].`,
    );
  }
  const [rows = 0, width = 0] = embeddings.shape;
  const scales = readScales(tensors.get("scales"), rows);
  const numbers = readNumbers(embeddings);
  if (numbers instanceof Uint8Array) {
    return new NibbleTable(rows, 2 * width, numbers, scales, readPairs(tensors.get("codebook")));
  }
  if (numbers instanceof Float32Array) checkFinite(numbers, "embeddings");
  return new PlainTable(rows, width, numbers, scales);
}

class NibbleTable implements EmbeddingTable {
  readonly rows: number;
  readonly dim: number;
  readonly #codes: Uint8Array; // [rows, dim / 2]
  readonly #scales: Float32Array; // [rows]
  readonly #pairs: Float64Array; // [256, 2]: both values of every byte

  constructor(rows: number, dim: number, codes: Uint8Array, scales: Float32Array, pairs: Float64Array) {
    this.rows = rows;
    this.dim = dim;
    this.#codes = codes;
    this.#scales = scales;
    this.#pairs = pairs;
  }

  addRow(row: number, sum: Float64Array, weight = 1): void {
    const [codes, pairs] = [this.#codes, this.#pairs];
    const scale = this.#scales[row]! * weight;
    let place = (row * this.dim) / 2;
    for (let at = 0; at < sum.length; at += 2) {
      const pair = 2 * codes[place++]!;
      sum[at]! += pairs[pair]! * scale;
      sum[at + 1]! += pairs[pair + 1]! * scale;
    }
  }
}

class PlainTable implements EmbeddingTable {
  readonly rows: number;
  readonly dim: number;
  readonly #numbers: Int8Array | Float32Array; // [rows, dim]
  readonly #scales: Float32Array; // [rows]

  constructor(rows: number, dim: number, numbers: Int8Array | Float32Array, scales: Float32Array) {
    this.rows = rows;
    this.dim = dim;
    this.#numbers = numbers;
    this.#scales = scales;
  }

  addRow(row: number, sum: Float64Array, weight = 1): void {
    const numbers = this.#numbers;
    const scale = this.#scales[row]! * weight;
    let place = row * this.dim;
    for (let at = 0; at < sum.length; at++) sum[at]! += numbers[place++]! * scale;
  }
}

function readScales(tensor: Tensor | undefined, rows: number): Float32Array {
  return tensor ? readFloats(tensor, rows) : new Float32Array(rows).fill(1);
}

/** Both numbers that a byte of two codes stands for, for all 256 bytes. */
function readPairs(tensor: Tensor | undefined): Float64Array {
  const codebook = tensor
    ? readFloats(tensor, CODES)
    : Float32Array.from({ length: CODES }, (_value, code) => code - 8);
  return Float64Array.from({ length: 512 }, (_value, place) => {
    const byte = place >> 1;
    return codebook[place & 1 ? byte >> 4 : byte & 15]!;
  });
}

function readFloats(tensor: Tensor, count: number): Float32Array {
  const numbers = readNumbers(tensor);
  const { name, dtype, shape } = tensor;
  if (!(numbers instanceof Float32Array) || shape.length !== 1 || shape[0] !== count) {
    const found = `${dtype} [${shape.join(", ")}]`;
    throw formatError(`The tensor "${name}" is ${found}; expected F32 or F16 [${count}].`, { tensor: name });
  }
  checkFinite(numbers, name);
  return numbers;
}

// Why: one NaN in a row would spread to every vector with that token, and NaN compares as smaller than nothing.
function checkFinite(numbers: Float32Array, tensor: string): void {
  const place = numbers.findIndex((number) => !Number.isFinite(number));
  if (place >= 0)
    throw formatError(`The tensor "${tensor}" has ${numbers[place]} at ${place}; expected numbers.`, { tensor, place });
}
