import { readFile } from "node:fs/promises";
import { root } from "../../../scripts/lib/paths.mjs";

/**
 * A block of code of the guide, as a reader copies it.
 *
 * @param page - name of the file in `docs/guide`.
 * @param name - of the script, as the comment in its first line tells it.
 */
export async function readRecipe(page: string, name: string): Promise<string> {
  const guide = await readFile(`${root}docs/guide/${page}`, "utf8");
  const blocks = [...guide.matchAll(/```js\n(\/\/ ([\w./-]+)[^\n]*\n[^]*?)```/g)];
  const recipe = blocks.find((block) => block[2] === name)?.[1];
  if (recipe === undefined) throw new Error(`docs/guide/${page} has no block that begins with // ${name}`);
  return recipe;
}
