// Compiles src/core/vector/scan-kernel.wat into src/core/vector/scan-kernel.ts, which is committed: a build needs no compiler.
// `node scripts/build-kernel.mjs --check` only tells whether the committed bytes are those of the source.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import openWabt from "wabt";
import { root } from "./lib/paths.mjs";

const source = join(root, "src/core/vector/scan-kernel.wat");
const target = join(root, "src/core/vector/scan-kernel.ts");

const wabt = await openWabt();
const module = wabt.parseWat("scan-kernel.wat", readFileSync(source, "utf8"), { simd: true });
module.validate();
const bytes = Buffer.from(module.toBinary({}).buffer);
const text = `/** The module of \`scan-kernel.wat\`, in hexadecimal. Made by \`scripts/build-kernel.mjs\`; do not edit. */
export const scanKernelHex: string =
  "${bytes
    .toString("hex")
    .match(/.{1,112}/g)
    .join('" +\n  "')}";
`;
if (!process.argv.includes("--check")) writeFileSync(target, text);
else if (readFileSync(target, "utf8") !== text) {
  console.error(
    "src/core/vector/scan-kernel.ts is not what scan-kernel.wat compiles to. Run: node scripts/build-kernel.mjs",
  );
  process.exitCode = 1;
}
console.log(`scan kernel: ${bytes.length} bytes`);
