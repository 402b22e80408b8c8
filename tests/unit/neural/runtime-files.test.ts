import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { hashBytes } from "../../../neural/hash.ts";
import { knownWasmFiles, runtimeVersion, wasmNames } from "../../../neural/runtime-files.ts";
import { root } from "../../../scripts/lib/paths.mjs";

const installed = async (path: string): Promise<Buffer> => readFile(join(root, "node_modules", path));
const versionOf = async (name: string): Promise<string> =>
  (JSON.parse((await installed(`${name}/package.json`)).toString()) as { version: string }).version;

describe("the runtime that is installed", () => {
  test("is the one that is written down", async () => {
    expect(await versionOf("@huggingface/transformers")).toBe(runtimeVersion);
  });

  test("has the sizes and hashes that are written down", async () => {
    const files = knownWasmFiles[await versionOf("onnxruntime-web")];
    const names = Object.values(wasmNames).flatMap((name) => [`${name}.mjs`, `${name}.wasm`]);
    expect(Object.keys(files ?? {}).toSorted((a, b) => (a < b ? -1 : 1))).toEqual(
      names.toSorted((a, b) => (a < b ? -1 : 1)),
    );
    for (const [name, expected] of Object.entries(files!)) {
      const bytes = await installed(`onnxruntime-web/dist/${name}`);
      expect({ bytes: bytes.length, sha256: await hashBytes(bytes) }, name).toEqual(expected);
    }
  });
});
