// Builds `dist/`: the library, its worker, the command line, the built-in models and the types.
// Runs at `npm ci` through `prepare`, so it says nothing but what went wrong, and with `--verbose` the size and the hash of each script.
import { chmod, cp, mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { emitTypes } from "./lib/emit-types.mjs";
import { integrityOf, writeIntegrity } from "./lib/integrity.mjs";
import { internalNames } from "./lib/internal-names.mjs";
import { keepOwnUrls } from "./lib/keep-own-urls.mjs";
import { placeNeuralModelFiles } from "./lib/neural-model-files.mjs";
import { collectNotices } from "./lib/notices.mjs";
import { elementChunks, leavePageChunks, pageChunks, quotedImports } from "./lib/page-chunks.mjs";
import { root } from "./lib/paths.mjs";
import { shareErrors } from "./lib/share-errors.mjs";
import { crawlWorkerParts, leaveWorkerParts, workerParts } from "./lib/worker-parts.mjs";

const output = join(root, "dist");
// Why: built aside and moved in place, so that whoever reads `dist` meanwhile sees a whole one.
const draft = join(root, `.dist-${process.pid}`);

const smallOutput = {
  codeSplitting: false,
  minify: true,
  comments: { legal: true, annotation: false, jsdoc: false },
};

/** Bundles one entry into one self-contained file. */
function bundle(name, entry, options = {}) {
  const { plugins = [], ...rest } = options;
  return build({
    root,
    configFile: false,
    publicDir: false,
    logLevel: "error",
    plugins,
    ...rest,
    build: {
      outDir: draft,
      emptyOutDir: false,
      target: "es2022",
      minify: true,
      modulePreload: false,
      copyPublicDir: false,
      reportCompressedSize: false,
      lib: { entry: { [name]: join(root, entry) }, formats: ["es"], fileName: (_, file) => `${file}.js` },
      rolldownOptions: {
        output: smallOutput,
      },
      ...rest.build,
    },
  });
}

/** Bundles the command line, its thread and the plugins for Node: our modules in one file each, packages from `node_modules`. */
async function bundleCommandLine() {
  for (const [name, entry] of [
    ["cli", "cli/index.ts"],
    ["page-worker", "cli/site/page-worker.ts"],
    ["vite", "plugins/vite.ts"],
    ["vitepress", "plugins/vitepress.ts"],
    ["astro", "plugins/astro.ts"],
  ]) {
    await bundle(name, entry, {
      plugins: [keepOwnUrls()],
      build: {
        ssr: true,
        target: "node20",
        minify: false,
        rolldownOptions: { external: [/^node:/, /^[^./\0]/], output: { codeSplitting: false } },
      },
    });
  }
  await chmod(join(draft, "cli.js"), 0o755);
}

/** Bundles the main entry, and each part of the page's side that it loads when it is needed. */
async function bundlePage(plugin) {
  await bundle("index", "src/index.ts", { plugins: [keepOwnUrls(), leavePageChunks(), quotedImports, plugin] });
  for (const [name, entry] of Object.entries(pageChunks)) {
    await bundle(name, entry, { plugins: [keepOwnUrls(), shareErrors(), plugin] });
  }
}

/** Bundles the elements: for npm, for pages without a bundler under a name of its own, and the part that comes later. */
async function bundleElement(plugin) {
  const plugins = [keepOwnUrls(), leavePageChunks(elementChunks), quotedImports, plugin];
  // Why: style sheets are written for the browsers in which the library runs, where no replacement for new syntax is needed.
  const cssTarget = ["chrome123", "firefox124", "safari17.5"];
  for (const name of ["element", "inkling"]) {
    await bundle(name, "src/element/index.ts", { plugins, build: { cssTarget } });
  }
  for (const [name, entry] of Object.entries(elementChunks)) {
    if (name !== "index") await bundle(name, entry, { plugins, build: { cssTarget } });
  }
}

/** Bundles the hook for React and the composable for Vue, which leave their framework to the app. */
async function bundleFrameworks(plugin) {
  for (const name of ["react", "vue"]) {
    await bundle(name, `src/${name}/index.ts`, {
      plugins: [shareErrors(), plugin],
      build: { rolldownOptions: { external: [name], output: smallOutput } },
    });
  }
}

/** Bundles the worker of the engine, whose size is what a visitor waits for, and the parts that it loads when they are needed. */
async function bundleWorker(plugin) {
  const minify = { mangle: true, compress: true, codegen: true, mangleProps: { include: internalNames } };
  await bundle("worker", "worker/index.ts", {
    plugins: [leaveWorkerParts(workerParts), plugin],
    build: { rolldownOptions: { output: { ...smallOutput, minify } } },
  });
  await bundleParts(workerParts, plugin);
}

/** Bundles the worker that reads live pages and sites, and its parts. */
async function bundleCrawlWorker(plugin) {
  await bundle("crawl-worker", "crawl/worker.ts", { plugins: [leaveWorkerParts(crawlWorkerParts), plugin] });
  await bundleParts(crawlWorkerParts, plugin);
}

async function bundleParts(parts, plugin) {
  for (const [name, entry] of Object.entries(parts)) await bundle(name, entry, { plugins: [plugin] });
}

/** Bundles the entry of the neural tier. Its worker leaves Transformers.js to whoever uses it. */
async function bundleNeural(plugin) {
  await bundle("neural", "neural/index.ts", { plugins: [keepOwnUrls(), shareErrors(), plugin] });
  await bundle("neural-worker", "neural/worker.ts", {
    plugins: [placeNeuralModelFiles(), keepOwnUrls(), quotedImports, plugin],
    build: {
      rolldownOptions: {
        external: ["@huggingface/transformers"],
        // Why annotations: bundlers must see which import() is not theirs.
        output: { ...smallOutput, comments: { ...smallOutput.comments, annotation: true } },
      },
    },
  });
}

/** Copies `public/models/<id>`. A clone without model files still builds; the library then answers by words. */
async function copyModels() {
  await cp(join(root, "public/models"), join(draft, "models"), { recursive: true }).catch((error) => {
    if (error.code !== "ENOENT") throw error;
  });
}

/** Prints size and hash of every script. */
async function printScripts() {
  for (const name of (await readdir(output)).filter((each) => each.endsWith(".js"))) {
    const bytes = await readFile(join(output, name));
    const { length } = gzipSync(bytes, { level: 9 });
    console.log(`dist/${name}  ${bytes.length} bytes, ${length} gz, ${integrityOf(bytes)}`);
  }
}

async function replaceOutput() {
  const retired = `${draft}-old`;
  await rename(output, retired).catch((error) => {
    if (error.code !== "ENOENT") throw error;
  });
  await rename(draft, output);
  await rm(retired, { recursive: true, force: true });
}

const notices = collectNotices();
try {
  await mkdir(draft, { recursive: true });
  await Promise.all([
    bundlePage(notices.plugin),
    bundleElement(notices.plugin),
    bundleFrameworks(notices.plugin),
    bundleWorker(notices.plugin),
    bundleCrawlWorker(notices.plugin),
    bundleNeural(notices.plugin),
    bundleCommandLine(),
    emitTypes(join(draft, "types")),
    copyModels(),
  ]);
  await notices.write(join(draft, "THIRD-PARTY-NOTICES.txt"));
  await stat(join(draft, "types/src/index.d.ts"));
  await writeIntegrity(draft);
  await replaceOutput();
  if (process.argv.includes("--verbose")) await printScripts();
} finally {
  // Why retries: where one bundle fails, the others may still be writing, and its error is the one to tell.
  await rm(draft, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}
