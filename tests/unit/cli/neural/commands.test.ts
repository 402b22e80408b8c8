import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { runCommandLine } from "../../../../cli/main.ts";
import { captureTerminal } from "../capture-terminal.ts";
import { type Hub, startHub } from "./hub.ts";
import { tinyModels } from "./tiny-models.ts";

const collection = fileURLToPath(new URL("../../../fixtures/collection", import.meta.url));
const tiny = join(tinyModels, "tiny-bert-mean");
let folder: string;
let site: string;
let index: string;
let hub: Hub;
beforeEach(async () => {
  hub = await startHub();
  folder = await mkdtemp(join(tmpdir(), "inkling-model-option-"));
  vi.stubEnv("INKLING_CACHE", join(folder, "cache"));
  site = join(folder, "site");
  index = join(folder, "index");
  await mkdir(site);
  await writeFile(
    join(site, "password.md"),
    "# Passwords\n\nOpen the settings, choose security, then ask for a new one by mail.\n",
  );
  await writeFile(
    join(site, "potatoes.md"),
    "# Mash\n\nBoil the potatoes for twenty minutes, drain them, and mash them with butter.\n",
  );
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await hub.close();
  await rm(folder, { recursive: true });
});

async function run(...args: readonly string[]): Promise<{ code: number; out: string; error: string }> {
  const terminal = captureTerminal();
  const code = await runCommandLine(args, terminal);
  return { code, out: terminal.out(), error: terminal.error() };
}

/** Name of the model whose vectors every segment of the index has. */
async function vectorModels(): Promise<unknown[]> {
  const manifest = JSON.parse(await readFile(join(index, "manifest.json"), "utf8")) as {
    segments: { vectors: { model: string } | null }[];
  };
  return manifest.segments.map(({ vectors }) => vectors?.model ?? null);
}

describe.each([
  ["a folder", () => ({ id: "tiny-bert-mean", options: ["--model", tiny] })],
  [
    "the hub",
    () => ({
      id: "tests/tiny-bert-mean",
      options: ["--model", "tests/tiny-bert-mean", "--model-host", hub.url],
    }),
  ],
  ["a folder with a table", () => ({ id: "tiny-static", options: ["--model", join(tinyModels, "tiny-static")] })],
])("a model from %s", (_, choose) => {
  test("builds an index, and finds by meaning alone what it was given word by word", async () => {
    const { id, options } = choose();
    const built = await run("build", site, "--out", index, ...options);
    expect(built).toMatchObject({ code: 0, error: "" });
    expect(built.out).toContain(`embedded with ${id}`);
    expect(await vectorModels()).toEqual([expect.stringMatching(new RegExp(`^${id}@\\w+/16$`)) as string]);
    const text = "Boil the potatoes for twenty minutes, drain them, and mash them with butter.";
    const { code, out, error } = await run("query", index, text, "--mode", "dense", "--json", ...options);
    expect({ code, error }).toEqual({ code: 0, error: "" });
    expect((JSON.parse(out) as { hits: { url: string }[] }).hits[0]?.url).toBe("potatoes.md");
  });

  test("is built once: a second build embeds nothing", async () => {
    const { options } = choose();
    await run("build", site, "--out", index, ...options);
    const again = await run("build", site, "--out", index, ...options);
    expect(again.out).toContain("0 added, 0 replaced, 2 unchanged");
  });
});

/** What `eval` prints for the tiny collection. */
function evaluate(...options: readonly string[]): ReturnType<typeof run> {
  return run("eval", "--json", "--collection", collection, "--mode", "dense", ...options);
}

test("eval measures the model it was told to, and says so", async () => {
  const { code, out, error } = await evaluate("--model", tiny);
  expect({ code, error }).toEqual({ code: 0, error: "" });
  expect(JSON.parse(out)).toMatchObject({ model: "tiny-bert-mean", dim: 16, mode: "dense", queries: 2 });
});

test("eval keeps the leading numbers of each vector", async () => {
  const { out } = await evaluate("--model", join(tinyModels, "tiny-modernbert-both"), "--dims", "6");
  expect(JSON.parse(out)).toMatchObject({ model: "tiny-modernbert-both", dim: 6 });
});

test("the instant model is a name, too", async () => {
  const built = await run("build", site, "--out", index, "--model", "inkling-instant-v1");
  expect(built).toMatchObject({ code: 0, error: "" });
  expect(await vectorModels()).toEqual([expect.stringMatching(/^inkling-instant-v1@/) as string]);
});

describe("a model that was asked for and is not there", () => {
  test("ends the build, and leaves no index behind that lacks it", async () => {
    const { code, error } = await run(
      "build",
      site,
      "--out",
      index,
      "--model",
      "tests/nothing",
      "--model-host",
      hub.url,
    );
    expect(code).not.toBe(0);
    expect(error).toMatch(/config\.json.*\(model\/missing\)/s);
    await expect(readFile(join(index, "manifest.json"))).rejects.toThrow(/ENOENT/);
  });

  test("ends a query", async () => {
    await run("build", site, "--out", index, "--model", tiny);
    const { code, error } = await run("query", index, "potatoes", "--model", "tests/nothing", "--model-host", hub.url);
    expect(code).not.toBe(0);
    expect(error).toContain("(model/missing)");
  });

  test("is a usage error where the name can be none", async () => {
    const { code, error } = await run("build", site, "--out", index, "--model", "no-such-model");
    expect(code).toBe(2);
    expect(error).toContain("no name of a model");
  });
});

test("an index of one model is never compared with the vectors of another, and the terminal says why", async () => {
  await run("build", site, "--out", index, "--model", tiny);
  const { code, out, error } = await run("query", index, "potatoes", "--json");
  expect(code).toBe(0);
  expect((JSON.parse(out) as { hits: { url: string }[] }).hits[0]?.url).toBe("potatoes.md");
  expect(error).toMatch(/words only.*"tiny-bert-mean".*"inkling-instant-v1".*--model tiny-bert-mean/);
});
