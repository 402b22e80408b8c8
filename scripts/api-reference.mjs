// Writes the pages of the API reference, `docs/guide/api*.md`, from the declarations in `dist/types`. Run after a build.
import { writeApiPages } from "./lib/api-pages.mjs";

console.log(`API reference: ${(await writeApiPages()).join(", ")}`);
