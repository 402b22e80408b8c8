import { execFile } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ConsumerProject, createConsumer } from "../../package/packed.ts";

const run = promisify(execFile);
let project: ConsumerProject;
let command: string;

beforeAll(async () => {
  project = await createConsumer();
  const commands = join(project.folder, "node_modules/.bin");
  command = join(commands, "inkling");
  await mkdir(commands);
  // As npm links a package's commands.
  await symlink("../inkling-search/dist/cli.js", command);
  await mkdir(join(project.folder, "site/guide"), { recursive: true });
  await writeFile(
    join(project.folder, "site/index.html"),
    "<!doctype html><title>Start</title><main><h1>Welcome</h1><p>This is the start of the handbook.</p></main>",
  );
  await writeFile(
    join(project.folder, "site/guide/tyres.md"),
    "# Tyres\n\n## A puncture\n\nTake the wheel off, find the hole in the inner tube and glue a patch on it.\n",
  );
});

afterAll(() => project.remove());

describe("the command of the packed package", () => {
  test("builds an index with the packed model and answers from it", async () => {
    const index = join(project.folder, "index");
    await run(command, ["build", join(project.folder, "site"), "--out", index]);
    const { stdout } = await run(command, ["query", index, "how do I repair a flat?", "--json", "--limit", "1"]);
    const answer = JSON.parse(stdout) as { hits: { url: string; passages: { section: string }[] }[] };
    expect(answer.hits[0]?.url).toBe("guide/tyres.md");
    expect(answer.hits[0]?.passages[0]?.section).toBe("A puncture");
  });

  test("parses many pages on threads of its own", async () => {
    const pages = join(project.folder, "many");
    await mkdir(pages);
    for (let i = 0; i < 80; i++)
      await writeFile(join(pages, `${i}.html`), `<title>${i}</title><p>Page number ${i}.</p>`);
    const { stdout } = await run(command, ["build", pages, "--json", "--threads", "2"]);
    expect(JSON.parse(stdout)).toMatchObject({ pages: 80, parsed: 80, added: 80 });
  });

  test("tells its version", async () => {
    const { stdout } = await run(command, ["--version"]);
    expect(stdout.trim()).toMatch(/^\d+\.\d+\.\d+/);
  });

  test("ends with status 2 and a remedy where the folder is not there", async () => {
    const failed = run(command, ["build", join(project.folder, "nowhere")]);
    await expect(failed).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining("nowhere") as string });
  });
});
