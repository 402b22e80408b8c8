import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { root } from "../../../../scripts/lib/paths.mjs";
import { findByWords, useSiteFolders, writePage } from "./site-kit.ts";

const folders = useSiteFolders();
let child: ChildProcess | undefined;

afterEach(() => child?.kill("SIGKILL"));

/** Starts the built command line. @returns a function that waits until what it printed fits. */
function start(...args: readonly string[]): (expected: RegExp) => Promise<string> {
  const started = spawn(process.execPath, [join(root, "dist/cli.js"), ...args], { stdio: ["ignore", "pipe", "pipe"] });
  child = started;
  let printed = "";
  const listeners = new Set<() => void>();
  for (const stream of [started.stdout, started.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
      for (const listener of listeners) listener();
    });
  }
  return (expected) =>
    new Promise((resolve) => {
      const check = (): void => {
        if (!expected.test(printed)) return;
        listeners.delete(check);
        resolve(printed);
      };
      listeners.add(check);
      check();
    });
}

test.skipIf(process.platform === "win32")(
  "build --watch builds again when a page changes, tells it in a line, and ends at the first Ctrl+C",
  { timeout: 60_000 },
  async () => {
    await writePage(folders.site, "a.html", "<title>A</title><p>Bread and butter.</p>");
    const until = start("build", folders.site, "--out", folders.index, "--watch");
    const first = await until(/^Watching .*site\. Ctrl\+C ends\.$/m);
    expect(first).toMatch(/^1 pages in .*: 1 added, 0 replaced, 0 unchanged, 0 removed, 0 skipped$/m);
    expect(first).toMatch(/^Index in .*index: 1 pages/m);
    await writePage(folders.site, "b.html", "<title>B</title><p>Rye and caraway.</p>");
    const second = await until(/^2 pages in .*: 1 added, 0 replaced, 1 unchanged, 0 removed, 0 skipped$/m);
    expect(second.match(/^Index in /gm)).toHaveLength(1);
    await writePage(folders.site, "c.html", "<title>C</title>");
    await until(/^1 pages skipped:\n {2}c\.html: no text$/m);
    const exit = once(child!, "exit");
    child!.kill("SIGINT");
    expect(await exit).toEqual([0, null]);
    expect(await findByWords(folders.index, "caraway")).toEqual(["b.html"]);
  },
);
