// `npm test`: types, lint, format, build, then every test, the browser's last. Arguments go on to Vitest, which then
// runs alone: `npm test -- tests/unit/core`.
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findOrInstallBrowser } from "./lib/browser.mjs";
import { binary, root } from "./lib/paths.mjs";

const counts = { passed: 0, failed: 0, skipped: 0 };
const failures = [];

function run(args, env = process.env) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: ["ignore", "inherit", "inherit"] });
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
}

function fail(what) {
  counts.failed++;
  failures.push(what);
}

async function check(name, args) {
  const started = performance.now();
  const code = await run(args);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${code === 0 ? "✓" : "✗"} ${name} (${seconds} s)`);
  if (code === 0) counts.passed++;
  else fail(name);
}

/** Adds up Vitest's own report; a file that could not even be loaded counts as one failed test. */
function countTests(report) {
  counts.passed += report.numPassedTests;
  counts.skipped += report.numPendingTests + report.numTodoTests;
  for (const file of report.testResults) {
    const failed = file.assertionResults.filter((test) => test.status === "failed");
    for (const test of failed) fail(`${file.name} > ${test.fullName}`);
    if (file.status === "failed" && failed.length === 0) fail(file.name);
  }
}

async function runTests(args, env) {
  const folder = await mkdtemp(join(tmpdir(), "inkling-test-"));
  try {
    const output = join(folder, "report.json");
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${output}`];
    const code = await run([binary("vitest"), "run", ...reporters, ...args], env);
    const report = await readFile(output, "utf8").then(JSON.parse, () => null);
    if (report === null) return fail("vitest ended without a report");
    const failedBefore = counts.failed;
    countTests(report);
    if (code !== 0 && counts.failed === failedBefore) fail("vitest saw an error outside of the tests");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const args = process.argv.slice(2);
const browser = findOrInstallBrowser();
console.log(`Browser: ${browser.path} (${browser.origin})`);
if (args.length === 0) {
  await check("build", ["scripts/build.mjs", "--verbose"]);
  await check("typecheck", ["scripts/typecheck.mjs"]);
  await check("lint", [binary("oxlint"), "--type-aware", "--deny-warnings"]);
  await check("format", [binary("oxfmt"), "--check"]);
}
await runTests(args, { ...process.env, INKLING_BROWSER: browser.path });

for (const failure of failures) console.log(`✗ ${failure.replace(root, "")}`);
console.log(
  `${counts.passed} passed, ${counts.failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ""}`,
);
process.exitCode = counts.failed === 0 ? 0 : 1;
