import type { Device } from "./protocol.ts";
import type { ExpectedFile } from "./settings.ts";

/** The version of `@huggingface/transformers` that is tested with, and its peer dependency. */
export const runtimeVersion = "4.3.1";

/** Name of the module in a folder with the runtime's files. */
export const runtimeModule = "transformers.min.js";

/** Size and hash of that module of this version. */
export const knownModule: Readonly<Record<string, ExpectedFile>> = {
  [runtimeModule]: { bytes: 586_230, sha256: "8d6716d9086f57c30a4bf367dba61b887593573c770c454465e8019b2703e743" },
};

/** ONNX Runtime's files by device, without their endings: the smaller ones cannot use a GPU. */
export const wasmNames: Readonly<Record<Device, string>> = {
  wasm: "ort-wasm-simd-threaded",
  webgpu: "ort-wasm-simd-threaded.asyncify",
};

/** Sizes and hashes of ONNX Runtime's files, by its version: files of two versions do not fit together. */
export const knownWasmFiles: Readonly<Record<string, Readonly<Record<string, ExpectedFile>>>> = {
  "1.31.0-dev.20260914-8d85527a0": {
    "ort-wasm-simd-threaded.mjs": {
      bytes: 24_381,
      sha256: "c57ca56328877353a575e51bbca6f18450027d6c9bf2307a2cb2c41363b4de9f",
    },
    "ort-wasm-simd-threaded.wasm": {
      bytes: 14_264_838,
      sha256: "06ba057753da3847e4c24f02d91ab133455b0817c69a44993a9a53a2146df9e3",
    },
    "ort-wasm-simd-threaded.asyncify.mjs": {
      bytes: 53_057,
      sha256: "0966b6105cd936744498aa60df7a22cbd47af3374dbc64a9ab561c08a71e3611",
    },
    "ort-wasm-simd-threaded.asyncify.wasm": {
      bytes: 26_861_777,
      sha256: "49871f5a4409519797e127440868a6d1923339d9185907f301a5b2a1d90af082",
    },
  },
};
