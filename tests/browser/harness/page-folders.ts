import { join } from "node:path";
import { root } from "../../../scripts/lib/paths.mjs";

/** The pages of these tests: where their sources are, and where they lie once built. */
export const pageFolders = {
  scenarios: { source: join(root, "tests/browser/page"), built: join(root, "tests/.cache/page") },
  neural: { source: join(root, "tests/browser/neural/page"), built: join(root, "tests/.cache/neural-page") },
} as const;
