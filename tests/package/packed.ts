import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { root } from "../../scripts/lib/paths.mjs";

const run = promisify(execFile);

/** What `npm pack` says of the tarball. */
export interface PackReport {
  readonly filename: string;
  /** Bytes of the tarball. */
  readonly size: number;
  readonly files: readonly { readonly path: string; readonly size: number; readonly mode: number }[];
}

/** A new, empty project with the packed library in its `node_modules`. */
export interface ConsumerProject {
  readonly folder: string;
  readonly report: PackReport;
  remove(): Promise<void>;
}

/** Packs what is in `dist`. `dryRun`: only tells what would be in the tarball. */
export async function pack(destination: string, options: { dryRun?: boolean } = {}): Promise<PackReport> {
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", destination];
  if (options.dryRun === true) args.push("--dry-run");
  const { stdout } = await run("npm", args, { cwd: root, maxBuffer: 1 << 26 });
  const [report] = JSON.parse(stdout) as PackReport[];
  if (report === undefined) throw new Error(`npm pack gave no report: ${stdout.slice(0, 500)}`);
  return report;
}

/**
 * Makes a project that has installed the package. The tarball is unpacked as `npm install` does, without asking a
 * registry for the dependencies, which are linked from here.
 */
export async function createConsumer(): Promise<ConsumerProject> {
  const folder = await mkdtemp(join(tmpdir(), "inkling-consumer-"));
  const installed = join(folder, "node_modules/inkling-search");
  await mkdir(installed, { recursive: true });
  const report = await pack(folder);
  await run("tar", ["-xzf", join(folder, report.filename), "-C", installed, "--strip-components=1"]);
  await rm(join(folder, report.filename));
  await linkDependencies(installed, join(folder, "node_modules"));
  return { folder, report, remove: () => rm(folder, { recursive: true, force: true }) };
}

async function linkDependencies(installed: string, target: string): Promise<void> {
  const manifest = JSON.parse(await readFile(join(installed, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  for (const name of Object.keys(manifest.dependencies)) {
    await mkdir(dirname(join(target, name)), { recursive: true });
    await symlink(join(root, "node_modules", name), join(target, name), "dir");
  }
}
