import { execFile } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { binary, root } from "./paths.mjs";

/**
 * Writes the package's declarations into a folder.
 *
 * @throws with the compiler's output where the sources have type errors.
 */
export async function emitTypes(folder) {
  const args = [binary("typescript", "tsc"), "-p", "tsconfig.types.json", "--outDir", folder];
  await promisify(execFile)(process.execPath, args, { cwd: root }).catch((error) => {
    throw new Error(`The types of the package could not be written.\n${error.stdout || error.message}`);
  });
  const script = "/** A worker's script: started by the library, and imported by no page. */\nexport {};\n";
  for (const name of ["worker", "crawl-worker", "neural-worker"]) await writeFile(join(folder, `${name}.d.ts`), script);
  const names = await readdir(folder, { recursive: true });
  for (const name of names.filter((each) => each.endsWith(".d.ts"))) {
    const path = join(folder, name);
    await writeFile(path, fitForConsumers(await readFile(path, "utf8")));
  }
}

/** Why: specifiers ending in `.ts` are an error for consumers that do not allow them, and the compiler leaves them in. */
function fitForConsumers(declarations) {
  return declarations.replace(/((?:from|import)\s*\(?\s*"\.{1,2}\/[^"]*)\.ts"/g, '$1.js"');
}
