import type { QuantizedRows } from "./quantize.ts";
import { type CreateScanner, createPlainScanner, type RowScanner, scaleSum } from "./scan.ts";

/** The compiled kernel over a memory of its own. Addresses are in bytes. */
export interface DotKernel {
  readonly memory: ArrayBuffer;
  dot(query: number, codes: number, sums: number, dim: number, rows: number): void;
}

/** Starts a kernel with at least so many bytes of memory; the platform's WebAssembly, handed in by the shells. */
export type CreateKernel = (bytes: number) => DotKernel;

/** Values that the kernel reads in one step; dims must be a multiple. */
const step = 16;

/**
 * Fewest rows worth a memory of their own. Why: each one reserves gigabytes of address space in some browsers, and segments
 * below this are scanned in well under a millisecond without.
 */
const minRows = 1024;

/** A scanner that keeps its codes in the memory of a WASM SIMD kernel; few rows or odd dims are left to the plain one. */
export function createSimdScanner(createKernel: CreateKernel): CreateScanner {
  return (rows) => {
    const count = rows.scales.length;
    const dim = count === 0 ? 0 : rows.codes.length / count;
    if (count < minRows || dim % step !== 0) return createPlainScanner(rows);
    return placeRows(rows, dim, createKernel(dim + rows.codes.length + count * Int32Array.BYTES_PER_ELEMENT));
  };
}

/** Layout of the memory: the query, the codes, the sums. */
function placeRows(rows: QuantizedRows, dim: number, kernel: DotKernel): RowScanner {
  const count = rows.scales.length;
  const query = new Int8Array(kernel.memory, 0, dim);
  const codes = new Int8Array(kernel.memory, dim, rows.codes.length);
  const sums = new Int32Array(kernel.memory, dim + codes.length, count);
  codes.set(rows.codes);
  return {
    codes,
    scales: rows.scales,
    scan: ({ codes: queryCodes, scale }, scores) => {
      query.set(queryCodes);
      kernel.dot(query.byteOffset, codes.byteOffset, sums.byteOffset, dim, count);
      for (let row = 0; row < count; row++) scores[row] = scaleSum(sums[row]!, scale, rows.scales[row]!);
    },
  };
}
