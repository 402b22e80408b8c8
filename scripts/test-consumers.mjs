// `npm run test:consumers`: an app that imports only `inkling-search` builds in Vite, webpack, Rollup and esbuild without the
// optional peer, and nothing of the peer is in what they write. And minimal sites of Vite, VitePress and Astro build with our
// plugins and can be searched. Needs a registry for all of these, so it is no part of `npm test`. Arguments: names of bundlers
// and of sites (`vite-site`, `vitepress`, `astro`), and `--as-built` to take `dist` as it is.
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { root } from "./lib/paths.mjs";
import { sites, testSite } from "./lib/test-site.mjs";

const run = promisify(execFile);
const bundlers = {
  vite: { vite: "8.3.8" },
  webpack: { webpack: "5.112.2" },
  rollup: { rollup: "4.68.7", "@rollup/plugin-node-resolve": "16.0.3" },
  esbuild: { esbuild: "0.28.2" },
};
/** What only the peer and its runtime have in their files, or our own neural entry. */
const traces = /huggingface|onnxruntime|ort-wasm|ort\.webgpu|neural-worker/i;

let failed = 0;
let passed = 0;

function check(isSound, what, reason = "") {
  if (isSound) passed++;
  else failed++;
  console.log(`${isSound ? "✓" : "✗"} ${what}${isSound || reason === "" ? "" : `\n  ${reason}`}`);
}

/** An app's folder with the packed library and one bundler, each from a registry or the tarball. */
async function createApp(folder, name, tarball) {
  const app = join(folder, name);
  await cp(join(root, "scripts/consumers/app"), app, { recursive: true });
  await cp(join(root, "scripts/consumers/build-app.mjs"), join(app, "build-app.mjs"));
  const dependencies = { "inkling-search": `file:${tarball}`, ...bundlers[name] };
  await writeFile(
    join(app, "package.json"),
    JSON.stringify({ name: "app", private: true, type: "module", dependencies }),
  );
  await run("npm", ["install", "--no-audit", "--no-fund", "--no-package-lock"], { cwd: app, maxBuffer: 1 << 26 });
  return app;
}

/** What a build said where it failed, else an empty text. */
async function build(app, name, entry, output) {
  try {
    await run(process.execPath, ["build-app.mjs", name, entry, output], {
      cwd: app,
      maxBuffer: 1 << 26,
      timeout: 300_000,
    });
    return "";
  } catch (error) {
    return (
      String(error.stderr || error.message)
        .trim()
        .slice(0, 600) || "it failed without a message"
    );
  }
}

/** Every written file in which a trace is found, by name or in its text. */
async function findTraces(folder) {
  const found = [];
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const { size } = await stat(path);
    if (/\.(js|mjs|css|html)$/.test(path)) bytes += size;
    const text =
      /\.(js|mjs|css|html|json|map)$/.test(path) && !/tokenizer.*\.json$/.test(path)
        ? await readFile(path, "utf8")
        : "";
    const trace = traces.exec(entry.name) ?? traces.exec(text);
    if (trace !== null) found.push(`${path.slice(folder.length + 1)}: ${trace[0]}`);
  }
  return { found, bytes };
}

async function testBundler(folder, name, tarball) {
  const app = await createApp(folder, name, tarball);
  const peer = await stat(join(app, "node_modules/@huggingface")).catch(() => null);
  check(peer === null, `${name}: the peer is not installed with the library`);
  const failure = await build(app, name, "main.js", "out");
  check(failure === "", `${name}: the app builds`, failure);
  if (failure !== "") return;
  const { found, bytes } = await findTraces(join(app, "out"));
  check(found.length === 0, `${name}: no trace of the peer in ${bytes} bytes of scripts and pages`, found.join("\n  "));
  // Why: a search for traces that finds none anywhere would prove nothing.
  const withoutPeer = await build(app, name, "main-with-neural.js", "out-without-peer");
  const seen = withoutPeer !== "" || (await findTraces(join(app, "out-without-peer"))).found.length > 0;
  const how = withoutPeer === "" ? "by its bundle" : "as it does not build without the peer";
  check(seen, `${name}: an app that imports inkling-search/neural is told apart, ${how}`);
  await linkPeer(app);
  const withPeer = await build(app, name, "main-with-neural.js", "out-with-peer");
  check(withPeer === "", `${name}: with the peer, an app that imports inkling-search/neural builds`, withPeer);
  if (withPeer !== "") return;
  const carried = await findTraces(join(app, "out-with-peer"));
  check(
    carried.found.length > 0,
    `${name}: and its bundle has the runtime, ${carried.bytes} bytes of scripts and pages`,
  );
}

/** Puts the peer into an app. Why linked: it weighs several hundred MB. */
async function linkPeer(app) {
  for (const peer of ["@huggingface/transformers", "onnxruntime-web", "onnxruntime-common"]) {
    const place = join(app, "node_modules", peer);
    await mkdir(dirname(place), { recursive: true });
    await symlink(join(root, "node_modules", peer), place, "dir");
  }
}

const names = process.argv.slice(2).filter((argument) => argument !== "--as-built");
const isAsBuilt = process.argv.includes("--as-built");
const folder = await mkdtemp(join(tmpdir(), "inkling-consumers-"));
try {
  if (!isAsBuilt) await run(process.execPath, ["scripts/build.mjs"], { cwd: root, maxBuffer: 1 << 26 });
  const { stdout } = await run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
    cwd: root,
  });
  const tarball = join(folder, JSON.parse(stdout)[0].filename);
  for (const name of names.length > 0 ? names : [...Object.keys(bundlers), ...Object.keys(sites)]) {
    if (name in sites) await testSite(folder, name, tarball, check);
    else await testBundler(folder, name, tarball);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
