import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { findBrowser, findOrInstallBrowser } from "../../../scripts/lib/browser.mjs";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "inkling-browser-"));
  vi.stubEnv("PATH", folder);
  vi.stubEnv("INKLING_BROWSER", "");
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

/** Puts a command on the path that ends with a status. */
async function install(name: string, status: number): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\nexit ${status}\n`);
  await chmod(path, 0o755);
  return path;
}

test("the browser that the environment names is taken before any other", async () => {
  await install("chromium", 0);
  const named = await install("my-browser", 0);
  vi.stubEnv("INKLING_BROWSER", named);
  expect(findBrowser()).toEqual({ path: named, origin: "INKLING_BROWSER" });
});

test("a browser that the environment names and that does not run is an error, though another is there", async () => {
  await install("chromium", 0);
  vi.stubEnv("INKLING_BROWSER", join(folder, "mistyped"));
  expect(findBrowser).toThrow(/INKLING_BROWSER is ".*mistyped", which does not run/);
  vi.stubEnv("INKLING_BROWSER", await install("broken", 1));
  expect(findBrowser).toThrow(/broken", which does not run/);
});

test("the system's browser is found on the path, and a stub that does not run is passed over", async () => {
  await install("chromium", 1);
  const chrome = await install("google-chrome", 0);
  expect(findBrowser()).toEqual({ path: chrome, origin: "the system's" });
});

test("nothing is installed where a browser is there", async () => {
  const path = await install("chromium", 0);
  const said: string[] = [];
  expect(findOrInstallBrowser((line: string) => said.push(line))).toEqual({ path, origin: "the system's" });
  expect(said).toEqual([]);
});
