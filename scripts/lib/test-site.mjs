import { execFile } from "node:child_process";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "./paths.mjs";

const run = promisify(execFile);

/** Sites of `tests/consumers` by the generator whose plugin they use: where it writes, and the address of the page on tea. */
export const sites = {
  "vite-site": { source: "vite", output: "dist", tea: "/docs/guide/tea.html" },
  vitepress: { source: "vitepress", output: ".vitepress/dist", tea: "/docs/guide/tea" },
  astro: { source: "astro", output: "dist", tea: "/docs/guide/tea/" },
};

/**
 * Builds a minimal site by a generator with our plugin in its configuration, and asks the index that lies beside its pages.
 *
 * @param folder - an empty one.
 * @param check - notes whether something is as it should be: `(isSound, what, reason)`.
 */
export async function testSite(folder, name, tarball, check) {
  const { source, output, tea } = sites[name];
  const site = join(folder, name);
  await cp(join(root, "tests/consumers", source), site, { recursive: true });
  const options = {
    cwd: site,
    maxBuffer: 1 << 26,
    timeout: 300_000,
    env: { ...process.env, ASTRO_TELEMETRY_DISABLED: "1" },
  };
  await run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], options);
  const install = ["install", "--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", tarball];
  await run("npm", install, options);
  const built = await run("npm", ["run", "build"], options).catch((error) => error);
  check(!(built instanceof Error), `${name}: the site builds`, String(built.stdout) + String(built.stderr));
  if (built instanceof Error) return;
  const said = /3 pages, \d+ passages indexed: 3 added, 0 replaced, 0 unchanged, 0 removed/;
  check(
    said.test(built.stdout + built.stderr),
    `${name}: the build says what was indexed`,
    built.stdout + built.stderr,
  );
  const hits = await query(join(site, output, "inkling"), "boiling water", options);
  check(hits.join(" ") === tea, `${name}: a question finds ${tea}`, hits.join(" ") || "nothing");
  const again = await run("npm", ["run", "build"], options).catch((error) => error);
  check(!(again instanceof Error), `${name}: it builds again`, String(again.stderr));
}

/** Addresses of the hits. */
async function query(index, text, options) {
  const command = join(options.cwd, "node_modules/inkling-search/dist/cli.js");
  const { stdout } = await run(process.execPath, [command, "query", index, text, "--mode", "words", "--json"], options);
  return JSON.parse(stdout).hits.map(({ url }) => url);
}
