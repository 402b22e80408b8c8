import { WorkerError } from "../src/errors.ts";
import { scanKernelHex } from "../src/core/vector/scan-kernel.ts";
import { type CreateScanner, createPlainScanner } from "../src/core/vector/scan.ts";
import { createSimdScanner, type DotKernel } from "../src/core/vector/simd-scanner.ts";

const pageBytes = 65_536;

/** How vectors are scanned here, and why not faster, if so. */
export interface ScannerChoice {
  readonly createScanner: CreateScanner;
  readonly fallback: WorkerError | null;
}

/** Chooses WASM SIMD where it may run; a Content Security Policy without `wasm-unsafe-eval` and old browsers forbid it. */
export function chooseScanner(): ScannerChoice {
  try {
    const module = new WebAssembly.Module(parseHex(scanKernelHex));
    const createScanner = createSimdScanner((bytes) => startKernel(module, bytes));
    return { createScanner: orPlain(createScanner), fallback: null };
  } catch (cause) {
    return { createScanner: createPlainScanner, fallback: forbidden(cause) };
  }
}

/** A memory that cannot be had costs speed, not the answer. */
function orPlain(createScanner: CreateScanner): CreateScanner {
  return (rows) => {
    try {
      return createScanner(rows);
    } catch {
      return createPlainScanner(rows);
    }
  };
}

function startKernel(module: WebAssembly.Module, bytes: number): DotKernel {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / pageBytes) });
  const { dot } = new WebAssembly.Instance(module, { kernel: { memory } }).exports;
  return { memory: memory.buffer, dot: dot as DotKernel["dot"] };
}

function parseHex(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

function forbidden(cause: unknown): WorkerError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new WorkerError(
    "worker/no-simd",
    `WebAssembly with SIMD cannot be used here (${why}). Vectors are scanned in JavaScript, some ten times slower; allow 'wasm-unsafe-eval' in the Content Security Policy's script-src.`,
    {},
    cause,
  );
}
