// Builds an app with one bundler and its defaults, as its own documentation begins. Runs inside the app's folder, whose
// node_modules has the bundler: node build-app.mjs <bundler> <entry> <output>
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";

/** Rollup only warns of a package that it does not find. */
function refuseUnresolved(warning) {
  if (warning.code === "UNRESOLVED_IMPORT") throw new Error(warning.message);
}

const bundlers = {
  async vite(entry, output) {
    const { build } = await import("vite");
    const page = await readFile("index.html", "utf8");
    await writeFile("index.html", page.replace(/src="[^"]*"/, `src="./${entry}"`));
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
  },

  async rollup(entry, output) {
    const { rollup } = await import("rollup");
    const { default: nodeResolve } = await import("@rollup/plugin-node-resolve");
    const bundle = await rollup({ input: entry, plugins: [nodeResolve({ browser: true })], onwarn: refuseUnresolved });
    await bundle.write({ dir: output, format: "es" });
    await bundle.close();
    await copyBesides(output, entry);
  },

  async esbuild(entry, output) {
    const { build } = await import("esbuild");
    // Why a second entry: esbuild does not follow `new Worker`.
    const workers = {
      worker: "inkling-search/worker",
      ...(entry.includes("neural") && { "neural-worker": "inkling-search/neural-worker" }),
    };
    const options = { bundle: true, minify: true, format: "esm", target: "es2022", logLevel: "silent" };
    await build({ ...options, entryPoints: { main: entry, ...workers }, outdir: output });
  },
};

/** Rollup leaves `new URL("./worker.js", import.meta.url)` as it is: the file is bundled by itself, beside the app. */
async function copyBesides(output, entry) {
  const { rollup } = await import("rollup");
  const { default: nodeResolve } = await import("@rollup/plugin-node-resolve");
  const folder = "node_modules/inkling-search/dist";
  const workers = ["worker.js", ...(entry.includes("neural") ? ["neural-worker.js"] : [])];
  for (const worker of workers) {
    const bundle = await rollup({
      input: join(folder, worker),
      plugins: [nodeResolve({ browser: true })],
      onwarn: refuseUnresolved,
    });
    await bundle.write({ dir: output, entryFileNames: worker, format: "es" });
    await bundle.close();
  }
  await cp(join(folder, "models/inkling-instant-v1"), join(output, "models/inkling-instant-v1"), { recursive: true });
}

const [bundler, entry, output] = process.argv.slice(2);
await mkdir(output, { recursive: true });
await bundlers[bundler](entry, output);
