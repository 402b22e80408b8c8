import { execFile } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../../../scripts/lib/paths.mjs";
import { type ConsumerProject, createConsumer } from "../../package/packed.ts";

const run = promisify(execFile);
const tinyModels = join(root, "tests/fixtures/models");
let project: ConsumerProject;
let site: string;

beforeAll(async () => {
  project = await createConsumer();
  site = join(project.folder, "site");
  await mkdir(site);
  await writeFile(join(site, "tyres.md"), "# A puncture\n\nFind the hole in the inner tube and glue a patch on it.\n");
});

afterAll(() => project.remove());

/** Builds an index with the packed command. */
function build(index: string, ...options: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const cli = join(project.folder, "node_modules/inkling-search/dist/cli.js");
  return run(process.execPath, [cli, "build", site, "--out", join(project.folder, index), ...options]);
}

test("a transformer without its package ends with the command that installs it", async () => {
  const failed = build("without", "--model", join(tinyModels, "tiny-bert-mean"));
  await expect(failed).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/npm install @huggingface\/transformers.*\(model\/runtime\)/s) as string,
  });
});

test("the instant model and tables need no package", async () => {
  expect((await build("instant")).stdout).toContain("inkling-instant-v1");
  expect((await build("table", "--model", join(tinyModels, "tiny-static"))).stdout).toContain("tiny-static");
});

test("a transformer runs as soon as its package is installed", async () => {
  const scope = join(project.folder, "node_modules/@huggingface");
  await mkdir(scope, { recursive: true });
  await symlink(join(root, "node_modules/@huggingface/transformers"), join(scope, "transformers"), "dir");
  const { stdout, stderr } = await build("with", "--model", join(tinyModels, "tiny-bert-mean"));
  expect(stdout).toContain("embedded with tiny-bert-mean");
  expect(stderr).toBe("");
});
