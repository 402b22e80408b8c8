import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "./paths.mjs";

const packageName = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//;

/**
 * Collects the packages that are bundled, and writes their licences: what we ship of theirs must carry them.
 *
 * @returns a Vite plugin for each bundle, and the function that writes the file after all of them.
 */
export function collectNotices() {
  const names = new Set();
  const plugin = {
    name: "inkling:collect-notices",
    generateBundle(_, bundle) {
      const ids = Object.values(bundle).flatMap((file) => (file.type === "chunk" ? file.moduleIds : []));
      for (const id of ids) {
        const name = packageName.exec(id)?.[1];
        if (name !== undefined) names.add(name);
      }
    },
  };
  return {
    plugin,
    write: async (path) => writeFile(path, await formatNotices([...names].sort((a, b) => (a < b ? -1 : 1)))),
  };
}

async function formatNotices(names) {
  const notices = await Promise.all(names.map(readNotice));
  return `The scripts in this folder contain the following packages.\n\n${notices.join("\n\n")}`;
}

async function readNotice(name) {
  const folder = join(root, "node_modules", name);
  const { version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const text = await readLicence(name, folder);
  return `${"=".repeat(80)}\n${name} ${version} (${license})\n${"=".repeat(80)}\n${text.trim()}\n`;
}

/** The licence in a package, or the one of its repository where it was packed without: these are kept beside this file. */
async function readLicence(name, folder) {
  const file = (await readdir(folder)).find((each) => /^licen[cs]e/i.test(each));
  if (file !== undefined) return readFile(join(folder, file), "utf8");
  return readFile(join(root, "scripts/lib/licences", `${name}.txt`), "utf8").catch(() => {
    throw new Error(`The package ${name} is bundled, and has no licence file to go with it.`);
  });
}
