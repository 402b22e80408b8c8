// Builds an app with one bundler and its defaults, as its own documentation begins. Runs inside the app's folder, whose
// node_modules has the bundlers: node build-app.js <bundler> <entry> <output>
import { cp, mkdir, readdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";

const packed = "node_modules/inkling-search/dist";

/** Entries besides the app's own, for bundlers that do not follow `new Worker`. */
const workers = {
  worker: "inkling-search/worker",
  "crawl-worker": "inkling-search/crawl-worker",
};

function workersOf(entry) {
  return entry.includes("neural") ? { ...workers, "neural-worker": "inkling-search/neural-worker" } : workers;
}

/** Rollup only warns of a package that it does not find. */
function refuseUnresolved(warning) {
  if (warning.code === "UNRESOLVED_IMPORT") throw new Error(warning.message);
}

const bundlers = {
  async vite(entry, output) {
    const { build } = await import("vite");
    await writePage(".", entry);
    await build({ logLevel: "error", configFile: false, build: { outDir: output, target: "es2022" } });
  },

  async webpack(entry, output) {
    const { default: webpack } = await import("webpack");
    const config = {
      mode: "production",
      target: ["web", "es2022"],
      entry: `./${entry}`,
      output: { path: resolve(output) },
    };
    const stats = await new Promise((done, fail) =>
      webpack(config, (error, result) => (error ? fail(error) : done(result))),
    );
    if (stats.hasErrors()) throw new Error(stats.toString({ all: false, errors: true }));
    await writePage(output, "main.js");
  },

  async rollup(entry, output) {
    const { rollup } = await import("rollup");
    const { default: nodeResolve } = await import("@rollup/plugin-node-resolve");
    // Why a bundle of each: a worker must not share a file with the page.
    for (const [name, input] of Object.entries({ main: entry, ...workersOf(entry) })) {
      const bundle = await rollup({ input, plugins: [nodeResolve({ browser: true })], onwarn: refuseUnresolved });
      await bundle.write({ dir: output, entryFileNames: `${name}.js`, format: "es" });
      await bundle.close();
    }
    await copyBeside(output);
  },

  async esbuild(entry, output) {
    const { build } = await import("esbuild");
    const entryPoints = { main: entry, ...workersOf(entry) };
    const options = { bundle: true, minify: true, format: "esm", target: "es2022", logLevel: "silent" };
    await build({ ...options, entryPoints, outdir: output });
    await copyBeside(output);
  },
};

/** Rollup and esbuild leave `new URL("./…", import.meta.url)` as it is: what it names must lie beside the script. */
async function copyBeside(output) {
  const parts = (await readdir(packed)).filter((name) => /^worker-.*\.js$/.test(name));
  for (const name of [...parts, "models"]) await cp(join(packed, name), join(output, name), { recursive: true });
  await writePage(output, "main.js");
}

function writePage(folder, script) {
  const head = '<meta charset="utf-8"><title>App</title><link rel="icon" href="data:,">';
  const page = `<!doctype html><html lang="en"><head>${head}</head><body><script type="module" src="./${script}"></script></body></html>`;
  return writeFile(join(folder, "index.html"), page);
}

const [bundler, entry, output] = process.argv.slice(2);
await mkdir(output, { recursive: true });
await bundlers[bundler](entry, output);
