// Measures how long `inkling build --pieces` takes after one changed page, on a site that `make-debian-site.ts` has made:
//
//   npm run build && npx tsx bench/pieces/rebuild.ts <folder> [page]
//
// The first build makes or updates `<folder>/index`; then the page gets another sentence, three times, and goes back to what it was.
// Prints seconds of the wall clock, which other work on the machine makes longer, and its load.
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { root } from "../../scripts/lib/paths.mjs";

const [work, page = "python/library/textwrap.html"] = process.argv.slice(2);
if (work === undefined) {
  console.error("Usage: tsx bench/pieces/rebuild.ts <folder> [page]");
  process.exit(2);
}
const pages = join(work, "pages");

function build(): void {
  const started = performance.now();
  const args = [join(root, "dist/cli.js"), "build", pages, "--out", join(work!, "index"), "--pieces", "--json"];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(stderr);
  const report = JSON.parse(stdout) as { parsed: number; index: { pieces: { isUpdate: boolean; ms: number } } };
  const { isUpdate, ms } = report.index.pieces;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const how = `${report.parsed} pages parsed, pieces ${isUpdate ? "brought up to date" : "written"} in ${(ms / 1000).toFixed(1)} s`;
  console.log(`${seconds} s: ${how}; load ${loadavg()[0]!.toFixed(1)}`);
}

const file = join(pages, page);
const before = readFileSync(file);

function write(content: Uint8Array | string): void {
  // Why removed first: pages of the site are links to the files of their packages.
  rmSync(file);
  writeFileSync(file, content);
}

build();
try {
  for (let i = 1; i <= 3; i++) {
    const sentence = `<p>Sentence number ${i}, on lanterns and lighthouses, was not here before.</p>`;
    write(before.toString("utf8").replace("<h1>", `${sentence}<h1>`));
    // Why: what was written a moment ago is not trusted to be at rest, and would be read by the next build, too.
    await setTimeout(2500);
    build();
  }
} finally {
  write(before);
}
